//! [`Part`]: a piece of a message, read from the parts of every wire format.

use std::borrow::Cow;

use crate::json::Json;
use crate::json::layout::{self, Layout};
use crate::wire::transcript::argument_text;

/// A piece of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// Text that the author wrote.
    Text(String),
    /// What the model thought first.
    Reasoning(String),
    /// The model did not want to respond.
    Refusal(String),
    /// An image, a sound, a document: its type, its length if it is in the request, and its name or address.
    Media {
        /// `image/png`, or `image` if the request names no type.
        kind: String,
        /// Of the decoded bytes.
        bytes: Option<usize>,
        /// A file name, an id, or an address.
        name: Option<String>,
    },
    /// The model calls a tool.
    Call {
        /// The tool.
        name: String,
        /// By which its result refers to it.
        id: Option<String>,
        /// JSON, or the text of a tool without a schema.
        arguments: String,
    },
    /// What a tool returned.
    Result {
        /// The tool, where the request repeats it.
        name: Option<String>,
        /// The id of the call.
        id: Option<String>,
        /// Text, or JSON.
        text: String,
    },
    /// The error in place of a response.
    Error(String),
    /// Anything else, by its name.
    Other(String),
}

/// The parts of a content: a string, a part, or a list of parts.
pub(super) fn parts_of(content: &Json<'_>) -> Vec<Part> {
    match content {
        Json::Null => Vec::new(),
        Json::Array(items) => items.iter().filter_map(part).collect(),
        one => part(one).into_iter().collect(),
    }
}

/// A part of a message; `None` for what is empty.
pub(super) fn part(value: &Json<'_>) -> Option<Part> {
    match value {
        Json::String(text) => return text_part(&text.decode()),
        Json::Object(_) => {}
        other => return Some(Part::Text(layout::print(other, Layout::Compact))),
    }
    let kind = value.text("type").unwrap_or_default();
    if let Some(found) = reasoning(value, &kind).or_else(|| call(value, &kind)) {
        return Some(found);
    }
    if let Some(found) = result(value, &kind).or_else(|| media(value, &kind)) {
        return Some(found);
    }
    if let Some(refusal) = value.text("refusal") {
        return Some(Part::Refusal(refusal.into_owned()));
    }
    if let Some(text) = value.text("text").or_else(|| value.text("guardContent/text/text")) {
        return text_part(&text);
    }
    let first = value.as_object().and_then(<[_]>::first).map(|(name, _)| name.decode());
    let name = if kind.is_empty() { first? } else { kind };
    Some(Part::Other(name.into_owned()))
}

pub(super) fn text_part(text: &str) -> Option<Part> {
    (!text.is_empty()).then(|| Part::Text(text.to_owned()))
}

fn reasoning(value: &Json<'_>, kind: &str) -> Option<Part> {
    if value.get("thought") == Some(&Json::Bool(true)) {
        return Some(Part::Reasoning(value.text("text").unwrap_or_default().into_owned()));
    }
    if kind.starts_with("redacted_") || value.find("reasoningContent/redactedContent").is_some() {
        return Some(Part::Reasoning("(encrypted)".to_owned()));
    }
    let text = value.text("reasoningContent/reasoningText/text");
    let text = text.or_else(|| value.text("thinking").filter(|_| kind == "thinking"))?;
    Some(Part::Reasoning(text.into_owned()))
}

/// A tool call in any of its shapes.
pub(super) fn call(value: &Json<'_>, kind: &str) -> Option<Part> {
    let wrapped =
        ["toolUse", "functionCall", "function_call"].iter().find_map(|name| value.get(name));
    let is_call = kind.ends_with("tool_use") || kind.ends_with("_call") || wrapped.is_some();
    let call = wrapped.unwrap_or(value);
    if !is_call || call.as_object().is_none() {
        return None;
    }
    // Calls of the provider's own tools have no name: `web_search_call`.
    let name =
        call.text("name").unwrap_or_else(|| kind.trim_end_matches("_call").to_owned().into());
    let id = ["call_id", "id", "toolUseId"].iter().find_map(|name| call.text(name));
    let arguments = ["arguments", "input", "args", "action", "queries", "code"];
    let arguments = arguments.iter().find_map(|name| call.get(name));
    Some(Part::Call {
        name: name.into_owned(),
        id: id.map(Cow::into_owned),
        arguments: arguments.map(argument_text).unwrap_or_default(),
    })
}

/// A call in the list `tool_calls` of chat completions, Ollama, and Cohere.
pub(super) fn listed_call(value: &Json<'_>) -> Part {
    let function = ["function", "custom"].iter().find_map(|name| value.get(name)).unwrap_or(value);
    let arguments = ["arguments", "parameters", "input"].iter().find_map(|name| function.get(name));
    Part::Call {
        name: function.text("name").unwrap_or_default().into_owned(),
        id: value.text("id").map(Cow::into_owned),
        arguments: arguments.map(argument_text).unwrap_or_default(),
    }
}

fn result(value: &Json<'_>, kind: &str) -> Option<Part> {
    let google = ["functionResponse", "function_response"].iter().find_map(|name| value.get(name));
    let (inner, content) = if kind.ends_with("tool_result") {
        (value, value.get("content"))
    } else if let Some(result) = value.get("toolResult") {
        (result, result.get("content"))
    } else {
        let result = google?;
        (result, result.get("response"))
    };
    let id = ["tool_use_id", "toolUseId", "id"].iter().find_map(|name| inner.text(name));
    Some(Part::Result {
        name: inner.text("name").map(Cow::into_owned),
        id: id.map(Cow::into_owned),
        text: content.map(result_text).unwrap_or_default(),
    })
}

/// The text of a result: its texts a line each, media by their names, or its JSON.
pub(super) fn result_text(content: &Json<'_>) -> String {
    let text = |part: &Part| match part {
        Part::Text(text) => Some(text.clone()),
        media @ Part::Media { .. } => Some(media.to_string()),
        _ => None,
    };
    match content {
        Json::Null => String::new(),
        Json::String(text) => text.decode().into_owned(),
        Json::Array(items) => {
            let texts: Option<Vec<String>> =
                items.iter().map(|item| part(item).as_ref().and_then(text)).collect();
            texts.map_or_else(|| layout::print(content, Layout::Compact), |texts| texts.join("\n"))
        }
        other => layout::print(other, Layout::Compact),
    }
}

fn media(value: &Json<'_>, kind: &str) -> Option<Part> {
    google_media(value)
        .or_else(|| bedrock_media(value))
        .or_else(|| source_media(value, kind))
        .or_else(|| openai_media(value, kind))
}

/// `{"inlineData": {"mimeType", "data"}}`, `{"fileData": {"mimeType", "fileUri"}}`.
fn google_media(value: &Json<'_>) -> Option<Part> {
    let names = ["inlineData", "inline_data", "fileData", "file_data"];
    let data = names.iter().find_map(|name| value.get(name))?;
    let kind = data.text("mimeType").or_else(|| data.text("mime_type"));
    let address = data.text("fileUri").or_else(|| data.text("file_uri"));
    Some(Part::Media {
        kind: kind.map_or_else(|| "file".to_owned(), Cow::into_owned),
        bytes: data.text("data").map(|data| decoded_length(&data)),
        name: address.map(Cow::into_owned),
    })
}

/// `{"image": {"format": "png", "source": {"bytes"}}}`.
fn bedrock_media(value: &Json<'_>) -> Option<Part> {
    let kinds = ["image", "document", "video", "audio"];
    let (kind, inner) = kinds.iter().find_map(|kind| Some((*kind, value.get(kind)?)))?;
    inner.get("source")?;
    let format = inner.text("format");
    Some(Part::Media {
        kind: format.map_or_else(|| kind.to_owned(), |format| format!("{kind}/{format}")),
        bytes: inner.text("source/bytes").map(|data| decoded_length(&data)),
        name: inner.text("name").or_else(|| inner.text("source/s3Location/uri")).map(Into::into),
    })
}

/// Anthropic's `{"type": "image", "source": {"type": "base64", "media_type", "data"}}`.
fn source_media(value: &Json<'_>, kind: &str) -> Option<Part> {
    let source = value.get("source")?;
    let data = source.text("data");
    let is_text = source.text("type").as_deref() == Some("text");
    let measured = |data: &str| if is_text { data.len() } else { decoded_length(data) };
    let name = ["url", "file_id"].iter().find_map(|name| source.text(name));
    Some(Part::Media {
        kind: source.text("media_type").map_or_else(|| kind.to_owned(), Cow::into_owned),
        bytes: data.map(|data| measured(&data)),
        name: name.or_else(|| value.text("title")).map(Cow::into_owned),
    })
}

/// OpenAI's `image_url`, `input_image`, `input_audio`, `file`, and `input_file`.
fn openai_media(value: &Json<'_>, kind: &str) -> Option<Part> {
    if let Some(audio) = value.get("input_audio") {
        let format = audio.text("format").unwrap_or_default();
        let bytes = audio.text("data").map(|data| decoded_length(&data));
        return Some(Part::Media { kind: format!("audio/{format}"), bytes, name: None });
    }
    let file = value.get("file").unwrap_or(value);
    let paths = ["image_url/url", "image_url", "video_url/url", "file_data", "file_url"];
    let address = paths.iter().find_map(|path| file.text(path));
    let id = file.text("file_id");
    if address.is_none() && id.is_none() {
        return None;
    }
    let general = if kind.contains("image") { "image" } else { "file" };
    let name = file.text("filename").or(id).map(Cow::into_owned);
    if let Some((kind, bytes)) = address.as_deref().and_then(data_url) {
        return Some(Part::Media { kind, bytes: Some(bytes), name });
    }
    let name = name.or(address.map(Cow::into_owned));
    Some(Part::Media { kind: general.to_owned(), bytes: None, name })
}

/// The type and the length of `data:image/png;base64,…`.
pub(super) fn data_url(address: &str) -> Option<(String, usize)> {
    let (head, data) = address.strip_prefix("data:")?.split_once(',')?;
    let kind = head.split(';').next().filter(|kind| !kind.is_empty()).unwrap_or("text/plain");
    let is_base64 = head.ends_with(";base64");
    Some((kind.to_owned(), if is_base64 { decoded_length(data) } else { data.len() }))
}

/// The number of bytes that Base64 stands for.
pub(super) fn decoded_length(base64: &str) -> usize {
    base64.trim_end_matches('=').len() * 3 / 4
}

impl std::fmt::Display for Part {
    /// The part in one line or several, as `llmock show` prints it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) | Self::Reasoning(text) | Self::Refusal(text) | Self::Error(text) => {
                f.write_str(text)
            }
            Self::Media { kind, bytes, name } => {
                write!(f, "<{kind}")?;
                if let Some(bytes) = bytes {
                    write!(f, " {}", size(*bytes))?;
                }
                if let Some(name) = name {
                    write!(f, " {name}")?;
                }
                f.write_str(">")
            }
            Self::Call { name, arguments, .. } => write!(f, "{name}({arguments})"),
            Self::Result { name, text, .. } => match name {
                Some(name) => write!(f, "{name}: {text}"),
                None => f.write_str(text),
            },
            Self::Other(name) => write!(f, "<{name}>"),
        }
    }
}

/// A length as people read it: `941 B`, `41 kB`, `1.2 MB`.
fn size(bytes: usize) -> String {
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{} kB", (bytes + 500) / 1000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}
