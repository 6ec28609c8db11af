//! The content of a reply is found unchanged in every format.

use std::collections::HashSet;

use proptest::prelude::*;

use super::super::{Chunks, RenderedBody, Reply};
use super::rendering::{CONVERSATIONS, at, data, joined};
use crate::json;
use crate::provider;
use crate::wire;

/// Texts that JSON, events, lines and shells like to break.
const TEXTS: &[&str] = &[
    "Hello",
    "Hello, how can I help?",
    "say \"no\" \\ twice\\\\",
    "one\ntwo\r\nthree\rfour\n\n",
    " leading and trailing ",
    "日本語 😀 e\u{301} \u{200b}\u{feff}",
    "data: [DONE]\n\ndata: x",
    "\u{0}\u{1}\u{1f}\u{7f}\u{2028}\u{2029}",
    "{\"a\":1}",
    "null",
];

#[test]
fn every_format_keeps_the_text() {
    for endpoint in CONVERSATIONS {
        for text in TEXTS {
            let name = format!("{} {} {text:?}", endpoint.provider, endpoint.path);
            let reply = Reply::text(*text);
            let whole = endpoint.whole(&reply).text();
            assert_eq!(at(&whole, endpoint.whole).as_deref(), Some(*text), "{name}");
            for chunks in [Chunks::Words, Chunks::Characters(1), Chunks::Whole] {
                let streamed = endpoint.streamed(&reply.clone().chunks(chunks));
                assert_eq!(joined(&streamed, endpoint.delta), *text, "{name} {chunks:?}");
                let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
                assert_eq!(endpoint.preview(&streamed), line, "{name} {chunks:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_survives_every_format(text in any::<String>(), size in 1_usize..5) {
        let reply = Reply::text(text.as_str()).chunks(Chunks::Characters(size));
        for endpoint in CONVERSATIONS {
            // an empty text is no block of Anthropic's
            let whole = at(&endpoint.whole(&reply).text(), endpoint.whole).unwrap_or_default();
            prop_assert_eq!(&whole, &text, "{}", endpoint.path);
            let streamed = endpoint.streamed(&reply);
            prop_assert_eq!(joined(&streamed, endpoint.delta), text.as_str(), "{}", endpoint.path);
        }
    }

    #[test]
    fn any_arguments_survive_as_text(arguments in ".{1,60}") {
        let reply = Reply::new().tool_call("f", arguments.as_str());
        for endpoint in CONVERSATIONS {
            let whole = endpoint.whole(&reply).text();
            prop_assert!(json::parse(&whole).is_ok(), "{}", whole);
            for event in data(&endpoint.streamed(&reply)) {
                prop_assert!(json::parse(&event).is_ok(), "{}", event);
            }
        }
        let chat = &CONVERSATIONS[0];
        let path = ["choices", "0", "delta", "tool_calls", "0", "function", "arguments"];
        prop_assert_eq!(joined(&chat.streamed(&reply), &path), arguments);
    }
}

#[test]
fn streams_the_pieces_of_the_reply() {
    let reply = Reply::pieces(["Hel", "", "lo wor", "ld"]);
    for endpoint in CONVERSATIONS {
        let events = data(&endpoint.streamed(&reply));
        let pieces: Vec<String> = events
            .iter()
            .filter_map(|event| at(event, endpoint.delta))
            .filter(|piece| !piece.is_empty())
            .collect();
        assert_eq!(pieces, ["Hel", "lo wor", "ld"], "{}", endpoint.path);
        assert_eq!(
            at(&endpoint.whole(&reply).text(), endpoint.whole).as_deref(),
            Some("Hello world")
        );
    }
}

#[test]
fn previews_contain_calls_and_refusals() {
    let calls = Reply::text("Let me look.")
        .tool_call("weather", r#"{"city":"Paris","unit":"celsius"}"#)
        .tool_call("time", "");
    for endpoint in
        CONVERSATIONS.iter().filter(|endpoint| !endpoint.path.ends_with("/v1/completions"))
    {
        let preview = endpoint.preview(&endpoint.streamed(&calls));
        let called = "call weather({\"city\":\"Paris\",\"unit\":\"celsius\"}) call time({})";
        let expected = format!("Let me look. {called}");
        assert_eq!(preview, expected, "{} {}", endpoint.provider, endpoint.path);
        let refusal = endpoint.streamed(&Reply::refusal("I will not."));
        assert_eq!(endpoint.preview(&refusal), "I will not.", "{}", endpoint.path);
    }
}

#[test]
fn reasoning_is_separate_from_the_text() {
    let reply = Reply::text("42").reasoning("Six by nine, roughly.");
    for endpoint in CONVERSATIONS {
        let name = format!("{} {}", endpoint.provider, endpoint.path);
        let (whole, streamed) = (endpoint.whole(&reply), endpoint.streamed(&reply));
        assert_eq!(endpoint.preview(&streamed), "42", "{name}");
        let shown = !matches!(
            (endpoint.provider, endpoint.path),
            ("openai", "/v1/chat/completions" | "/v1/completions") | ("cohere", "/v1/chat")
        );
        assert_eq!(whole.text().contains("Six by nine, roughly."), shown, "{name}");
        let thought = data(&streamed).iter().any(|event| event.contains("Six"));
        assert_eq!(thought, shown, "{name}");
    }
}

#[test]
fn names_the_model_of_request_or_reply() {
    for endpoint in CONVERSATIONS {
        let path = provider::canonical_path(endpoint.provider(), endpoint.path);
        let format = wire::format(endpoint.provider(), "POST", &path);
        let body = json::parse(endpoint.bodies[0]).unwrap();
        let asked = (format.model)(endpoint.provider(), &path, Some(&body));
        assert_eq!(asked.as_deref(), Some("m-1"), "{}", endpoint.path);
        // these two do not say which model answered
        let names_none = matches!(endpoint.provider, "cohere" | "bedrock");
        for (reply, model) in
            [(Reply::text("x"), "\"m-1\""), (Reply::text("x").model("m-2"), "\"m-2\"")]
        {
            let named = endpoint.whole(&reply).text().contains(model);
            assert_eq!(named, !names_none, "{} {model}", endpoint.path);
        }
    }
}

#[test]
fn equal_requests_get_equal_bytes() {
    let reply = Reply::text("x").tool_call("f", "{}").tool_call("f", "{}");
    for endpoint in CONVERSATIONS {
        assert_eq!(endpoint.streamed(&reply), endpoint.streamed(&reply));
        assert_eq!(endpoint.whole(&reply), endpoint.whole(&reply));
    }
    let chat = &CONVERSATIONS[0];
    let ids = |rendered: String| {
        let call = |at: &'static str| vec!["choices", "0", "message", "tool_calls", at, "id"];
        [vec!["id"], call("0"), call("1")].map(|path| at(&rendered, &path).unwrap())
    };
    let ask = |body: &str| ids(super::rendering::post(&reply, chat.provider(), chat.path, body));
    let all: HashSet<String> =
        [ask(r#"{"model":"a"}"#), ask(r#"{"model":"b"}"#)].concat().into_iter().collect();
    assert_eq!(all.len(), 6, "{all:?}");
    let given = reply.id("chatcmpl-mine");
    let [id, ..] = ids(super::rendering::post(&given, chat.provider(), chat.path, "{}"));
    assert_eq!(id, "chatcmpl-mine");
}

#[test]
fn unreadable_requests_get_default_responses() {
    for endpoint in CONVERSATIONS {
        for body in ["", "{", "[]", "\"text\"", "{\"messages\":7,\"stream\":\"yes\",\"n\":-1}"] {
            let request = super::super::RequestShape::post(endpoint.path, body);
            let rendered = Reply::text("x").render(endpoint.provider(), &request);
            assert_eq!(rendered.status, 200, "{} {body}", endpoint.path);
            if let RenderedBody::Whole(bytes) = &rendered.body {
                assert!(json::parse(std::str::from_utf8(bytes).unwrap()).is_ok());
            }
        }
        let request = super::super::RequestShape::post(endpoint.path, &[0xff, 0xfe][..]);
        assert_eq!(Reply::text("x").render(endpoint.provider(), &request).status, 200);
    }
}
