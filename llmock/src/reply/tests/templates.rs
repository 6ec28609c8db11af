//! A template equals the rendering, or there is none.

use super::super::{Finish, Reply, RequestShape, Template};
use super::rendering::{CONVERSATIONS, Endpoint};

/// Moments and seeds: usual ones, the least, the greatest, and numbers of other lengths.
const SAMPLES: [(u64, u64); 6] = [
    (1_795_289_069, 0x0123_4567_89ab_cdef),
    (1_795_289_069, 7),
    (0, 0),
    (u64::MAX, u64::MAX),
    (9, 1 << 63),
    (1_098_765_432, 42),
];

fn replies() -> Vec<Reply> {
    let said = Reply::text("Hello, \"you\"\nand you");
    vec![
        said.clone(),
        Reply::text(""),
        said.clone().tool_call("f", "{\"a\":1}").tool_call("g", "{}"),
        said.clone().reasoning("Hm, let me see"),
        said.clone().usage(10_987, 65_432).cached_tokens(3),
        said.clone().header("x-mine", "1").finish(Finish::Length),
        Reply::refusal("no"),
        Reply::error(429, "slow down"),
        // what looks like a moment or an id and is none
        Reply::text("in 1098765432 or 2123456789 seconds, or 21098765432"),
        said.clone().id("mine"),
        said.clone().seed(5),
        said.created(1_098_765_432),
    ]
}

/// The template of an answer, which has to give what is rendered.
fn checked(endpoint: &Endpoint, streamed: bool, reply: &Reply) -> Option<Template> {
    let path = if streamed { endpoint.stream_path } else { endpoint.path };
    let body = endpoint.bodies[usize::from(streamed)];
    let reading = RequestShape::post(path, body).read(endpoint.provider());
    let template = reading.template(reply)?;
    for (created, seed) in SAMPLES {
        let rendered = reading.clone().answered(created, seed).render(reply);
        assert_eq!(template.render(created, seed), rendered, "{path} {body} {reply:?}");
    }
    Some(template)
}

#[test]
fn templates_equal_renderings() {
    for endpoint in CONVERSATIONS {
        for streamed in [false, true] {
            for reply in replies() {
                checked(endpoint, streamed, &reply);
            }
        }
    }
}

#[test]
fn common_responses_have_templates() {
    let reply = Reply::text("Hello").tool_call("f", "{}");
    for endpoint in CONVERSATIONS {
        for streamed in [false, true] {
            // Ollama's own answers have a date, and the frames of AWS a checksum over ids.
            let is_dated = endpoint.path.starts_with("/api/");
            let is_summed = streamed && endpoint.stream_path.ends_with("/converse-stream");
            let found = checked(endpoint, streamed, &reply).is_some();
            let expected = !is_dated && !is_summed;
            assert_eq!(found, expected, "{} {} {streamed}", endpoint.provider, endpoint.path);
        }
    }
}

#[test]
fn long_and_ambiguous_responses_have_no_template() {
    let chat = &CONVERSATIONS[0];
    for (text, has_one) in [
        ("x".repeat(60_000), true),
        ("x".repeat(70_000), false),
        ("in 1098765432 seconds".to_owned(), false),
        ("in 2123456789 seconds".to_owned(), true),
    ] {
        let found = checked(chat, false, &Reply::text(text.as_str())).is_some();
        assert_eq!(found, has_one, "{}", &text[..20]);
    }
    // ids follow from these
    assert!(checked(chat, false, &Reply::text("x").seed(5)).is_none());
    assert!(checked(chat, false, &Reply::text("x").id("mine")).is_none());
}
