//! Whether two prompts are about the same thing: a changed prompt is worth a comparison, another prompt is not.
//!
//! Model, system prompt, and tools say nothing about that; most requests of a program share them.

use std::collections::HashSet;

use super::align::{likeness, ratio, word_ratio};
use super::labels::Value;
use super::tree::{NodeKind, TreeNode};

/// Prompts with a smaller share of common words, and of common pairs of letters, do not resemble each other. Measured:
/// unrelated questions of ten words share 0.05 to 0.2 of their words, an edited sentence more than 0.4.
const LEAST_WORDS: f32 = 0.3;
const LEAST_PAIRS: f32 = 0.45;
/// What of a conversation is looked at, in bytes.
const LONGEST: usize = 32 * 1024;
/// Longer texts are compared as bags of words.
const LONGEST_IN_ORDER: usize = 4 * 1024;
/// Spelling counts in short prompts, where one changed word is much.
const LONGEST_BY_LETTER: usize = 200;

/// Members with what a program asks, in any format.
const PROMPTS: [&str; 11] = [
    "messages",
    "input",
    "contents",
    "prompt",
    "message",
    "chat_history",
    "query",
    "texts",
    "inputs",
    "documents",
    "content",
];

/// The texts of a conversation without those of the system: of a long one its beginning and its end, where it says what
/// is to be done.
pub(super) fn prompt(body: &TreeNode) -> String {
    let text = whole_prompt(body);
    if text.len() <= LONGEST_IN_ORDER {
        return text;
    }
    let half = LONGEST_IN_ORDER / 2;
    let head = (0..=half).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let tail = (text.len() - half..=text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(text.len());
    format!("{} {}", &text[..head], &text[tail..])
}

fn whole_prompt(body: &TreeNode) -> String {
    let mut text = String::new();
    for name in PROMPTS {
        if let Some(prompt) = body.member(name) {
            collect(prompt, &mut text);
        }
    }
    text
}

/// Whether the bodies have prompts that resemble each other; bodies without a prompt do.
pub(super) fn resemble(recorded: &TreeNode, sent: &TreeNode) -> bool {
    let [old, new] = [recorded, sent].map(whole_prompt);
    if old.is_empty() || new.is_empty() || old == new {
        return true;
    }
    let longest = old.len().max(new.len());
    let words = if longest > LONGEST_IN_ORDER {
        likeness(&TreeNode::text(&old, ""), &TreeNode::text(&new, ""))
    } else {
        word_ratio(&old.to_lowercase(), &new.to_lowercase())
    };
    words >= LEAST_WORDS || (longest <= LONGEST_BY_LETTER && pair_ratio(&old, &new) >= LEAST_PAIRS)
}

/// The texts of a conversation, without those of the system.
fn collect(node: &TreeNode, into: &mut String) {
    const NO_TEXTS: [&str; 8] =
        ["role", "type", "id", "name", "tool_call_id", "tool_use_id", "call_id", "media_type"];
    if into.len() > LONGEST {
        return;
    }
    match &node.kind {
        NodeKind::Text(text) if is_data(text) => {}
        NodeKind::Text(text) => {
            into.extend(text.chars().take(LONGEST));
            into.push('\n');
        }
        NodeKind::Array(items) => items.iter().for_each(|item| collect(item, into)),
        NodeKind::Object(members) => {
            let role = node.member("role").and_then(Value::as_text);
            if role.is_some_and(|role| matches!(&*role, "system" | "developer")) {
                return;
            }
            let texts = members.iter().filter(|(name, _)| !NO_TEXTS.contains(&name.as_str()));
            texts.for_each(|(_, value)| collect(value, into));
        }
        NodeKind::Scalar(_) => {}
    }
}

/// Whether a text is an image, a file, or an address of one, which no one reads.
fn is_data(text: &str) -> bool {
    /// The longest words of languages that separate words are shorter.
    const LONGEST_WORD: usize = 80;
    // What has no blank so far is no prose.
    let head = &text.as_bytes()[..text.len().min(LONGEST)];
    text.starts_with("data:")
        || (text.len() > LONGEST_WORD && head.iter().all(u8::is_ascii_graphic))
}

/// The share of common pairs of letters.
fn pair_ratio(a: &str, b: &str) -> f32 {
    let pairs = |text: &str| {
        let letters: Vec<char> =
            text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
        letters.windows(2).map(|pair| (pair[0], pair[1])).collect::<HashSet<_>>()
    };
    let (a, b) = (pairs(a), pairs(b));
    ratio(2 * a.intersection(&b).count(), a.len() + b.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;
    use crate::matching::canonical::FormatRules;
    use crate::matching::rules::MatchRules;

    fn body(system: &str, prompt: &str) -> TreeNode {
        let body = format!(
            r#"{{"model":"m","messages":[{{"role":"system","content":"{system}"}},{{"role":"user","content":"{prompt}"}}]}}"#
        );
        TreeNode::new(&parse(&body).unwrap(), &FormatRules::of_form(&MatchRules::default()))
    }

    #[test]
    fn another_image_is_not_another_prompt() {
        let with = |data: &str, prompt: &str| {
            let image =
                format!(r#"{{"type":"image","source":{{"type":"base64","data":"{data}"}}}}"#);
            let body = format!(
                r#"{{"messages":[{{"role":"user","content":[{image},{{"type":"text","text":"{prompt}"}}]}}]}}"#
            );
            TreeNode::new(&parse(&body).unwrap(), &FormatRules::of_form(&MatchRules::default()))
        };
        let [cat, dog] = ["iVBORw0KGgo".repeat(40), "/9j/4AAQSkZJ".repeat(40)];
        let question = "What does this picture show?";
        assert!(resemble(&with(&cat, question), &with(&dog, question)));
        assert!(!resemble(&with(&cat, question), &with(&cat, "Write a poem about the sea.")));
    }

    #[test]
    fn an_edited_prompt_resembles_and_another_does_not() {
        let system = "You answer customers of a shop. Be short and friendly.";
        for (old, new, expected) in [
            ("Sum up the main points of this ticket", "Sum up the key points of this ticket", true),
            ("Name a colour.", "Name a number.", true),
            ("hello", "hallo", true),
            ("Translate: cheese", "Translate: bread and butter", true),
            ("Is it there on 2026-04-23?", "Is it there on 2026-05-02?", true),
            ("Where is the shop?", "Who wrote the Odyssey, and when was it first printed?", false),
            ("Where is my parcel?", "Which of your kettles is the quietest?", false),
            ("hello", "how are you", false),
            ("first", "second", false),
            ("日本の天気は？", "日本の天気と気温は？", true),
        ] {
            assert_eq!(resemble(&body(system, old), &body(system, new)), expected, "{old} {new}");
            assert_eq!(resemble(&body("x", old), &body(system, new)), expected, "{old} {new}");
        }
        let long = |word: &str| format!("{} {word}", "lorem ipsum dolor sit amet ".repeat(1000));
        assert!(resemble(&body("", &long("fox")), &body("", &long("dog"))));
    }
}
