//! The assistant and the editor against recorded answers: no key, no network, the same bytes each time.
//!
//! Record them again with `LLMOCK_MODE=record cargo test -p quickstart`.

use llmock::llm_replay;
use quickstart::{Assistant, Conversation, Release, summarize};
use serde_json::Value;

const REPORT: &str = "Exports of large reports no longer time out. The settings page has a dark theme. \
                      Search finds words inside attachments.";

fn release() -> Release {
    Release::new([
        ("101", "Exports of large reports no longer time out."),
        ("102", "The settings page has a dark theme."),
        ("103", "Search finds words inside attachments."),
    ])
}

#[llm_replay(fixture = "summarize")]
#[tokio::test]
async fn summarizes_the_report() {
    let summary = summarize(REPORT).await.unwrap();
    assert!(summary.to_lowercase().contains("report"), "{summary}");
}

// Without a name the fixture is `tests/fixtures/release_notes/<name of the test>.json`.
#[llm_replay]
#[tokio::test]
async fn shows_the_summary_while_it_arrives() {
    let mut pieces = Vec::new();
    let assistant = Assistant::from_env();
    let summary =
        assistant.stream_summary(REPORT, |piece| pieces.push(piece.to_owned())).await.unwrap();
    assert!(pieces.len() > 1, "one piece is no stream: {pieces:?}");
    assert_eq!(pieces.concat(), summary);
}

#[llm_replay(fixture = "conversation", order = "strict", unused = "fail")]
#[tokio::test]
async fn looks_into_the_release_before_it_answers() {
    let mut conversation = Conversation::new(Assistant::from_env(), release());

    let list = conversation.ask("Which changes are in this release?").await.unwrap();
    let uses_for_list = conversation.tool_uses().len();
    let change = conversation.ask("Read change 102 to me.").await.unwrap();
    let uses = conversation.tool_uses();

    assert!(uses_for_list > 0, "answered without a look: {list}");
    assert!(uses.len() > uses_for_list, "answered without a look: {change}");
    for used in uses {
        let arguments: Value = serde_json::from_str(&used.arguments).unwrap();
        assert_eq!(used.result, release().call(&used.tool, &arguments));
    }
}

#[llm_replay(fixture = "similar")]
#[tokio::test]
async fn ranks_changes_by_meaning() {
    let release = release();
    let ranked = Assistant::from_env()
        .similar("The settings page has a dark theme.", &release)
        .await
        .unwrap();
    assert_eq!(ranked.len(), 3);
    assert_eq!(ranked[0].change.id, "102", "{ranked:?}");
    assert!(ranked.is_sorted_by(|a, b| a.nearness >= b.nearness), "{ranked:?}");
}

// On a module, every test inside has its own file: `tests/fixtures/editor/<name of the test>.json`.
#[llm_replay(fixture = "editor")]
mod editor {
    use quickstart::Editor;

    const DRAFT: &str = "exports dont time out no more";

    #[tokio::test]
    async fn rewrites_a_draft() {
        let note = Editor::from_env().unwrap().rewrite(DRAFT).await.unwrap();
        assert!(note.to_lowercase().contains("export"), "{note}");
    }

    #[tokio::test]
    async fn shows_the_rewrite_while_it_arrives() {
        let mut pieces = Vec::new();
        let editor = Editor::from_env().unwrap();
        let note =
            editor.stream_rewrite(DRAFT, |piece| pieces.push(piece.to_owned())).await.unwrap();
        assert!(pieces.len() > 1, "one piece is no stream: {pieces:?}");
        assert_eq!(pieces.concat(), note);
    }
}
