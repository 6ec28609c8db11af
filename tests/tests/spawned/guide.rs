//! `docs/guide.md`, step by step: its files make a package of their own, and what it shows is what Cargo prints.

use std::path::Path;

use llmock_testkit::scratch::{Ran, Scratch};
use llmock_testkit::upstream::{Response, Upstream};
use serde_json::json;

const OFFICIAL: &str = "https://api.openai.com/v1";

/// The scripted provider, as the test kit prints its address.
const SCRIPTED: &str = "http://127.0.0.1:PORT/v1";

struct Guide {
    /// Blocks of code, with the comment in front of each.
    blocks: Vec<(String, String)>,
}

impl Guide {
    fn read() -> Self {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide.md");
        let page = std::fs::read_to_string(page).unwrap();
        let blocks = page.split("<!-- ").skip(1).filter_map(|part| {
            let (label, rest) = part.split_once(" -->\n```")?;
            let (_, code) = rest.split_once('\n')?;
            let (code, _) = code.split_once("\n```")?;
            Some((label.to_owned(), code.to_owned()))
        });
        Self { blocks: blocks.collect() }
    }

    #[track_caller]
    fn block(&self, label: &str) -> &str {
        let block = self.blocks.iter().find(|(known, _)| known == label);
        &block.unwrap_or_else(|| panic!("the guide has no block `{label}`")).1
    }

    /// The version of a test file at its second mention.
    fn later(&self, label: &str) -> &str {
        &self.blocks.iter().rfind(|(known, _)| known == label).unwrap().1
    }

    /// Checks that a command printed what the guide shows.
    #[track_caller]
    fn shows(&self, label: &str, ran: &Ran) {
        let shown = dated(self.block(&format!("output: {label}")));
        let printed = dated(&ran.everything()).replace(SCRIPTED, OFFICIAL);
        assert!(
            printed.contains(&shown),
            "the guide shows\n{shown}\n\nand Cargo prints\n{printed}"
        );
    }
}

/// Without the day of the recording.
fn dated(text: &str) -> String {
    const BEFORE: &str = "(recorded ";
    let mut parts = text.split(BEFORE);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let day = part.find(|c: char| c != '-' && !c.is_ascii_digit()).unwrap_or_default();
        text + BEFORE + "DAY" + &part[day..]
    })
}

fn completion(at: usize) -> Response {
    let text = ["This parcel is damaged.", "The parcel arrived damaged, we are sorry."];
    let body = json!({
        "id": format!("chatcmpl-{at}"),
        "object": "chat.completion",
        "created": 1_796_023_418,
        "model": "smollm2-135m",
        "choices": [{
            "index": 0,
            "message": { "role": "assistant", "content": text[at.min(1)] },
            "finish_reason": "stop",
        }],
    });
    Response::json(body.to_string())
}

#[test]
fn every_step_of_the_guide_prints_what_the_guide_shows() {
    let guide = Guide::read();
    let manifest = guide.block("file: Cargo.toml");
    assert!(manifest.contains("llmock = \"0.1\""));
    let manifest = manifest.replace("llmock = \"0.1\"", "llmock = { path = \"$LLMOCK\" }");
    let library = guide.block("file: src/lib.rs");
    let scratch = Scratch::open(
        "guide",
        &[
            ("Cargo.toml", &(manifest + "\n\n[workspace]\n")),
            ("src/lib.rs", library),
            ("tests/replies.rs", guide.block("file: tests/replies.rs")),
        ],
    );
    let upstream = Upstream::scripted(|at, _| completion(at));
    let test = |variables: &[(&str, &str)]| {
        let run = scratch
            .cargo(".", ["test", "--offline", "--test", "replies", "--", "--test-threads=1"]);
        variables.iter().fold(run, |run, (name, value)| run.env(name, value)).output()
    };
    let (url, key) = (upstream.openai_url(), ("OPENAI_API_KEY", "a-key-of-the-guide"));
    let record = || test(&[("LLMOCK_MODE", "record"), ("OPENAI_BASE_URL", &url), key]);

    guide.shows("before", &test(&[]));
    guide.shows("record", &record());
    let fixture = scratch.read("tests/fixtures/damaged_parcel.json");
    let shown = guide.block("fixture: tests/fixtures/damaged_parcel.json");
    let (_, request) = shown.split_once("\"request\"").unwrap();
    let (request, _) = request.split_once("\"response\"").unwrap();
    assert!(fixture.contains(request), "the guide shows{request}\nand the file is\n{fixture}");
    guide.shows("replay", &test(&[]));

    scratch.write("src/lib.rs", &library.replace("in one sentence", "in one friendly sentence"));
    guide.shows("changed", &test(&[]));
    guide.shows("again", &record());

    scratch.write("tests/replies.rs", guide.later("file: tests/replies.rs"));
    assert!(record().success);
    guide.shows("both", &test(&[]));
    guide.shows("ci", &test(&[("LLMOCK_MODE", "record"), ("CI", "true")]));
}
