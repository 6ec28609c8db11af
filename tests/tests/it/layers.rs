//! Layers: fixtures from several folders, searched in order and recorded into the first.

use std::fs;
use std::path::Path;

use llmock::{LlmMock, LlmMockBuilder, Mode, llm_replay};
use llmock_testkit::client::chat;
use llmock_testkit::process::alone;
use llmock_testkit::recorded::prompts;
use llmock_testkit::scratch::{fixture, question};
use llmock_testkit::upstream::Upstream;
use tempfile::TempDir;

/// The folders `own`, `team`, and `contracts`, each with these answers in `chat/a.json`.
fn folders(layers: [&[(&str, &str)]; 3]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, answers) in ["own", "team", "contracts"].iter().zip(layers) {
        fs::create_dir_all(folder.path().join(name).join("chat")).unwrap();
        if !answers.is_empty() {
            fs::write(file(&folder, name), fixture(answers)).unwrap();
        }
    }
    folder
}

fn file(folder: &TempDir, layer: &str) -> std::path::PathBuf {
    folder.path().join(layer).join("chat/a.json")
}

fn layers(folder: &Path) -> [String; 3] {
    ["own", "team", "contracts"].map(|name| folder.join(name).display().to_string())
}

fn session(folder: &TempDir) -> LlmMockBuilder {
    LlmMock::builder().fixture(file(folder, "own")).layers(layers(folder.path()))
}

#[test]
fn requests_are_looked_for_in_the_order_of_the_layers() {
    let folder = folders([
        &[("a", "own a")],
        &[("a", "team a"), ("b", "team b")],
        &[("b", "late"), ("c", "c")],
    ]);
    let mock = session(&folder).fail_on_unused().start().unwrap();
    for (sent, expected) in [("a", "own a"), ("b", "team b"), ("c", "c"), ("b", "team b")] {
        let text = chat(&mock, &question(sent)).text();
        assert!(text.contains(&format!("\"{expected}\"")), "{sent}: {text}");
    }
    mock.finish().unwrap();
    // What a further layer has need not be used: no recording of this test could remove it.
    let mock = session(&folder).fail_on_unused().start().unwrap();
    assert_eq!(chat(&mock, &question("a")).status, 200);
    mock.finish().unwrap();
}

#[test]
fn a_fixture_may_be_in_a_further_layer_alone() {
    let folder = folders([&[], &[], &[("a", "answer")]]);
    let mock = session(&folder).start().unwrap();
    assert_eq!(chat(&mock, &question("a")).status, 200);
    assert_eq!(chat(&mock, &question("b")).status, 418);
    let error = mock.finish().unwrap_err().to_string();
    assert!(error.contains("contracts/chat/a.json"), "{error}");
    let folder = folders([&[], &[], &[]]);
    let error = session(&folder).start().unwrap_err().to_string();
    assert!(
        error.contains("there is no fixture `") && error.contains("own/chat/a.json"),
        "{error}"
    );
}

#[test]
fn recordings_go_to_the_first_layer() {
    alone(&[], |_| {
        let folder = folders([&[], &[("a", "team a")], &[("c", "c")]]);
        let before = ["team", "contracts"].map(|name| fs::read(file(&folder, name)).unwrap());
        let upstream = Upstream::chat("new");
        let recording = session(&folder)
            .mode(Mode::Auto)
            .upstream(llmock::Provider::OpenAI, upstream.openai_url());
        let mock = recording.start().unwrap();
        for text in ["a", "b", "c"] {
            assert_eq!(chat(&mock, &question(text)).status, 200);
        }
        mock.finish().unwrap();
        assert_eq!(prompts(&file(&folder, "own")), ["b"], "the others were found");
        assert_eq!(upstream.requests().len(), 1);
        assert_eq!(
            before,
            ["team", "contracts"].map(|name| fs::read(file(&folder, name)).unwrap())
        );
        let mock = session(&folder).start().unwrap();
        for text in ["a", "b", "c"] {
            assert_eq!(chat(&mock, &question(text)).status, 200);
        }
        mock.finish().unwrap();
    });
}

#[test]
fn layers_that_cannot_be_used_are_named() {
    let folder = folders([&[("a", "answer")], &[], &[]]);
    let cache = tempfile::tempdir().unwrap();
    alone(&[("LLMOCK_CACHE_DIR", cache.path().to_str().unwrap())], |_| {
        let own = folder.path().join("own").display().to_string();
        let gone = folder.path().join("gone").display().to_string();
        for (further, expected) in [
            (gone.as_str(), "gone` does not exist: there is no folder `"),
            ("s3://team/main", "layer `s3://team/main` was not fetched yet\n"),
            ("s4://team/main", "unknown scheme `s4`; did you mean `s3://`?"),
            ("https://host/x.tar.gz", "an archive needs its checksum"),
        ] {
            let started = LlmMock::builder()
                .fixture(file(&folder, "own"))
                .layers([own.as_str(), further])
                .start();
            let error = started.unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let started =
            LlmMock::builder().fixture(file(&folder, "own")).layers(["s3://team/main"]).start();
        let error = started.unwrap_err().to_string();
        assert!(error.contains("`layers`: the first layer is the folder"), "{error}");
    });
}

#[llm_replay(fixture = "greeting", layers("tests/it/layers/own", "tests/it/layers/contracts"))]
#[test]
fn the_attribute_names_layers_of_its_package(mock: &LlmMock) {
    let text = chat(mock, &question("greet the team")).text();
    assert!(text.contains("hello from the contracts"), "{text}");
}
