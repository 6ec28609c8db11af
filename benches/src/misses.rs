//! Describing a miss with a body of 10 MB, beside a hit of the same size and beside hyper, which only reads it.

use std::cell::Cell;
use std::fs;
use std::time::Duration;

use llmock::Provider;

use crate::client::Post;
use crate::opening::opened;
use crate::race::{Contender, race, timed};
use crate::rivals::{self, Answer};
use crate::{Effort, fixtures, table};

const PATH: &str = "/chat/completions";

/// How much longer than a hit a miss may take.
const BOUND: Duration = Duration::from_millis(50);

/// A body of some letters, the mark in its middle.
type Body = fn(&str, &str) -> String;

/// Bodies of which each kind is described by other means.
const KINDS: [(&str, Body); 3] =
    [("an image", image), ("base64 without a type", sound), ("a conversation", conversation)];

/// Races with each kind of body.
pub fn figures(effort: Effort) {
    let letters = letters(if effort == Effort::Measure { 10_000_000 } else { 1_000_000 });
    // Each is measured before one fails.
    let slow = KINDS.map(|(name, body)| !keeps_bound(effort, name, &letters, body));
    assert_eq!(slow, [false; KINDS.len()], "describing a miss has to take at most {BOUND:?}");
}

/// Every miss is another one: llmock describes the same one once.
fn keeps_bound(effort: Effort, name: &str, letters: &str, body: Body) -> bool {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let recorded = body(letters, "recorded");
    let fixture = folder.path().join("large.json");
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
        body(letters, &format!("{:08}", number.get()))
    };
    let (miss_base, hyper) = (base.clone(), rivals::hyper(Answer::json(fixtures::answer(0))));
    let hit = Post::new(&base, PATH, &recorded);
    let contenders: Vec<Contender<'_>> = vec![
        timed("llmock, a miss", || Post::new(&miss_base, PATH, &next()).refused()),
        timed("llmock, a hit", || hit.send()),
        timed("hyper alone", || Post::new(&hyper, PATH, &recorded).send()),
    ];
    let times = race(effort.plan(25, Duration::from_secs(40)), contenders);
    table::compare(&format!("a request of 10 MB, {name}"), &times);
    let keeps = table::bounded("a miss beyond a hit", times[0].beyond(&times[1]), BOUND);
    // Its misses fail it.
    drop(mock.finish());
    keeps || effort == Effort::Try
}

fn image(letters: &str, mark: &str) -> String {
    let [head, tail] = halves(letters, mark);
    format!(
        r#"{{"model":"gpt-5-mini","messages":[{{"role":"user","content":[{{"type":"image_url","image_url":{{"url":"data:image/png;base64,{head}{mark}{tail}"}}}}]}}]}}"#
    )
}

fn sound(letters: &str, mark: &str) -> String {
    let [head, tail] = halves(letters, mark);
    format!(
        r#"{{"model":"gpt-4o-audio-preview","messages":[{{"role":"user","content":[{{"type":"input_audio","input_audio":{{"data":"{head}{mark}{tail}","format":"wav"}}}}]}}]}}"#
    )
}

/// Turns of some hundred words; one in the middle has the mark.
fn conversation(letters: &str, mark: &str) -> String {
    const TURN: usize = 2_000;
    let turns = letters.as_bytes().chunks(TURN).enumerate().map(|(at, letters)| {
        let words: Vec<_> = letters.chunks(6).map(String::from_utf8_lossy).collect();
        let role = if at % 2 == 0 { "user" } else { "assistant" };
        (role, words.join(" "))
    });
    let mut turns: Vec<(&str, String)> = turns.collect();
    let middle = turns.len() / 4 * 2;
    turns[middle].1.push_str(mark);
    turns.push(("user", "Sum this up.".to_owned()));
    let turns =
        turns.iter().map(|(role, text)| format!(r#"{{"role":"{role}","content":"{text}"}}"#));
    let turns: Vec<String> = turns.collect();
    format!(r#"{{"model":"gpt-5-mini","messages":[{}]}}"#, turns.join(","))
}

fn halves<'l>(letters: &'l str, mark: &str) -> [&'l str; 2] {
    let middle = letters.len() / 2;
    [&letters[..middle], &letters[middle + mark.len()..]]
}

/// Base64 without a pattern, the same in every run.
fn letters(length: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(ALPHABET[(state >> 26) as usize])
    };
    (0..length).map(|_| next()).collect()
}
