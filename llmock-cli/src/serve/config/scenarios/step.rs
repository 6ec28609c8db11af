//! One reply of a scenario.

use std::fmt;

use llmock::reply::Finish;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::extras::{Citation, ObjectText, StepExtras, Texts};
use super::fault::{Placed, StepFault};
use super::json::JsonText;
use super::parts::{Call, Calls, ErrorReply, FinishName, Headers, StepPace, Usage};
use crate::serve::fault::Fault;

/// More equal replies in a row than this are a mistake.
const MOST_TIMES: u32 = 10_000;

/// A reply, and what happens to it on its way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) content: Content,
    pub(crate) reasoning: Option<String>,
    pub(crate) finish: Option<Finish>,
    /// Tokens of the request, of the response, and those of the request that came from the cache.
    pub(crate) usage: Option<(u64, u64, u64)>,
    pub(crate) extras: StepExtras,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) pace: Option<StepPace>,
    pub(crate) fault: Option<Fault>,
    /// How many requests in a row get it.
    pub(crate) times: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Message {
        text: Option<String>,
        calls: Vec<Call>,
    },
    /// Text, or the arguments of the tool that the model must call.
    Json(String),
    Refusal(String),
    Error(ErrorReply),
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Fields {
    text: Option<String>,
    json: Option<JsonText>,
    call: Option<Calls>,
    error: Option<ErrorReply>,
    refusal: Option<String>,
    finish: Option<FinishName>,
    usage: Option<Usage>,
    reasoning: Option<String>,
    items: Option<Vec<ObjectText>>,
    events: Option<Vec<ObjectText>>,
    web_search: Option<Texts>,
    citations: Option<Vec<Citation>>,
    headers: Option<Headers>,
    pace: Option<StepPace>,
    fault: Option<StepFault>,
    times: Option<u32>,
}

impl TryFrom<Fields> for Step {
    type Error = String;

    fn try_from(fields: Fields) -> Result<Self, String> {
        let is_empty = fields.text.is_none()
            && fields.json.is_none()
            && fields.call.is_none()
            && fields.refusal.is_none()
            && fields.error.is_none();
        let extras =
            StepExtras::new(fields.items, fields.events, fields.web_search, fields.citations);
        if is_empty && fields.fault.is_none() && fields.reasoning.is_none() && extras.is_empty() {
            return Err(
                "empty reply: expected `text`, `json`, `call`, `error`, `refusal`, `items`, or `fault`"
                    .to_owned(),
            );
        }
        let mut headers = fields.headers.map(|all| all.0).unwrap_or_default();
        let content = content(fields.text, fields.json, fields.call, fields.refusal, fields.error)?;
        let (content, fault) = match fields.fault.map(|fault| fault.0) {
            None => (content, None),
            Some(Placed::ContentType(value)) => {
                headers.push(("content-type".to_owned(), value));
                (content, None)
            }
            Some(Placed::Fault(Fault::Status { code, retry_after })) if is_empty => {
                (Content::Error(ErrorReply::of_fault(code, retry_after)), None)
            }
            Some(Placed::Fault(Fault::Status { .. })) => {
                return Err("a fault with a status replaces the whole reply: remove the rest, or write `error`".to_owned());
            }
            Some(Placed::Fault(fault)) => (content, Some(fault)),
        };
        let is_error = matches!(content, Content::Error(_));
        if is_error
            && (fields.finish.is_some()
                || fields.usage.is_some()
                || fields.reasoning.is_some()
                || !extras.is_empty())
        {
            return Err("an error has no `finish`, `usage`, `reasoning`, `items`, `events`, `web-search`, or `citations`".to_owned());
        }
        let times = fields.times.unwrap_or(1);
        if !(1..=MOST_TIMES).contains(&times) {
            return Err(format!("invalid `times: {times}`: expected 1 to {MOST_TIMES}"));
        }
        Ok(Self {
            content,
            reasoning: fields.reasoning,
            finish: fields.finish.map(|finish| finish.0),
            usage: fields.usage.map(|usage| (usage.input, usage.output, usage.cached)),
            extras,
            headers,
            pace: fields.pace,
            fault,
            times,
        })
    }
}

/// The content that one of these makes; text and calls go together.
fn content(
    text: Option<String>,
    json: Option<JsonText>,
    call: Option<Calls>,
    refusal: Option<String>,
    error: Option<ErrorReply>,
) -> Result<Content, String> {
    let has_message = text.is_some() || call.is_some();
    let named = [
        (has_message, if call.is_some() { "call" } else { "text" }),
        (json.is_some(), "json"),
        (refusal.is_some(), "refusal"),
        (error.is_some(), "error"),
    ];
    let named: Vec<&str> =
        named.iter().filter_map(|(is_named, name)| is_named.then_some(*name)).collect();
    if let [first, second, ..] = named[..] {
        return Err(format!("`{first}` and `{second}` exclude each other: write two replies"));
    }
    Ok(if let Some(JsonText(json)) = json {
        Content::Json(json)
    } else if let Some(refusal) = refusal {
        Content::Refusal(refusal)
    } else if let Some(error) = error {
        Content::Error(error)
    } else {
        Content::Message { text, calls: call.map(|calls| calls.0).unwrap_or_default() }
    })
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        value.deserialize_any(StepVisitor)
    }
}

struct StepVisitor;

impl StepVisitor {
    fn text(text: String) -> Step {
        let fields = Fields { text: Some(text), ..Fields::default() };
        Step::try_from(fields).expect("a text alone is a reply")
    }
}

impl<'de> Visitor<'de> for StepVisitor {
    type Value = Step;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or a mapping such as `{text: Hello}`")
    }

    fn visit_str<E>(self, text: &str) -> Result<Step, E> {
        Ok(Self::text(text.to_owned()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Step, E> {
        Ok(Self::text(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Step, E> {
        Ok(Self::text(number.to_string()))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Step, A::Error> {
        let fields = Fields::deserialize(MapAccessDeserializer::new(members))?;
        Step::try_from(fields).map_err(A::Error::custom)
    }
}

/// One reply, or a list of them.
pub(super) struct StepsVisitor;

impl<'de> Visitor<'de> for StepsVisitor {
    type Value = Vec<Step>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of replies, or one reply")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Vec<Step>, E> {
        StepVisitor.visit_str(text).map(|step| vec![step])
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Vec<Step>, E> {
        StepVisitor.visit_i64(number).map(|step| vec![step])
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Vec<Step>, E> {
        StepVisitor.visit_u64(number).map(|step| vec![step])
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Vec<Step>, A::Error> {
        StepVisitor.visit_map(members).map(|step| vec![step])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<Step>, A::Error> {
        let mut all = Vec::new();
        while let Some(step) = elements.next_element()? {
            all.push(step);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Step, String> {
        serde_saphyr::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_step_says_what_is_wrong_with_it() {
        for (text, expected) in [
            ("{}", "empty reply"),
            ("{text: a, error: 500}", "`text` and `error` exclude each other"),
            ("{json: 1, refusal: no}", "`json` and `refusal` exclude each other"),
            ("{error: 200}", "invalid status `200`: expected 400 to 599"),
            ("{error: {status: 429, retry-after: -1}}", "invalid `retry-after`"),
            ("{error: 500, usage: {input: 1, output: 1}}", "an error has no `finish`"),
            ("{text: a, finish: lenght}", "unknown finish reason `lenght`; did you mean `length`?"),
            ("{text: a, times: 0}", "invalid `times: 0`"),
            ("{text: a, pace: fast}", "unknown setting `fast`"),
            ("{text: a, fault: explode}", "invalid fault `explode`"),
            ("{text: a, fault: status=500}", "a fault with a status replaces the whole reply"),
            ("{text: a, fault: 'cut_after_event = 3, model = m'}", "`when` and `times`"),
            ("{call: {}}", "no tool is named"),
            ("{call: 7}", "expected a mapping of tools"),
            ("{text: a, headers: {'a b': c}}", "invalid header `a b"),
            ("{text: a, items: [7]}", "expected a mapping, in the format of the provider"),
            ("{error: 500, events: [{type: x}]}", "an error has no `finish`"),
            ("{text: a, citations: [{ur: b}]}", "unknown field `ur`"),
            ("[a]", "expected a text, or a mapping"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn faults_have_the_grammar_of_the_server_and_of_tests() {
        for (one, other) in [
            ("cut-after-event=3", "'cut_after_event = 3'"),
            ("cut-after-event=3", "{cut_after_event: 3, reset: true}"),
            ("disconnect", "refused"),
            ("slow=2s", "{slow: 2s}"),
            ("empty-body", "{empty_body: true}"),
            ("'status=429, retry-after=2'", "{retry-after: 2, status: 429}"),
            ("'status=429, retry-after=2'", "'status = 429, retry_after = 2'"),
        ] {
            let read = |fault: &str| read(&format!("{{fault: {fault}}}")).unwrap();
            assert_eq!(read(one), read(other), "{other}");
        }
        let html = read("{text: a, fault: {content_type: text/html}}").unwrap();
        assert_eq!(html.headers, [("content-type".to_owned(), "text/html".to_owned())]);
    }
}
