//! Faults on purpose: what goes wrong with a response, and with which one.

use std::fmt;
use std::time;

use crate::fields::{self, Field, FieldProblem};
use crate::name::ProviderId;
use crate::problem::{Problem, list};
use crate::quantity::Duration;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// An error in the provider's own shape, instead of a response.
    Status {
        code: u16,
        retry_after: Option<u64>,
    },
    /// The connection closes there; `reset`: by a TCP reset instead of an end.
    Cut {
        after: At,
        reset: bool,
    },
    /// Nothing follows there, and the connection stays open.
    Stall {
        after: At,
    },
    /// The head of the response is late.
    Slow(time::Duration),
    /// This event is no valid JSON; a body that is not streamed is one event.
    Malformed {
        event: usize,
    },
    ContentType(String),
    /// Status and headers arrive, and a body without a byte.
    EmptyBody,
    /// The connection closes by a reset before a byte of the response.
    Refused,
    /// A WebSocket is closed with this code after so many messages.
    Close {
        after: usize,
        code: u16,
    },
    /// This message of a WebSocket is larger than clients accept.
    Oversized {
        event: usize,
    },
}

/// A place in a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// After so many events.
    Event(usize),
    /// After so many bytes of the body.
    Byte(usize),
}

/// Which requests a fault or a gate is for: those that fit everything that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestSelector {
    /// Only this one among those that fit, counted from one.
    pub request: Option<usize>,
    pub provider: Option<String>,
    /// The path as at the provider's own host; `*` stands for any text.
    pub path: Option<String>,
    /// The name of the model; `*` stands for any text.
    pub model: Option<String>,
}

/// `fault(status = 429, retry_after = 1, times = 2)`.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultRule {
    pub kind: FaultKind,
    pub selector: RequestSelector,
    /// How many responses get it; `None`: all.
    pub times: Option<u32>,
    /// The share of the requests that fit, drawn with `seed`.
    pub probability: Option<f64>,
    pub seed: Option<u64>,
}

const KINDS: &[&str] = &[
    "status",
    "cut_after_event",
    "cut_after_byte",
    "stall_after_event",
    "stall_after_byte",
    "slow",
    "malformed_event",
    "content_type",
    "empty_body",
    "refused",
    "close_after_event",
    "oversized_event",
];

const FIELDS: &[&str] = &[
    "status",
    "cut_after_event",
    "cut_after_byte",
    "stall_after_event",
    "stall_after_byte",
    "slow",
    "malformed_event",
    "content_type",
    "empty_body",
    "refused",
    "close_after_event",
    "oversized_event",
    "retry_after",
    "reset",
    "close_code",
    "request",
    "provider",
    "path",
    "model",
    "times",
    "probability",
    "seed",
];

/// Fields that change the kind, once all are known.
#[derive(Default)]
struct Draft {
    kind: Option<(FaultKind, &'static str)>,
    retry_after: Option<u64>,
    reset: bool,
    close_code: Option<u16>,
    selector: RequestSelector,
    times: Option<Times>,
    probability: Option<f64>,
    seed: Option<u64>,
}

/// How many requests a fault hits, `None` for all.
type Times = Option<u32>;

impl FaultRule {
    /// A fault of one response.
    pub fn new(kind: FaultKind) -> Self {
        let selector = RequestSelector::default();
        Self { kind, selector, times: Some(1), probability: None, seed: None }
    }

    pub fn parse(fields: &[(&str, Field<'_>)]) -> Result<Self, FieldProblem> {
        let mut draft = Draft::default();
        fields::read("fault", FIELDS, fields, |name, field| draft.set(name, field))?;
        let place = |name: &str| fields.iter().position(|field| field.0 == name).unwrap_or(0);
        draft.finish().map_err(|(name, problem)| FieldProblem { index: place(name), problem })
    }

    /// Reads `status=429, retry-after=1`, as variables and headers write it.
    pub fn from_text(text: &str) -> Result<Self, Problem> {
        fields::from_text(text, Self::parse).map_err(|wrong| wrong.problem)
    }
}

impl Draft {
    fn set(&mut self, name: &str, field: Field<'_>) -> Result<(), Problem> {
        match name {
            "retry_after" => self.retry_after = Some(field.whole(name, 0)?),
            "reset" => self.reset = field.switch(name)?,
            "close_code" => self.close_code = Some(close_code(field)?),
            "request" => self.selector.request = Some(field.ordinal(name)?),
            "provider" => {
                let id = ProviderId::parse(field.text(name)?)?;
                self.selector.provider = Some(id.as_str().to_owned());
            }
            "path" => self.selector.path = Some(path(field.text(name)?)?),
            "model" => self.selector.model = Some(field.text(name)?.to_owned()),
            "times" => self.times = Some(times(field)?),
            "probability" => {
                let share = field.decimal(name)?;
                if !(0.0..=1.0).contains(&share) {
                    let expected = "expected a number from 0 to 1";
                    return Err(Problem::invalid("`probability`", &field.to_string(), expected));
                }
                self.probability = Some(share);
            }
            "seed" => self.seed = Some(field.whole(name, 0)?),
            _ => return self.set_kind(name, field),
        }
        Ok(())
    }

    fn set_kind(&mut self, name: &str, field: Field<'_>) -> Result<(), Problem> {
        let kind = match name {
            "status" => Some(FaultKind::Status { code: status(field)?, retry_after: None }),
            "cut_after_event" => Some(cut(At::Event(place(name, field)?))),
            "cut_after_byte" => Some(cut(At::Byte(place(name, field)?))),
            "stall_after_event" => Some(FaultKind::Stall { after: At::Event(place(name, field)?) }),
            "stall_after_byte" => Some(FaultKind::Stall { after: At::Byte(place(name, field)?) }),
            "slow" => Some(FaultKind::Slow(Duration::parse(field.text(name)?)?.0)),
            "malformed_event" => Some(FaultKind::Malformed { event: field.ordinal(name)? }),
            "content_type" => Some(FaultKind::ContentType(content_type(field.text(name)?)?)),
            "close_after_event" => {
                Some(FaultKind::Close { after: place(name, field)?, code: CLOSE_CODE })
            }
            "oversized_event" => Some(FaultKind::Oversized { event: field.ordinal(name)? }),
            "empty_body" => field.switch(name)?.then_some(FaultKind::EmptyBody),
            _ => field.switch(name)?.then_some(FaultKind::Refused),
        };
        let Some(kind) = kind else { return Ok(()) };
        let known = KINDS.iter().copied().find(|known| *known == name).unwrap_or_default();
        if let Some((_, earlier)) = &self.kind {
            let problem =
                format!("`{known}` and `{earlier}` are two faults; write a `fault` for each");
            return Err(Problem::new(problem));
        }
        self.kind = Some((kind, known));
        Ok(())
    }

    /// The rule, or the field that is wrong.
    fn finish(self) -> Result<FaultRule, (&'static str, Problem)> {
        let Some((mut kind, name)) = self.kind else {
            let problem = format!("no fault is named: expected {}", list(KINDS));
            return Err(("", Problem::new(problem)));
        };
        let belongs = |field: &str, to: &str| {
            Problem::new(format!("`{field}` belongs to `{to}`, not to `{name}`"))
        };
        match (&mut kind, self.retry_after) {
            (_, None) => {}
            (FaultKind::Status { retry_after, .. }, seconds) => *retry_after = seconds,
            _ => return Err(("retry_after", belongs("retry_after", "status"))),
        }
        match &mut kind {
            FaultKind::Cut { reset, .. } => *reset = self.reset,
            _ if self.reset => {
                return Err(("reset", belongs("reset", "cut_after_event` and `cut_after_byte")));
            }
            _ => {}
        }
        match (&mut kind, self.close_code) {
            (_, None) => {}
            (FaultKind::Close { code, .. }, Some(own)) => *code = own,
            _ => return Err(("close_code", belongs("close_code", "close_after_event"))),
        }
        if self.seed.is_some() && self.probability.is_none() {
            return Err(("seed", Problem::new("`seed` has no effect without `probability`")));
        }
        // A share of all requests is meant, unless the test limits it.
        let usual = if self.probability.is_some() { None } else { Some(1) };
        Ok(FaultRule {
            kind,
            selector: self.selector,
            times: self.times.unwrap_or(usual),
            probability: self.probability,
            seed: self.seed,
        })
    }
}

/// The server has a problem: RFC 6455, section 7.4.1.
const CLOSE_CODE: u16 = 1011;

/// A code that a close frame may have: RFC 6455, section 7.4.
fn close_code(field: Field<'_>) -> Result<u16, Problem> {
    let code = field.whole("close_code", 0)?;
    let is_sent = |code: &u16| matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
    let code = u16::try_from(code).ok().filter(is_sent);
    let expected = "expected 1000 to 1003, 1007 to 1014, or 3000 to 4999";
    code.ok_or_else(|| Problem::invalid("`close_code`", &field.to_string(), expected))
}

fn cut(after: At) -> FaultKind {
    FaultKind::Cut { after, reset: false }
}

/// A place, where zero is before everything.
fn place(name: &str, field: Field<'_>) -> Result<usize, Problem> {
    field.whole(name, 0).map(|number| usize::try_from(number).unwrap_or(usize::MAX))
}

fn status(field: Field<'_>) -> Result<u16, Problem> {
    let code = field.whole("status", 0)?;
    let code = u16::try_from(code).ok().filter(|code| (400..=599).contains(code));
    code.ok_or_else(|| Problem::invalid("`status`", &field.to_string(), "expected 400 to 599"))
}

fn times(field: Field<'_>) -> Result<Option<u32>, Problem> {
    match field {
        Field::Text("always") => Ok(None),
        Field::Number(_) => {
            let times = field.whole("times", 1)?;
            Ok(Some(u32::try_from(times).unwrap_or(u32::MAX)))
        }
        _ => Err(field.unexpected("times", "a whole number, or `always`")),
    }
}

fn path(text: &str) -> Result<String, Problem> {
    if text.starts_with(['/', '*']) {
        return Ok(text.to_owned());
    }
    Err(Problem::invalid(
        "path",
        text,
        "expected one such as `/v1/chat/completions` or `*/messages`",
    ))
}

fn content_type(text: &str) -> Result<String, Problem> {
    let is_plain = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    if is_plain && text.contains('/') {
        return Ok(text.to_owned());
    }
    Err(Problem::invalid("content type", text, "expected one such as `text/html`"))
}

impl RequestSelector {
    /// Whether a request fits, but for its number.
    pub fn fits(&self, provider: &str, path: &str, model: Option<&str>) -> bool {
        let path = path.split('?').next().unwrap_or_default();
        self.provider.as_deref().is_none_or(|known| known == provider)
            && self.path.as_deref().is_none_or(|pattern| is_like(pattern, path))
            && self
                .model
                .as_deref()
                .is_none_or(|pattern| model.is_some_and(|model| is_like(pattern, model)))
    }
}

/// Whether a text is like a pattern, in which `*` stands for any text.
pub fn is_like(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, at) = match self {
            Self::Status { code, retry_after: None } => return write!(f, "status = {code}"),
            Self::Status { code, retry_after: Some(seconds) } => {
                return write!(f, "status = {code}, retry_after = {seconds}");
            }
            Self::Slow(time) => return write!(f, "slow = \"{}ms\"", time.as_millis()),
            Self::Malformed { event } => return write!(f, "malformed_event = {event}"),
            Self::ContentType(text) => return write!(f, "content_type = {text:?}"),
            Self::EmptyBody => return f.write_str("empty_body = true"),
            Self::Refused => return f.write_str("refused = true"),
            Self::Close { after, code } => {
                return write!(f, "close_after_event = {after}, close_code = {code}");
            }
            Self::Oversized { event } => return write!(f, "oversized_event = {event}"),
            Self::Cut { after, .. } => ("cut", after),
            Self::Stall { after } => ("stall", after),
        };
        match at {
            At::Event(number) => write!(f, "{word}_after_event = {number}")?,
            At::Byte(number) => write!(f, "{word}_after_byte = {number}")?,
        }
        if matches!(self, Self::Cut { reset: true, .. }) {
            f.write_str(", reset = true")
        } else {
            Ok(())
        }
    }
}

/// The fields as the attribute writes them.
impl fmt::Display for FaultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        let RequestSelector { request, provider, path, model } = &self.selector;
        if let Some(request) = request {
            write!(f, ", request = {request}")?;
        }
        for (name, value) in [("provider", provider), ("path", path), ("model", model)] {
            if let Some(value) = value {
                write!(f, ", {name} = {value:?}")?;
            }
        }
        match (self.times, self.probability) {
            (Some(1), None) | (None, Some(_)) => {}
            (Some(times), _) => write!(f, ", times = {times}")?,
            (None, None) => f.write_str(", times = \"always\"")?,
        }
        if let Some(share) = self.probability {
            write!(f, ", probability = {share:?}")?;
        }
        self.seed.map_or(Ok(()), |seed| write!(f, ", seed = {seed}"))
    }
}

#[cfg(test)]
mod tests;
