//! Responses that were recorded without their requests: the first run of their test shows the requests.

use llmock_testkit::client::chat;
use llmock_testkit::process::alone;
use llmock_testkit::upstream::replay;

use crate::command::Desk;

const STREAM: &str = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"gpt-5\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi.\"},\"finish_reason\":null}]}\n\ndata: [DONE]\n\n";

#[test]
fn the_first_run_of_a_test_completes_a_response_alone() {
    alone(&[], |_| {
        let desk = Desk::with(&[]);
        desk.write("streams/greets.sse", STREAM);
        desk.write("streams/other.json", r#"{"output": "no recording"}"#);
        let out = desk.prints(&["import", "streams", "--out", "f"]);
        let note = "note: the request is not known; POST https://api.openai.com/v1/chat/completions stands in for it";
        assert!(out.contains(note) && out.contains("`llmock accept`"), "{out}");
        let body =
            r#"{"model":"gpt-5","stream":true,"messages":[{"role":"user","content":"Hello?"}]}"#;
        let run = |is_editing: bool| {
            let session = replay(&desk.path("f/greets.json"), "alone::greets");
            let mock = session.while_editing(is_editing).start().unwrap();
            let text = chat(&mock, body).text();
            mock.finish().map(|()| text).map_err(|error| error.to_string())
        };
        run(false).expect_err("the request is not known yet");
        assert_eq!(run(true).unwrap(), STREAM);
        desk.prints(&["accept"]);
        assert_eq!(run(false).unwrap(), STREAM);
        assert_eq!(desk.json(&["list", "f", "--json"])[0]["prompt"], "Hello?");
    });
}

#[test]
fn a_response_whose_shape_tells_no_api_needs_its_request() {
    let desk = Desk::with(&[]);
    desk.write("error.http", "HTTP/1.1 500 Oops\r\ncontent-type: text/plain\r\n\r\nno JSON");
    desk.write("claude.http", "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\"type\":\"message\",\"model\":\"claude-haiku-4-5\",\"content\":[]}");
    let error = desk.fails_partly(&["import", "error.http", "--out", "f"]);
    assert!(
        error.contains("its shape tells no API") && error.contains("--request FILE"),
        "{error}"
    );
    let out = desk.prints(&["import", "claude.http", "--out", "f"]);
    assert!(out.contains("POST https://api.anthropic.com/v1/messages stands in"), "{out}");
    let deepseek = ["import", "claude.http", "--out", "g", "--provider", "deepseek"];
    desk.prints(&deepseek);
    assert_eq!(desk.json(&["list", "g", "--json"])[0]["provider"], "deepseek");
}
