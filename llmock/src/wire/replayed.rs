//! The response of a recorded reply: what was recorded, with the changes of the reply and nothing else.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::finish::Finish;
use super::recorded::{Content, Recorded};
use super::rendered::{Rendered, RenderedBody};
use crate::json::layout::{self, Layout};
use crate::json::{self, Json};
use crate::stream::Item;

impl Recorded {
    /// Why it cannot respond to a request of this format that asks for a stream or not.
    pub(super) fn unfit(&self, format: &str, streams: bool) -> Option<String> {
        if format != self.format {
            return Some(format!(
                "it was recorded in the format of {}, not of {format}",
                self.format
            ));
        }
        if self.finish.is_some() && format == "OpenAI responses" {
            return Some(
                "`.with_finish(..)` cannot change a recorded response of Responses".to_owned(),
            );
        }
        match (&self.content, streams) {
            (Content::Stream(_), false) => {
                Some("it was recorded as a stream, and the request asks for none".to_owned())
            }
            (Content::Whole(_), true) if self.status < 400 => {
                Some("it was recorded in one piece, and the request asks for a stream".to_owned())
            }
            _ => None,
        }
    }

    pub(super) fn rendered(&self) -> Rendered {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes());
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
                headers.append(name, value);
            }
        }
        headers.remove(http::header::CONTENT_LENGTH);
        let mut edit = Edit { recorded: self, is_text_sent: false, streams: false };
        let body = match &self.content {
            Content::Whole(bytes) => {
                let text = std::str::from_utf8(bytes).ok().and_then(|text| edit.changed(text));
                RenderedBody::Whole(text.map_or_else(|| bytes.clone().into(), Bytes::from))
            }
            Content::Stream(stream) => {
                edit.streams = true;
                let mut stream = stream.clone();
                for event in &mut stream.events {
                    let data = match &mut event.item {
                        Item::Sse { data, .. }
                        | Item::Json(data)
                        | Item::Frame { payload: data, .. } => data,
                        Item::Raw(_) | Item::RawBytes(_) => continue,
                    };
                    if let Some(changed) = edit.changed(data) {
                        *data = changed;
                    }
                }
                let chunks = stream.to_chunks().into_iter().map(|chunk| chunk.bytes.into());
                RenderedBody::Stream(chunks.collect())
            }
        };
        Rendered { status: self.status, headers, body }
    }
}

/// The changes on their way through a response.
struct Edit<'r> {
    recorded: &'r Recorded,
    /// An earlier event of the stream has the new text.
    is_text_sent: bool,
    streams: bool,
}

impl Edit<'_> {
    /// The text of an object with the changes; `None` if nothing of it changes.
    fn changed(&mut self, text: &str) -> Option<String> {
        let value = json::parse(text).ok()?;
        let mut out = String::with_capacity(text.len());
        let mut place = Place { path: Vec::new(), has_text: false, is_changed: false };
        let kind = value.text("type").unwrap_or_default().into_owned();
        self.value(&value, None, &kind, &mut place, &mut out);
        place.is_changed.then_some(out)
    }

    fn value(
        &mut self,
        value: &Json<'_>,
        parent: Option<&Json<'_>>,
        kind: &str,
        place: &mut Place,
        out: &mut String,
    ) {
        if let Some(replaced) = self.replaced(value, parent, kind, place) {
            place.is_changed = true;
            out.push_str(&json::quote(&replaced));
            return;
        }
        match value {
            Json::Object(members) => {
                out.push('{');
                let start = out.len();
                for (name, member) in members {
                    let decoded = name.decode().into_owned();
                    if self.recorded.without_usage && is_usage(&decoded, place.path.len()) {
                        place.is_changed = true;
                        continue;
                    }
                    if out.len() > start {
                        out.push(',');
                    }
                    out.push_str(&json::quote(&decoded));
                    out.push(':');
                    place.path.push(decoded);
                    self.value(member, Some(value), kind, place, out);
                    place.path.pop();
                }
                out.push('}');
            }
            Json::Array(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    place.path.push("[]".to_owned());
                    self.value(item, Some(value), kind, place, out);
                    place.path.pop();
                }
                out.push(']');
            }
            other => out.push_str(&layout::print(other, Layout::Compact)),
        }
    }

    /// The new value of a string.
    fn replaced(
        &mut self,
        value: &Json<'_>,
        parent: Option<&Json<'_>>,
        kind: &str,
        place: &mut Place,
    ) -> Option<String> {
        let old = value.as_str()?;
        let path = place.path.join("/");
        if let Some(finish) = self.recorded.finish
            && let Some(name) = finish_name(&path, finish, &old)
        {
            return Some(name.to_owned());
        }
        let text = self.recorded.text.as_ref()?;
        let parent_kind = parent.and_then(|parent| parent.text("type")).unwrap_or_default();
        let is_thought =
            parent.is_some_and(|parent| parent.get("thought") == Some(&Json::Bool(true)));
        let of_text = ["", "text", "text_delta", "output_text", "message"];
        let is_of_text = of_text.contains(&&*parent_kind) || matches!(&*path, "delta" | "text");
        if is_thought || !is_of_text {
            return None;
        }
        match role(&path, kind, self.streams)? {
            Role::Piece if old.is_empty() => None,
            Role::Piece => {
                let is_first = !std::mem::replace(&mut self.is_text_sent, true);
                Some(if is_first { text.clone() } else { String::new() })
            }
            Role::Block => {
                let is_first = !std::mem::replace(&mut place.has_text, true);
                Some(if is_first { text.clone() } else { String::new() })
            }
            Role::Whole => Some(text.clone()),
        }
    }
}

/// Where the walk through an object is.
struct Place {
    path: Vec<String>,
    /// An earlier block of this object has the new text.
    has_text: bool,
    is_changed: bool,
}

/// What of the text a string is.
enum Role {
    /// A piece of a stream.
    Piece,
    /// One of several blocks.
    Block,
    Whole,
}

fn role(path: &str, kind: &str, streams: bool) -> Option<Role> {
    Some(match path {
        "choices/[]/delta/content" | "delta/text" | "delta/message/content/text" => Role::Piece,
        "delta" if kind == "response.output_text.delta" => Role::Piece,
        "choices/[]/message/content" | "part/text" => Role::Whole,
        "text" if kind == "response.output_text.done" => Role::Whole,
        "text" | "message/content" | "response" | "choices/[]/text" => {
            if streams {
                Role::Piece
            } else {
                Role::Whole
            }
        }
        "candidates/[]/content/parts/[]/text" if streams => Role::Piece,
        "content/[]/text"
        | "candidates/[]/content/parts/[]/text"
        | "item/content/[]/text"
        | "output/[]/content/[]/text"
        | "response/output/[]/content/[]/text"
        | "message/content/[]/text"
        | "output/message/content/[]/text" => Role::Block,
        _ => return None,
    })
}

fn is_usage(name: &str, depth: usize) -> bool {
    let is_counted = matches!(name, "prompt_eval_count" | "eval_count") && depth == 0;
    is_counted || (matches!(name, "usage" | "usageMetadata" | "x_groq") && depth <= 1)
}

/// The name of a finish reason in place of another one, whose spelling tells the API.
fn finish_name(path: &str, finish: Finish, old: &str) -> Option<&'static str> {
    let is_upper = old.chars().all(|character| !character.is_lowercase());
    let names: [&'static str; 5] = match path {
        "choices/[]/finish_reason" => ["stop", "length", "tool_calls", "content_filter", "stop"],
        "stop_reason" | "delta/stop_reason" => {
            ["end_turn", "max_tokens", "tool_use", "refusal", "refusal"]
        }
        "candidates/[]/finishReason" => ["STOP", "MAX_TOKENS", "STOP", "SAFETY", "SAFETY"],
        "done_reason" => ["stop", "length", "stop", "stop", "stop"],
        "stopReason" => {
            ["end_turn", "max_tokens", "tool_use", "content_filtered", "content_filtered"]
        }
        "finish_reason" | "delta/finish_reason" | "response/finish_reason" if is_upper => {
            ["COMPLETE", "MAX_TOKENS", "TOOL_CALL", "ERROR", "COMPLETE"]
        }
        _ => return None,
    };
    Some(match finish {
        Finish::Stop => names[0],
        Finish::Length => names[1],
        Finish::ToolCalls => names[2],
        Finish::ContentFilter => names[3],
        Finish::Refusal => names[4],
    })
}
