//! Describing a miss with a body of 10 MB, beside a hit of the same size and beside hyper, which only reads it.

use std::cell::Cell;
use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use llmock::Provider;

use crate::client::Post;
use crate::opening::opened;
use crate::race::{Contender, race, timed};
use crate::rivals::{self, Answer};
use crate::{Effort, fixtures, table};

const PATH: &str = "/chat/completions";
const LENGTH: usize = 10_000_000;

/// Every miss is another one: llmock describes the same one once.
pub fn figures(effort: Effort) {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let letters = letters();
    let recorded = body(&letters, "recorded");
    let fixture = folder.path().join("image.json");
    let interaction = format!(
        r#"{{"llmock":1,"interactions":[{{"provider":"openai","test":"{}","request":{{"path":"/v1{PATH}","body":{recorded}}},"response":{{"body":{}}}}}]}}"#,
        fixtures::OWNER,
        fixtures::answer(0)
    );
    fs::write(&fixture, interaction).expect("the folder is ours");
    let mock = opened(&fixture);
    let base = mock.base_url(Provider::OpenAI);
    let number = Cell::new(0);
    let next = || {
        number.set(number.get() + 1);
        body(&letters, &format!("{:08}", number.get()))
    };
    let (miss_base, hyper) = (base.clone(), rivals::hyper(Answer::json(fixtures::answer(0))));
    let hit = Post::new(&base, PATH, &recorded);
    let contenders: Vec<Contender<'_>> = vec![
        timed("llmock, a miss", || Post::new(&miss_base, PATH, &next()).refused()),
        timed("llmock, a hit", || hit.send()),
        timed("hyper alone", || Post::new(&hyper, PATH, &recorded).send()),
    ];
    let plan = effort.plan(25, Duration::from_secs(60));
    table::compare("a request of 10 MB", &race(plan, contenders));
    // Its misses fail it.
    drop(mock.finish());
}

fn body(letters: &str, marked: &str) -> String {
    let middle = letters.len() / 2;
    let (head, tail) = (&letters[..middle], &letters[middle + marked.len()..]);
    format!(
        r#"{{"model":"gpt-5-mini","messages":[{{"role":"user","content":[{{"type":"image_url","image_url":{{"url":"data:image/png;base64,{head}{marked}{tail}"}}}}]}}]}}"#
    )
}

/// Base64 without a pattern, the same in every run.
fn letters() -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut state = 1_u32;
    let mut letters = String::with_capacity(LENGTH);
    while letters.len() < LENGTH {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let _ = write!(letters, "{}", char::from(ALPHABET[(state >> 26) as usize]));
    }
    letters
}
