//! Faults on purpose: how often, which, and their effect on an answer. Pure except [`live`], for bodies that are still
//! arriving.

mod apply;
mod live;

use std::str::FromStr;
use std::time::Duration;

use http::{HeaderName, StatusCode};
use llmock::__server::PlacedFault;
use llmock_rules::{At, Duration as Delay, FaultKind, Problem};
use serde::Deserialize;

use super::config::values::{list, number, share, strict};
use super::pace;

/// The header that sets the fault of one response.
pub(crate) static HEADER: HeaderName = HeaderName::from_static("x-llmock-fault");

const EXPECTED: &str = "expected `status=429, retry-after=2`, `disconnect`, `disconnect=midway`, `truncate`, \
                        `malformed`, `slow=2s`, `cut-after-event=3`, `stall-after-event=3`, `malformed-event=1`, \
                        `empty-body`, `close-after-event=3`, `oversized-event=1`, or `none`";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// An error in the provider's own shape.
    Status { code: StatusCode, retry_after: Option<u32> },
    /// The connection is closed before the first byte.
    Disconnect,
    /// The connection is closed in the middle of the body.
    DisconnectMidway,
    /// A stream ends properly, but in its middle; a body in one piece lacks its second half. The middle of a body that
    /// is still arriving is unknown: its first piece is sent, or half of it if it is the only one.
    Truncate,
    /// JSON that no parser accepts, in every piece of a stream or in the body.
    Malformed,
    /// The first byte is delayed.
    Slow(Duration),
    /// A fault at a place of the response, as tests have it.
    Placed(PlacedFault),
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Faults {
    /// The share of requests with a fault, from 0 to 1.
    #[serde(deserialize_with = "share")]
    pub(crate) rate: f64,
    /// The faults to draw from. Empty: [`Faults::USUAL`].
    #[serde(deserialize_with = "list")]
    pub(crate) kinds: Vec<Kind>,
    /// Absent: different after every start.
    #[serde(deserialize_with = "strict")]
    pub(crate) seed: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Kind {
    pub(crate) fault: Fault,
    pub(crate) weight: f64,
}

/// The fault of the request with that number: that of its header, or else a drawn one.
pub(crate) fn decide(
    faults: &Faults,
    header: Option<&str>,
    number: u64,
) -> Result<Option<Fault>, Problem> {
    match header.map(str::trim) {
        Some("none") => Ok(None),
        Some(text) => Kind::from_str(text)
            .map(|kind| Some(kind.fault))
            .map_err(|why| Problem::new(format!("`{HEADER}`: {why}"))),
        None => Ok(faults.draw(number)),
    }
}

impl Faults {
    /// What providers do on a bad day.
    const USUAL: [Kind; 4] = [
        Kind::status(StatusCode::TOO_MANY_REQUESTS),
        Kind::status(StatusCode::INTERNAL_SERVER_ERROR),
        Kind::status(StatusCode::SERVICE_UNAVAILABLE),
        Kind { fault: Fault::Disconnect, weight: 1.0 },
    ];

    fn draw(&self, number: u64) -> Option<Fault> {
        if self.rate <= 0.0 {
            return None;
        }
        let mut random = pace::random(self.seed, number);
        if random.f64() >= self.rate {
            return None;
        }
        let kinds = if self.kinds.is_empty() { &Self::USUAL[..] } else { &self.kinds };
        let mut left = random.f64() * kinds.iter().map(|kind| kind.weight).sum::<f64>();
        let drawn = kinds.iter().find(|kind| {
            left -= kind.weight;
            left < 0.0
        });
        // Rounding may leave nothing of the last one's share.
        drawn.or(kinds.last()).map(|kind| kind.fault)
    }
}

impl Kind {
    const fn status(code: StatusCode) -> Self {
        Self { fault: Fault::Status { code, retry_after: None }, weight: 1.0 }
    }

    /// `cut-after-event=3, weight=2`; `None` if the fault is not one at a place.
    fn placed(text: &str) -> Option<Result<Self, Problem>> {
        let (fault, weight) = match text.split_once(',') {
            Some((fault, rest)) => (fault, Some(rest.trim())),
            None => (text, None),
        };
        let placed = PlacedFault::parse(fault)?;
        let weight = match weight.map(|rest| (rest, rest.strip_prefix("weight="))) {
            None => Ok(1.0),
            Some((_, Some(number_text))) => number(number_text.trim()),
            Some((rest, None)) => {
                Err(Problem::new(format!("invalid fault `{text}` at `{rest}`: {EXPECTED}")))
            }
        };
        Some(placed.and_then(|placed| Ok(Self { fault: Fault::Placed(placed), weight: weight? })))
    }
}

impl FromStr for Kind {
    type Err = Problem;

    /// `status=429, retry-after=2, weight=3`: the fault, then its settings.
    fn from_str(text: &str) -> Result<Self, Problem> {
        if let Some(placed) = Self::placed(text) {
            return placed;
        }
        let mut parts = text.split(',').map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (name.trim(), value.trim())
        });
        let fault = match parts.next().unwrap_or_default() {
            ("status", code) => Fault::Status { code: status(code)?, retry_after: None },
            ("disconnect", "" | "before") => Fault::Disconnect,
            ("disconnect", "midway") => Fault::DisconnectMidway,
            ("truncate", "") => Fault::Truncate,
            ("malformed", "") => Fault::Malformed,
            ("slow", by) => Fault::Slow(Delay::parse(by)?.0),
            _ => return Err(Problem::new(format!("invalid fault `{text}`: {EXPECTED}"))),
        };
        let mut kind = Self { fault, weight: 1.0 };
        for (name, value) in parts {
            match (name, &mut kind.fault) {
                ("retry-after", Fault::Status { retry_after, .. }) => {
                    let seconds = value.parse();
                    *retry_after = Some(seconds.map_err(|_| {
                        let expected = "expected a whole number of seconds";
                        Problem::new(format!("invalid value `retry-after={value}`: {expected}"))
                    })?);
                }
                ("weight", _) => kind.weight = number(value)?,
                _ => {
                    return Err(Problem::new(format!(
                        "invalid fault `{text}` at `{name}`: {EXPECTED}"
                    )));
                }
            }
        }
        Ok(kind)
    }
}

fn status(text: &str) -> Result<StatusCode, Problem> {
    let code = text.parse().ok().filter(|code| (400..=599).contains(code));
    code.and_then(|code| StatusCode::from_u16(code).ok())
        .ok_or_else(|| Problem::new(format!("invalid value `status={text}`: expected 400 to 599")))
}

impl Fault {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::Disconnect => "disconnect",
            Self::DisconnectMidway => "disconnect_midway",
            Self::Truncate => "truncate",
            Self::Malformed => "malformed",
            Self::Slow(_) => "slow",
            Self::Placed(placed) => placed.name(),
        }
    }

    /// The nearest fault as tests have it.
    pub(crate) fn kind(self) -> FaultKind {
        let cut = FaultKind::Cut { after: At::Byte(0), reset: false };
        match self {
            Self::Status { code, retry_after } => {
                FaultKind::Status { code: code.as_u16(), retry_after: retry_after.map(u64::from) }
            }
            Self::Disconnect => FaultKind::Refused,
            Self::DisconnectMidway | Self::Truncate => cut,
            Self::Malformed => FaultKind::Malformed { event: 1 },
            Self::Slow(by) => FaultKind::Slow(by),
            Self::Placed(placed) => placed.kind(),
        }
    }

    /// The message of an error with that status.
    pub(crate) fn message(code: StatusCode) -> &'static str {
        match code {
            StatusCode::UNAUTHORIZED => "the API key is not valid (a fault on purpose)",
            StatusCode::TOO_MANY_REQUESTS => "rate limit reached (a fault on purpose)",
            _ if code.is_server_error() => "the server had an error (a fault on purpose)",
            _ => "the request was refused (a fault on purpose)",
        }
    }
}

#[cfg(test)]
mod tests;
