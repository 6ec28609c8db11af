//! The rules that would have made a request match its closest recording.

use crate::fixture::interaction::Request;
use crate::matching::{self, Difference, MatchRules};
use crate::provider::Provider;
use crate::rules::Rules;

/// The paths that `ignore` needs so that the two requests are the same; none if ignoring is not enough.
pub(super) fn paths(
    provider: Provider,
    requests: [&Request; 2],
    differences: &[Difference],
    rules: &MatchRules,
) -> Vec<String> {
    let each: Vec<String> = differences.iter().map(|one| one.path.clone()).collect();
    // Values at many places are better ignored at all of them: `$.input[*].id`.
    let all = unique(each.iter().map(|path| starred(path)).collect());
    let candidates = if all.len() < each.len() { [all, each] } else { [each, all] };
    let accepts = |paths: &Vec<String>| {
        let mut more = Rules { matching: rules.clone(), required: Vec::new() };
        for path in paths {
            let Ok(ignoring) = more.clone().ignore(path.as_str()) else { return false };
            more = ignoring;
        }
        let [sent, recorded] =
            requests.map(|request| matching::key(provider, request, &more.matching));
        sent == recorded
    };
    candidates.into_iter().find(|paths| !paths.is_empty() && accepts(paths)).unwrap_or_default()
}

/// A path with `*` in place of the numbers of elements.
fn starred(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut parts = path.split('[');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        out.push('[');
        match part.split_once(']') {
            Some((index, rest)) if index.bytes().all(|byte| byte.is_ascii_digit()) => {
                out.push_str("*]");
                out.push_str(rest);
            }
            _ => out.push_str(part),
        }
    }
    out
}

fn unique(mut paths: Vec<String>) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    paths.retain(|path| {
        let is_new = !seen.contains(path);
        if is_new {
            seen.push(path.clone());
        }
        is_new
    });
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_elements_become_stars() {
        for (path, expected) in [
            ("$.input[2].id", "$.input[*].id"),
            ("$.messages[0].content[11]", "$.messages[*].content[*]"),
            ("$['a b'][0]", "$['a b'][*]"),
            ("query.alt", "query.alt"),
        ] {
            assert_eq!(starred(path), expected);
        }
    }
}
