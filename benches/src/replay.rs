//! Replaying a JSON answer and a stream, beside wiremock and beside hyper alone.

use std::time::Duration;

use llmock::Provider;

use crate::client::Post;
use crate::opening::opened;
use crate::race::{Contender, race, timed};
use crate::rivals::{Answer, Wiremock};
use crate::{Effort, fixtures, rivals, table};

const PATH: &str = "/chat/completions";

/// One fresh connection a request, the same client for all.
pub fn figures(effort: Effort) {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let json = fixtures::plain(folder.path(), 10);
    let answer = Answer::json(fixtures::answer(0));
    contest(effort, "replay of a JSON answer", &json, &fixtures::request(0), &answer);
    let stream = fixtures::stream(folder.path());
    let answer = Answer::events(fixtures::events());
    let title = format!("replay of a stream of {} events", fixtures::EVENTS);
    contest(effort, &title, &stream, &fixtures::streaming_request(), &answer);
}

fn contest(effort: Effort, title: &str, fixture: &std::path::Path, request: &str, answer: &Answer) {
    let mock = opened(fixture);
    let wiremock = Wiremock::start(answer);
    let contender = |name: &str, base: String| -> Contender<'_> {
        let post = Post::new(&base, PATH, request);
        timed(name, move || post.send())
    };
    let contenders = vec![
        contender("llmock", mock.base_url(Provider::OpenAI)),
        contender("wiremock, Connection: close", wiremock.base()),
        contender("hyper alone", rivals::hyper(answer.clone())),
    ];
    table::compare(title, &race(effort.plan(4000, Duration::from_secs(20)), contenders));
    mock.finish().expect("every request is in the fixture");
}
