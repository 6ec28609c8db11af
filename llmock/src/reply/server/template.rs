//! Templates of responses: everything except time and ids, which differ each time.

use std::cell::RefCell;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};

use crate::wire::content::Reply;
use crate::wire::ids::{DerivedId, hex_id, uuid_id};
use crate::wire::reading::Reading;
use crate::wire::rendered::{Rendered, RenderedBody, empty_headers, split};

/// The response to one request, rendered repeatedly without reading the request again.
///
/// Two responses to one request differ in their time and their ids; a template contains the rest. Made by
/// [`Reading::template`].
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
    is_stream: bool,
    events: Vec<Pattern>,
}

#[derive(Clone, Debug)]
enum Value {
    Same(HeaderValue),
    Differs(Pattern),
}

/// Bytes with gaps for the values that differ.
#[derive(Clone, Debug, Default)]
struct Pattern {
    bytes: Vec<u8>,
    /// The offsets of the gaps in the bytes, ascending.
    gaps: Vec<(usize, Gap)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gap {
    Created,
    Id(u64),
    Uuid(u64),
}

/// The time and the seed of two responses; the times have no digit in common, neither as numbers nor as dates.
const SAMPLES: [(u64, u64); 2] =
    [(1_098_765_432, 0x6c6c_6d6f_636b), (2_123_456_789, 0x7265_706c_7921)];

/// Longer responses have no template: copying one takes as long as rendering it.
const LONGEST: usize = 64 * 1024;

impl Reading<'_> {
    /// The template of the response that [`render`](Self::render) returns for any time and seed.
    ///
    /// `None` for responses longer than 64 KiB, and if anything except the numbers themselves depends on time or seed: a
    /// date, a checksum, an id that the reply sets. Two renderings are compared to find out.
    pub fn template(&self, reply: &Reply) -> Option<Template> {
        let [(created, seed), other] = SAMPLES;
        let derived = RefCell::default();
        let rendered =
            self.clone().answered(created, seed).render_collecting(reply, Some(&derived));
        if rendered.bytes().len() > LONGEST {
            return None;
        }
        let ids = derived.into_inner();
        let pattern = |bytes: &[u8]| Pattern::of(bytes, &created.to_string(), &ids);
        let value = |value: &HeaderValue| match pattern(value.as_bytes()) {
            pattern if pattern.gaps.is_empty() => Value::Same(value.clone()),
            pattern => Value::Differs(pattern),
        };
        let events = match &rendered.body {
            RenderedBody::Whole(bytes) => std::slice::from_ref(bytes),
            RenderedBody::Stream(events) => events,
        };
        let headers = rendered.headers.iter().map(|(name, known)| (name.clone(), value(known)));
        let template = Template {
            status: rendered.status,
            headers: headers.collect(),
            is_stream: matches!(rendered.body, RenderedBody::Stream(_)),
            events: events.iter().map(|event| pattern(event)).collect(),
        };
        let (created, seed) = other;
        let rendered = self.clone().answered(created, seed).render(reply);
        (template.render(created, seed) == rendered).then_some(template)
    }
}

impl Template {
    /// The response made at that time, in seconds since 1970, with ids from that seed.
    pub fn render(&self, created: u64, seed: u64) -> Rendered {
        let mut digits = itoa::Buffer::new();
        let created = digits.format(created);
        let mut headers = empty_headers();
        for (name, value) in &self.headers {
            let value = match value {
                Value::Same(value) => Ok(value.clone()),
                Value::Differs(pattern) => {
                    HeaderValue::from_maybe_shared(pattern.filled(created, seed))
                }
            };
            if let Ok(value) = value {
                headers.append(name, value);
            }
        }
        let body = match &*self.events {
            [whole] if !self.is_stream => RenderedBody::Whole(whole.filled(created, seed)),
            events => RenderedBody::Stream(stream(events, created, seed)),
        };
        Rendered { status: self.status, headers, body }
    }
}

/// All events of a stream, in one allocation.
fn stream(events: &[Pattern], created: &str, seed: u64) -> Vec<Bytes> {
    let mut all = Vec::with_capacity(events.iter().map(|event| event.length(created)).sum());
    let end = |event: &Pattern| {
        event.fill(&mut all, created, seed);
        all.len()
    };
    let ends: Vec<usize> = events.iter().map(end).collect();
    split(&all.into(), &ends)
}

impl Pattern {
    /// Replaces the time and the ids in `shown` by gaps.
    fn of(shown: &[u8], created: &str, ids: &[DerivedId]) -> Self {
        let mut pattern = Self::default();
        let mut rest = shown;
        while let [first, after @ ..] = rest {
            let id = ids.iter().find(|id| rest.starts_with(id.text.as_bytes()));
            let (gap, length) = match id {
                Some(id) if id.is_uuid => (Gap::Uuid(id.slot), id.text.len()),
                Some(id) => (Gap::Id(id.slot), id.text.len()),
                None if rest.starts_with(created.as_bytes()) => (Gap::Created, created.len()),
                None => {
                    pattern.bytes.push(*first);
                    rest = after;
                    continue;
                }
            };
            pattern.gaps.push((pattern.bytes.len(), gap));
            rest = &rest[length..];
        }
        pattern
    }

    fn length(&self, created: &str) -> usize {
        let gap = |(_, gap): &(usize, Gap)| match gap {
            Gap::Created => created.len(),
            Gap::Id(_) => 24,
            Gap::Uuid(_) => 36,
        };
        self.bytes.len() + self.gaps.iter().map(gap).sum::<usize>()
    }

    fn filled(&self, created: &str, seed: u64) -> Bytes {
        let mut filled = Vec::with_capacity(self.length(created));
        self.fill(&mut filled, created, seed);
        filled.into()
    }

    fn fill(&self, out: &mut Vec<u8>, created: &str, seed: u64) {
        let mut from = 0;
        for (at, gap) in &self.gaps {
            out.extend_from_slice(&self.bytes[from..*at]);
            match gap {
                Gap::Created => out.extend_from_slice(created.as_bytes()),
                Gap::Id(place) => out.extend_from_slice(&hex_id(seed, *place)),
                Gap::Uuid(place) => out.extend_from_slice(uuid_id(seed, *place).as_bytes()),
            }
            from = *at;
        }
        out.extend_from_slice(&self.bytes[from..]);
    }
}
