//! Where the responses of a test came from, for a body that failed although it had them all.

use super::sentences::PATH;
use super::values::{count, excerpt, limited, list};

/// Where the responses of a test came from: a client that failed to read one of them does not know.
pub(super) fn clause(
    interactions: &[(usize, Option<String>)],
    mocks: &[(String, String, usize)],
    replies: usize,
    upstream: usize,
    fixture: &str,
) -> String {
    const MOST: usize = 4;
    let mut sources = Vec::new();
    if !interactions.is_empty() {
        let more = |rest| format!("{rest} more");
        let numbers = limited(interactions, MOST, more, |(number, recorded)| match recorded {
            Some(at) => format!("#{number} (recorded {})", excerpt(at.get(..10).unwrap_or(at), 40)),
            None => format!("#{number}"),
        });
        sources.push(format!("{} in {fixture}", list(&numbers)));
    }
    let more = |rest| format!("{} of `Mock`s", count(rest, "more"));
    sources.extend(limited(mocks, MOST, more, |(method, path, times)| {
        let times = if *times > 1 { format!(" ({times} times)") } else { String::new() };
        format!("a `Mock` for {method} {}{times}", excerpt(path, PATH))
    }));
    if replies > 0 {
        sources.push(format!("the test's own {}", if replies == 1 { "reply" } else { "replies" }));
    }
    if upstream > 0 {
        sources.push(format!("the provider ({})", count(upstream, "response")));
    }
    format!("every request of the test had a response, from {}", list(&sources))
}
