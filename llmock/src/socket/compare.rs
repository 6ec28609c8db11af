//! A message of the client in the form in which messages are compared.

use super::api::Api;
use crate::fixture::interaction::{Body, Request};
use crate::fixture::socket::{Data, Message};
use crate::json::{self, Json, JsonStr};

/// Ids that the client made up, in order of first appearance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClientIds(pub(crate) Vec<String>);

/// A message as it is compared.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Compared {
    /// Audio, which is compared as one byte string with what comes before and after it.
    Audio(Vec<u8>),
    Single(Body),
}

impl Compared {
    /// Reads a message. Ids that are not in a message which the server has sent are counted.
    pub(crate) fn of(
        api: &Api,
        message: &Message,
        ids: &mut ClientIds,
        is_servers: &dyn Fn(&str) -> bool,
    ) -> Self {
        let text = match &message.data {
            // Raw audio, as at Deepgram: <https://assemblyai.com/docs/migration-guides/dg_to_aai_streaming>, and AssemblyAI:
            // <https://www.assemblyai.com/docs/streaming/universal-streaming/message-sequence.md>.
            Data::Binary(_) => return Self::Audio(message.bytes().to_vec()),
            Data::Text(text) => text,
        };
        let Ok(tree) = json::parse(text) else { return Self::Single(Body::Text(text.clone())) };
        if let Some(audio) = api.audio(&tree) {
            return Self::Audio(audio);
        }
        let mut out = String::with_capacity(text.len());
        let mut print = Print { api, ids, is_servers };
        print.value(&tree, &mut out);
        Self::Single(match tree {
            Json::Object(_) | Json::Array(_) => Body::Json(out),
            _ => Body::Text(out),
        })
    }
}

/// A message as a request, which the rules for bodies apply to.
pub(crate) fn request(path: &str, body: Body) -> Request {
    Request {
        method: "POST".to_owned(),
        path: path.to_owned(),
        range: None,
        headers: Vec::new(),
        body,
    }
}

struct Print<'a> {
    api: &'a Api,
    ids: &'a mut ClientIds,
    is_servers: &'a dyn Fn(&str) -> bool,
}

impl Print<'_> {
    fn value(&mut self, value: &Json<'_>, out: &mut String) {
        match value {
            Json::Null => out.push_str("null"),
            Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Json::Number(token) => out.push_str(token),
            Json::String(string) => quoted(*string, out),
            Json::Array(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    self.value(item, out);
                }
                out.push(']');
            }
            Json::Object(members) => {
                out.push('{');
                let is_kept = |name: &JsonStr<'_>| !self.api.volatile.iter().any(|it| name.is(it));
                let kept: Vec<_> = members.iter().filter(|(name, _)| is_kept(name)).collect();
                for (at, (name, value)) in kept.into_iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    quoted(*name, out);
                    out.push(':');
                    match value {
                        Json::String(id) if self.is_id(*name) => self.id(*id, out),
                        value => self.value(value, out),
                    }
                }
                out.push('}');
            }
        }
    }

    fn is_id(&self, name: JsonStr<'_>) -> bool {
        self.api.ids.iter().any(|known| name.is(known))
    }

    fn id(&mut self, id: JsonStr<'_>, out: &mut String) {
        let text = id.decode();
        let known = self.ids.0.iter().position(|known| *known == *text);
        let number = known.or_else(|| {
            let is_new = (self.api.any_id || is_uuid(&text)) && !(self.is_servers)(&text);
            is_new.then(|| {
                self.ids.0.push(text.clone().into_owned());
                self.ids.0.len() - 1
            })
        });
        match number {
            Some(number) => out.push_str(&["\"<id ", &(number + 1).to_string(), ">\""].concat()),
            None => quoted(id, out),
        }
    }
}

fn quoted(string: JsonStr<'_>, out: &mut String) {
    out.push('"');
    out.push_str(string.raw());
    out.push('"');
}

fn is_uuid(text: &str) -> bool {
    let plain: Vec<u8> = text.bytes().filter(|byte| *byte != b'-').collect();
    plain.len() == 32 && plain.iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::socket::Side;
    use crate::socket::api;

    fn compared(path: &str, texts: &[&str], servers: &str) -> Vec<String> {
        let mut ids = ClientIds::default();
        let mut one = |text: &&str| {
            let message = Message::received(Side::Client, 0, false, (*text).to_owned().into());
            match Compared::of(api::at(path), &message, &mut ids, &|id| servers.contains(id)) {
                Compared::Single(Body::Json(text)) => text,
                other => panic!("{other:?}"),
            }
        };
        texts.iter().map(&mut one).collect()
    }

    #[test]
    fn ids_of_the_client_count_by_first_appearance() {
        let [first, second] = [("a1", "b1", "event_7"), ("x9", "y9", "event_8")].map(|(a, b, event)| {
            let texts = [
                format!(r#"{{"type":"conversation.item.create","event_id":"{event}","item":{{"id":"{a}"}}}}"#),
                format!(r#"{{"type":"conversation.item.create","previous_item_id":"{a}","item":{{"id":"{b}","n": 1.0}}}}"#),
            ];
            compared("/v1/realtime", &[&texts[0], &texts[1]], "")
        });
        assert_eq!(first, second);
        assert_eq!(
            first[1],
            r#"{"type":"conversation.item.create","previous_item_id":"<id 1>","item":{"id":"<id 2>","n":1.0}}"#
        );
        let [servers] = &compared("/v1/realtime", &[r#"{"item_id":"item_1"}"#], "item_1")[..]
        else {
            panic!("not one")
        };
        assert_eq!(servers, r#"{"item_id":"item_1"}"#);
    }

    #[test]
    fn only_uuids_are_made_up_where_nothing_is_known_of_an_api() {
        let texts =
            [r#"{"id":"voice-1"}"#, r#"{"request_id":"7f1de29e-6da1-4d3f-8f2f-2d7d39f3c4a1"}"#];
        assert_eq!(
            compared("/x", &texts, ""),
            [r#"{"id":"voice-1"}"#, r#"{"request_id":"<id 1>"}"#]
        );
    }
}
