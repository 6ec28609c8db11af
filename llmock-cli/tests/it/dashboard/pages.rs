//! What each page shows.

use llmock_testkit::client::Request;

use super::{Dashboard, desk};
use crate::command::Desk;
use crate::server::Workdir;

#[test]
fn shows_suites_fixtures_and_conversations() {
    let desk = desk();
    let board = Dashboard::start(&desk, &[]);
    let overview = board.page("");
    for text in ["2</strong>", "shop", "8</strong>", "1 test failed: 1 request without a recording"]
    {
        assert!(overview.contains(text), "{text}: {overview}");
    }
    let fixtures = board.page("fixtures");
    assert!(fixtures.contains("2 fixtures with 8 recorded requests"), "{fixtures}");
    assert!(fixtures.contains("claude-sonnet-4-6") && fixtures.contains("agent::counts"));
    let found = board.page("fixtures?q=COUNT+to+two&suite=shop");
    assert!(found.contains("1 fixture with 4 recorded requests"), "{found}");
    assert!(board.page("fixtures?q=nothing-like-it").contains("No fixture has this text"));
    // Words are found in another order and in other forms, the most similar recording first.
    let alike = board.page("fixtures?q=please+count+up+to+the+number+two");
    assert!(alike.contains("No fixture has this text"), "{alike}");
    let (_, alike) = alike.split_once("<h2>Most alike by their words</h2>").expect("a list");
    let first = alike.split("</li>").next().unwrap();
    assert!(first.contains("Count to two.") && first.contains("agent.json#"), "{first}");
    assert!(!board.page("fixtures?q=zzzz+qqqq").contains("Most alike"));

    let fixture = board.page("fixture?file=shop/orders.json");
    assert!(fixture.contains("Count to two.") && fixture.contains("One, two."), "{fixture}");
    assert!(fixture.contains("conversation?file=shop/orders.json&#38;n=2"), "{fixture}");

    let picture = board.page("conversation?file=agent.json&n=1");
    for text in [
        "You are brief.",
        "&#60;image/png 24 B&#62;",
        "<summary>Calls get_weather",
        "<summary>Thinking</summary>",
        "12° \\u{1b}[31mred",
        "It is Paris, and 12°.",
        "end_turn",
        "120 + 12",
        "$0.0005",
    ] {
        assert!(picture.contains(text), "{text}: {picture}");
    }
    let stream = board.page("conversation?file=agent.json&n=2");
    for text in ["4 events in 36 ms", "data-ms=\"12\"", ">One, </span>", ">two.</span>", "[DONE]"] {
        assert!(stream.contains(text), "{text}: {stream}");
    }
    for missing in [
        "fixture?file=no.json",
        "conversation?file=agent.json&n=5",
        "conversation?file=agent.json&n=0",
        "conversation?file=../../etc/passwd&n=1",
        "nowhere",
    ] {
        let response = board.get(missing);
        assert_eq!(response.status, 404, "{missing}");
        assert!(response.text().contains("<h1>Not found</h1>"), "{missing}");
    }
}

#[test]
fn shows_the_last_run_findings_and_cost() {
    let desk = desk();
    desk.write("shop/broken.json", "{\"llmock\": 1, \"interactions\": [");
    let board = Dashboard::start(&desk, &[]);
    let run = board.page("run");
    for text in [
        "2 tests with llmock: 1 passed, 1 failed",
        "agent::fails",
        "the body differs from interaction 2",
        "$.messages[0].content",
        "LLMOCK_MODE=record cargo test",
        "a response was repeated",
        "$0.0012",
        "no test was running",
    ] {
        assert!(run.contains(text), "{text}: {run}");
    }
    let findings = board.page("findings");
    assert!(findings.contains("unreadable") && findings.contains("shop/broken.json"), "{findings}");
    let broken = board.get("fixture?file=shop/broken.json");
    assert_eq!(broken.status, 404);
    assert!(broken.text().contains("The fixture cannot be read"), "{}", broken.text());
    let cost = board.page("cost");
    assert!(cost.contains("gpt-5") && cost.contains("By suite") && cost.contains("<progress"));

    let other = Dashboard::start(&desk, &["shop", "--last-run", "target/llmock/last-run.jsonl"]);
    assert!(!other.page("fixtures").contains("agent.json"));
    assert!(other.page("run").contains("agent::fails"));
}

#[test]
fn pages_through_ten_thousand_interactions_and_reads_files_once() {
    let desk = Desk::with(&[]);
    let one = |number: usize| {
        format!(
            r#"{{"provider": "openai", "test": "big::t{number}", "request": {{"path": "/v1/chat/completions", "body": {{"model": "gpt-5",
            "messages": [{{"role": "user", "content": "Question {number}?"}}]}}}}, "response": {{"body": {{"choices": [{{"message":
            {{"role": "assistant", "content": "Answer {number}."}}}}]}}}}}}"#
        )
    };
    for file in 0..200 {
        let all: Vec<String> = (0..if file == 0 { 250 } else { 49 }).map(one).collect();
        let text = format!(r#"{{"llmock": 1, "interactions": [{}]}}"#, all.join(","));
        desk.write(&format!("big/f{file:03}.json"), &text);
    }
    let board = Dashboard::start(&desk, &["big"]);
    let fixtures = board.get("fixtures?page=2");
    assert_eq!(fixtures.header("x-llmock-files-read"), Some("200"));
    let fixtures = fixtures.text();
    assert!(fixtures.contains("101 to 200 of 200 · page 2 of 2"), "{fixtures}");
    assert!(fixtures.contains("200 fixtures with 10,001 recorded requests"), "{fixtures}");
    assert_eq!(fixtures.matches("data-row").count(), 100);
    let last = board.page("fixture?file=big/f000.json&page=3");
    assert!(last.contains("201 to 250 of 250") && last.contains("Question 249?"), "{last}");
    assert_eq!(last.matches("data-row").count(), 50);
    // A page that does not exist is the last one.
    assert!(board.page("fixture?file=big/f000.json&page=99").contains("page 3 of 3"));
    let searched = board.page("fixtures?q=question+249");
    assert!(searched.contains("1 fixture with 250 recorded requests"), "{searched}");
    assert!(searched.contains("big/f000.json#250</code>"), "{searched}");
    for page in ["", "fixtures", "findings", "cost", "conversation?file=big/f000.json&n=250"] {
        let response = board.get(page);
        assert_eq!(response.header("x-llmock-files-read"), Some("200"), "{page}");
        assert!(response.bytes().len() < 400_000, "{page} has {}", response.bytes().len());
    }
}

#[test]
fn shows_fixtures_of_layers_outside_of_the_workspace() {
    let desk = desk();
    desk.write("pkg/Cargo.toml", "[package]\nname = \"pkg\"\nversion = \"0.1.0\"\n");
    desk.write("pkg/llmock.toml", "layers = [\"fixtures\", \"../contracts\"]\n");
    desk.write("pkg/fixtures/own.json", &desk.read("agent.json"));
    desk.write("contracts/team/shared.json", &desk.read("agent.json"));
    let board = Dashboard::start_in(&desk, "pkg", &["--edit"]);
    let fixtures = board.page("fixtures");
    assert!(fixtures.contains("2 fixtures with 8 recorded requests"), "{fixtures}");
    assert_eq!(fixtures.matches(">layer ../contracts<").count(), 1, "{fixtures}");
    let fixture = board.page("fixture?file=../contracts/team/shared.json");
    assert!(fixture.contains("layer ../contracts, read-only"), "{fixture}");
    let shown = board.page("conversation?file=../contracts/team/shared.json&n=2");
    assert!(shown.contains("One, two."), "{shown}");
    // A path alone shows its own fixtures.
    let board = Dashboard::start_in(&desk, "pkg", &["fixtures"]);
    assert!(board.page("fixtures").contains("1 fixture with 4 recorded requests"));
}

#[test]
fn shows_what_a_running_server_receives() {
    let workdir = Workdir::new();
    let server = workdir.serve(&["--api-key", "sesame"], &[]);
    let desk = desk();
    let without = Dashboard::start(&desk, &["--server", &server.origin]);
    assert!(without.page("live").contains("needs its key"), "{}", without.page("live"));
    let board = Dashboard::start(&desk, &["--server", &server.origin, "--server-key", "sesame"]);
    assert!(board.page("live").contains("It has received no requests yet."));
    let body = r#"{"model":"gpt-5","messages":[{"role":"user","content":"<b>Hello</b>"}]}"#;
    let request =
        Request::post("/v1/chat/completions", body).header("authorization", "Bearer sesame");
    assert_eq!(server.send(&request).status, 200);
    for page in ["live", "live/rows"] {
        let shown = board.page(page);
        assert!(shown.contains("POST /v1/chat/completions"), "{shown}");
        assert!(
            shown.contains("&#60;b&#62;Hello&#60;/b&#62;") && !shown.contains("<b>"),
            "{shown}"
        );
    }
    drop(server);
    assert!(board.page("live/rows").contains("nothing listens on http://127.0.0.1:"));
}
