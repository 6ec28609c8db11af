//! Ids of the client in what the server sends: those of this run take the place of the recorded ones.

use super::api::Api;
use crate::fixture::socket::Message;
use crate::json;

/// Ids of messages that do not count when messages are compared, each with the one of this run.
#[derive(Clone, Debug, Default)]
pub(super) struct QuotedIds(Vec<(String, String)>);

impl QuotedIds {
    /// Notes the ids of a message, and of the recorded one that it stands for.
    pub(super) fn note(&mut self, api: &Api, recorded: &Message, own: &Message) {
        let (Some(recorded), Some(own)) = (recorded.text(), own.text()) else { return };
        let (Ok(recorded), Ok(own)) = (json::parse(recorded), json::parse(own)) else { return };
        for name in api.volatile {
            let (Some(recorded), Some(own)) = (recorded.text(name), own.text(name)) else {
                continue;
            };
            self.0.retain(|(known, _)| *known != *recorded);
            self.0.push((recorded.into_owned(), own.into_owned()));
        }
    }

    /// Those that a message of the server may quote.
    ///
    /// GPT-Live quotes them in `client_event_id` and in `error.client_event_id`:
    /// <https://docs.rs/crate/openai-client-base/0.16.0/source/src/models/live_input_audio_append_event.rs>, Realtime in the
    /// `event_id` of an error: <https://learn.microsoft.com/es-es/javascript/api/@azure/ai-projects/realtimeservereventerrorerror>.
    pub(super) fn of(&self, text: &str) -> &[(String, String)] {
        let quotes = text.contains("client_event_id") || text.contains("\"error\"");
        if quotes { &self.0 } else { &[] }
    }
}

/// The text of a message with other ids. All are replaced at once: one run's id may be the recorded id of another message.
pub(super) fn replaced<'p>(
    text: &str,
    pairs: impl IntoIterator<Item = (&'p String, &'p String)>,
) -> String {
    let mut text = text.to_owned();
    let mut found = Vec::new();
    for (recorded, own) in pairs {
        let quoted = json::quote(recorded);
        if recorded != own && text.contains(&quoted) {
            // No text of JSON has this character.
            let mark = format!("\u{1}{}\u{1}", found.len());
            text = text.replace(&quoted, &mark);
            found.push((mark, own));
        }
    }
    for (mark, own) in found {
        text = text.replace(&mark, &json::quote(own));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::socket::Side;
    use crate::socket::api;

    #[test]
    fn ids_that_two_messages_have_exchanged_are_told_apart() {
        let message =
            |text: &str| Message::received(Side::Client, 0, false, text.to_owned().into());
        let mut quoted = QuotedIds::default();
        for (recorded, own) in [("evt_1", "evt_2"), ("evt_2", "evt_1"), ("evt_3", "evt_3")] {
            let of = |id: &str| message(&format!(r#"{{"type":"x","event_id":"{id}"}}"#));
            quoted.note(api::at("/v1/live/sessions"), &of(recorded), &of(own));
        }
        let text = r#"{"event_id":"server_1","client_event_id":"evt_1","also":["evt_2","evt_3"]}"#;
        let pairs = quoted.of(text).iter().map(|(recorded, own)| (recorded, own));
        assert_eq!(
            replaced(text, pairs),
            r#"{"event_id":"server_1","client_event_id":"evt_2","also":["evt_1","evt_3"]}"#
        );
        assert!(quoted.of(r#"{"delta":"evt_1"}"#).is_empty());
    }
}
