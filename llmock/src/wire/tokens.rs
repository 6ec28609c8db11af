//! Estimates tokens without a tokenizer: four letters are one token, and so is one character of Chinese, Japanese or
//! Korean. Counts of tokens, `usage`, limits and quotas all come from here.

use super::content::Reply;
use super::pieces::Chunks;
use crate::json::Json;

/// Quarters of a token in one image or file, whatever its size: 85 tokens, as OpenAI counts an image in low detail
/// (<https://platform.openai.com/docs/guides/images-vision>).
const MEDIUM: u64 = 85 * QUARTERS;

/// The parts of a token in which texts are measured; a letter is one of them.
const QUARTERS: u64 = 4;

/// What of a value the model reads.
#[derive(Clone, Copy, PartialEq)]
enum Read {
    /// Members that hold texts for the model.
    Members,
    /// A text, or an array of such texts.
    Text,
    /// Every name and every text: definitions of tools.
    All,
}

fn read_of(name: &str) -> Read {
    match name {
        "arguments" | "content" | "contents" | "input" | "inputText" | "instructions"
        | "message" | "messages" | "output" | "prompt" | "system" | "systemInstruction"
        | "text" | "texts" => Read::Text,
        "tools" | "functions" | "toolConfig" | "args" | "functionResponse"
        | "function_response" => Read::All,
        _ => Read::Members,
    }
}

pub(crate) fn of_text(text: &str) -> u64 {
    of_quarters(quarters(text))
}

/// The tokens of a reply without its reasoning.
pub(crate) fn of_reply(reply: &Reply) -> u64 {
    let calls = reply.calls.iter().map(|call| quarters(&call.name) + quarters(&call.arguments));
    let texts = [&reply.text, &reply.refusal].into_iter().flatten();
    let texts = texts.chain(&reply.completions).chain(&reply.extras.choices);
    of_quarters(calls.chain(texts.map(|text| quarters(text))).sum())
}

/// The tokens of everything in a request that the model reads.
pub(crate) fn of_request(body: Option<&Json<'_>>) -> u64 {
    of_quarters(body.map_or(0, |body| read(body, Read::Members)))
}

/// How many tokens a text has where a limit counts them: as many as it has words, at least.
pub(crate) fn counted(text: &str) -> u64 {
    (quarters(text) / QUARTERS).max(Chunks::Words.of(text).len() as u64)
}

/// The beginning of a text with so many tokens; `None` if the whole text has no more. It ends at the end of a word, unless
/// the first word is too long.
pub(crate) fn beginning(text: &str, most: u64) -> Option<&str> {
    if counted(text) <= most {
        return None;
    }
    let room = if most == 0 { 0 } else { most.saturating_mul(QUARTERS) + QUARTERS - 1 };
    let words = Chunks::Words.of(text).into_iter();
    let words = words.take(usize::try_from(most).unwrap_or(usize::MAX));
    let (mut end, mut used) = (0, 0);
    for word in words {
        used += quarters(word);
        if used > room {
            break;
        }
        end += word.len();
    }
    if end > 0 {
        return Some(&text[..end]);
    }
    let mut left = room;
    let fits = |(_, character): &(usize, char)| {
        let wanted = weight(*character);
        let has_room = wanted <= left;
        left = left.saturating_sub(wanted);
        has_room
    };
    let kept = text.char_indices().take_while(fits).last();
    Some(kept.map_or("", |(at, last)| &text[..at + last.len_utf8()]))
}

/// The quarters of what the model reads below a value.
fn read(value: &Json<'_>, wanted: Read) -> u64 {
    match value {
        Json::String(text) if wanted != Read::Members => quarters(&text.decode()),
        Json::Array(items) => items.iter().map(|item| read(item, wanted)).sum(),
        Json::Object(members) => {
            let member = |(name, value): &(crate::json::JsonStr<'_>, Json<'_>)| {
                let name = name.decode();
                match wanted {
                    Read::All => quarters(&name) + read(value, Read::All),
                    _ => media(&name, value) + read(value, read_of(&name)),
                }
            };
            members.iter().map(member).sum()
        }
        _ => 0,
    }
}

/// The quarters of the images and files that a member holds.
fn media(name: &str, value: &Json<'_>) -> u64 {
    let count = match (name, value) {
        ("type", Json::String(kind)) => usize::from(matches!(
            &*kind.decode(),
            "image"
                | "image_url"
                | "input_image"
                | "document"
                | "file"
                | "input_file"
                | "input_audio"
                | "document_url"
        )),
        ("inlineData" | "inline_data" | "fileData" | "file_data", Json::Object(_)) => 1,
        // Bedrock's `{"image": {"format": .., "source": ..}}`
        ("image" | "document" | "video", Json::Object(_)) => {
            usize::from(value.get("source").is_some())
        }
        // Ollama's
        ("images", Json::Array(images)) => images.len(),
        _ => 0,
    };
    MEDIUM * count as u64
}

fn quarters(text: &str) -> u64 {
    if text.is_ascii() { text.len() as u64 } else { text.chars().map(weight).sum() }
}

/// A character whose script has about one token for each, or a letter.
fn weight(character: char) -> u64 {
    let is_wide = matches!(u32::from(character),
        0x1100..=0x11ff | 0x2e80..=0x9fff | 0xa960..=0xa97f | 0xac00..=0xd7ff | 0xf900..=0xfaff
        | 0xfe30..=0xfe4f | 0xff00..=0xffef | 0x1f000..=0x3ffff);
    if is_wide { QUARTERS } else { 1 }
}

fn of_quarters(quarters: u64) -> u64 {
    (quarters / QUARTERS).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[test]
    fn counts_only_what_the_model_reads() {
        for (body, tokens) in [
            (r#"{"model":"a-very-long-name-of-a-model","messages":[]}"#, 1),
            (r#"{"messages":[{"role":"user","content":"12345678"}]}"#, 2),
            (r#"{"messages":[{"content":[{"type":"text","text":"1234"},{"text":"éééé"}]}]}"#, 2),
            (r#"{"system":"1234","messages":[{"content":"1234"}]}"#, 2),
            (r#"{"input":["1234","1234","1234"]}"#, 3),
            (r#"{"contents":[{"parts":[{"text":"12345678"}]}]}"#, 2),
            (r#"{"tools":[{"name":"123456789012"}],"input":"1234"}"#, 5),
            (r#"{"input":"日本語です"}"#, 5),
            (r#"{"input":"한국어 text"}"#, 4),
            (r#"{"input":[{"output":"12345678","call_id":"1234567890"}]}"#, 2),
            (
                r#"{"messages":[{"content":[{"type":"image_url","image_url":{"url":"data:"}}]}]}"#,
                85,
            ),
            (r#"{"contents":[{"parts":[{"inlineData":{"data":"AAAA"}},{"text":"1234"}]}]}"#, 86),
            (r#"{"messages":[{"content":[{"image":{"source":{"bytes":"AAAA"}}}]}]}"#, 85),
            (r#"{"messages":[{"content":"1234","images":["AAAA","AAAA"]}]}"#, 171),
        ] {
            assert_eq!(of_request(Some(&json::parse(body).unwrap())), tokens, "{body}");
        }
        assert_eq!(of_request(None), 1);
        assert_eq!(of_text(""), 1);
        assert_eq!(of_reply(&Reply::text("1234").tool_call("ab", "{}")), 2);
    }

    #[test]
    fn a_text_ends_at_its_last_word_or_letter_within_the_limit() {
        for (text, most, kept) in [
            ("one two three", 3, None),
            ("one two three", 2, Some("one two")),
            ("alpha beta gamma delta", 3, Some("alpha beta")),
            ("a b c d e", 3, Some("a b c")),
            ("abcdefghijkl", 2, Some("abcdefghijk")),
            ("one", 0, Some("")),
            ("", 0, None),
            ("日本語です", 3, Some("日本語")),
            ("日本語です", 5, None),
        ] {
            assert_eq!(beginning(text, most), kept, "{text} {most}");
        }
    }
}
