//! An answer that is given many times: all of it but what differs from one time to the next.

use std::cell::RefCell;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};

use super::super::reading::Reading;
use crate::wire::content::Reply;
use crate::wire::ids::{DerivedId, hex_id, uuid_id};
use crate::wire::rendered::{Rendered, RenderedBody, empty_headers};

/// The answer to one request, to be given again and again without reading the request again.
///
/// Two answers to one request differ in the moment they were made and in their ids; a template has all the rest.
/// Made by [`Reading::template`].
///
/// ```
/// use llmock::Provider;
/// use llmock::reply::{Reply, RequestShape};
///
/// let body = r#"{"model":"gpt-5","messages":[{"role":"user","content":"Hello!"}]}"#;
/// let reading = RequestShape::post("/v1/chat/completions", body).read(Provider::OpenAI);
/// let reply = Reply::text("Hi.");
/// let template = reading.template(&reply).expect("chat completions have templates");
/// for (created, seed) in [(1_735_689_600, 1), (1_735_689_601, 2)] {
///     let rendered = reading.clone().answered(created, seed).render(&reply);
///     assert_eq!(template.render(created, seed), rendered);
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Template {
    status: u16,
    headers: Vec<(HeaderName, Value)>,
    body: Body,
}

/// The value of a header.
#[derive(Clone, Debug)]
enum Value {
    Same(HeaderValue),
    Differs(Form),
}

#[derive(Clone, Debug)]
enum Body {
    Whole(Form),
    Stream(Vec<Form>),
}

/// Bytes with blanks to be filled in.
#[derive(Clone, Debug, Default)]
struct Form {
    bytes: Vec<u8>,
    /// Where in the bytes they stand, in their order.
    blanks: Vec<(usize, Blank)>,
}

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blank {
    Created,
    Id(u64),
    Uuid(u64),
}

/// The moment and the seed of an answer.
type Sample = (u64, u64);

/// Two samples that have no digit in common where a moment may be shown, as a number or as a date.
const SAMPLES: [Sample; 2] = [(1_098_765_432, 0x6c6c_6d6f_636b), (2_123_456_789, 0x7265_706c_7921)];

/// Longer answers have no template: to copy one takes as long as to make it.
const LONGEST: usize = 64 * 1024;

impl Reading<'_> {
    /// The template of the answer that [`render`](Self::render) gives, whatever [`answered`](Self::answered) says.
    ///
    /// `None` for answers longer than 64 KiB, and where more than the numbers themselves depends on the moment or
    /// the seed: a date, a checksum, an id that the reply gives. Two renderings are compared to know that.
    pub fn template(&self, reply: &Reply) -> Option<Template> {
        let [(created, seed), other] = SAMPLES;
        let derived = RefCell::default();
        let rendered =
            self.clone().answered(created, seed).render_collecting(reply, Some(&derived));
        if rendered.bytes().len() > LONGEST {
            return None;
        }
        let ids = derived.into_inner();
        let form = |bytes: &[u8]| Form::of(bytes, &created.to_string(), &ids);
        let value = |value: &HeaderValue| match form(value.as_bytes()) {
            form if form.blanks.is_empty() => Value::Same(value.clone()),
            form => Value::Differs(form),
        };
        let headers = rendered.headers.iter().map(|(name, known)| (name.clone(), value(known)));
        let template = Template {
            status: rendered.status,
            headers: headers.collect(),
            body: match &rendered.body {
                RenderedBody::Whole(bytes) => Body::Whole(form(bytes)),
                RenderedBody::Stream(events) => {
                    Body::Stream(events.iter().map(|event| form(event)).collect())
                }
            },
        };
        let (created, seed) = other;
        let rendered = self.clone().answered(created, seed).render(reply);
        (template.render(created, seed) == rendered).then_some(template)
    }
}

impl Template {
    /// The answer that was made at that moment, in seconds since 1970, with ids from that seed.
    pub fn render(&self, created: u64, seed: u64) -> Rendered {
        let mut digits = itoa::Buffer::new();
        let created = digits.format(created);
        let mut headers = empty_headers();
        for (name, value) in &self.headers {
            let value = match value {
                Value::Same(value) => Ok(value.clone()),
                Value::Differs(form) => HeaderValue::from_maybe_shared(form.filled(created, seed)),
            };
            if let Ok(value) = value {
                headers.append(name, value);
            }
        }
        let body = match &self.body {
            Body::Whole(form) => RenderedBody::Whole(form.filled(created, seed)),
            Body::Stream(events) => RenderedBody::Stream(stream(events, created, seed)),
        };
        Rendered { status: self.status, headers, body }
    }
}

/// All events of a stream, in one piece of memory.
fn stream(events: &[Form], created: &str, seed: u64) -> Vec<Bytes> {
    let mut all = Vec::with_capacity(events.iter().map(|event| event.length(created)).sum());
    let ends: Vec<usize> = events
        .iter()
        .map(|event| {
            event.fill(&mut all, created, seed);
            all.len()
        })
        .collect();
    let all = Bytes::from(all);
    let starts = [0].into_iter().chain(ends.iter().copied());
    starts.zip(&ends).map(|(start, end)| all.slice(start..*end)).collect()
}

impl Form {
    /// The form of bytes in which that moment and those ids are shown.
    fn of(shown: &[u8], created: &str, ids: &[DerivedId]) -> Self {
        let mut form = Self::default();
        let mut rest = shown;
        while let [first, after @ ..] = rest {
            let id = ids.iter().find(|id| rest.starts_with(id.text.as_bytes()));
            let (blank, length) = match id {
                Some(id) if id.is_uuid => (Blank::Uuid(id.slot), id.text.len()),
                Some(id) => (Blank::Id(id.slot), id.text.len()),
                None if rest.starts_with(created.as_bytes()) => (Blank::Created, created.len()),
                None => {
                    form.bytes.push(*first);
                    rest = after;
                    continue;
                }
            };
            form.blanks.push((form.bytes.len(), blank));
            rest = &rest[length..];
        }
        form
    }

    /// How many bytes it has when it is filled in.
    fn length(&self, created: &str) -> usize {
        let blank = |(_, blank): &(usize, Blank)| match blank {
            Blank::Created => created.len(),
            Blank::Id(_) => 24,
            Blank::Uuid(_) => 36,
        };
        self.bytes.len() + self.blanks.iter().map(blank).sum::<usize>()
    }

    fn filled(&self, created: &str, seed: u64) -> Bytes {
        let mut filled = Vec::with_capacity(self.length(created));
        self.fill(&mut filled, created, seed);
        filled.into()
    }

    fn fill(&self, out: &mut Vec<u8>, created: &str, seed: u64) {
        let mut from = 0;
        for (at, blank) in &self.blanks {
            out.extend_from_slice(&self.bytes[from..*at]);
            match blank {
                Blank::Created => out.extend_from_slice(created.as_bytes()),
                Blank::Id(place) => out.extend_from_slice(&hex_id(seed, *place)),
                Blank::Uuid(place) => out.extend_from_slice(uuid_id(seed, *place).as_bytes()),
            }
            from = *at;
        }
        out.extend_from_slice(&self.bytes[from..]);
    }
}
