//! What is answered: the request as far as its answer depends on it.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::time::{Duration, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use super::content::{Reply, ToolCall};
use super::conversation::Turn;
use super::reading::{Endpoint, Reading};
use super::{limits, tokens};
use crate::json::Json;
use crate::provider::{Family, Provider};

/// A request as far as its answer depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestShape<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) body: &'a [u8],
}

impl<'a> RequestShape<'a> {
    /// A request by its method, its path with the query, and its body without compression.
    ///
    /// The path begins after the provider's base URL or at its host: `/chat/completions`,
    /// `/v1/chat/completions` and `/openai/v1/chat/completions` (Groq) are all understood.
    pub fn new(method: &'a str, path: &'a str, body: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { method, path, body: body.as_ref() }
    }

    /// A `POST`.
    pub fn post(path: &'a str, body: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::new("POST", path, body)
    }

    /// A `GET`, which has no body.
    pub fn get(path: &'a str) -> Self {
        Self::new("GET", path, "")
    }

    /// The model that the request names, in its body or in its path.
    pub fn model(&self, provider: Provider) -> Option<String> {
        self.read(provider).model().map(Cow::into_owned)
    }

    /// Whether the request asks for a streamed answer.
    pub fn streams(&self, provider: Provider) -> bool {
        self.read(provider).streams()
    }

    /// What has been said so far, the oldest first; empty where nobody speaks.
    ///
    /// ```
    /// # use llmock::{Provider, reply::{RequestShape, Role}};
    /// let body = r#"{"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]}"#;
    /// let turns = RequestShape::post("/v1/messages", body).turns(Provider::Anthropic);
    /// assert_eq!((turns[0].role, turns[0].text.as_str()), (Role::User, "Hi"));
    /// ```
    pub fn turns(&self, provider: Provider) -> Vec<Turn> {
        self.read(provider).turns()
    }
}

/// What [`Reply::created`] is when nobody said: the beginning of 2025.
const CREATED: u64 = 1_735_689_600;

/// The request, read, and everything that was not said about its answer decided.
pub(super) struct Asked<'a> {
    pub(super) reply: &'a Reply,
    pub(super) provider: Provider,
    pub(super) family: Family,
    /// Whether a model answers what somebody said.
    pub(super) is_conversation: bool,
    pub(super) method: &'a str,
    /// Canonical, with the query.
    pub(super) path: &'a str,
    path_alone: &'a str,
    pub(super) body: Option<&'a Json<'a>>,
    pub(super) streams: bool,
    pub(super) model: Cow<'a, str>,
    pub(super) created: u64,
    /// What all ids are made from.
    seed: u64,
    /// Where each id that is made is noted, if anybody wants to know.
    noted: Option<&'a RefCell<Vec<NotedId>>>,
    /// Made once, because every event of a stream has them.
    id: OnceCell<String>,
    created_at: OnceCell<String>,
}

/// Tokens of request and answer.
#[derive(Clone, Copy)]
pub(super) struct Usage {
    /// All of the request, cached ones among them.
    pub(super) input: u64,
    pub(super) cached: u64,
    /// All of the answer, reasoning among them.
    pub(super) output: u64,
    pub(super) reasoning: u64,
}

/// An id as it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotedId {
    /// What of it follows from the seed.
    pub(super) text: String,
    pub(super) place: u64,
    pub(super) is_uuid: bool,
}

impl<'a> Asked<'a> {
    pub(super) fn new(reply: &'a Reply, reading: &'a Reading<'_>) -> Self {
        let model = reply.model.as_deref().map(Cow::Borrowed).or_else(|| reading.model());
        let target = reading.target();
        let body = reading.body.as_ref();
        let seed = match (&reply.id, reply.seed.or(reading.seed)) {
            (Some(id), _) => digest(id.as_bytes(), b""),
            (None, Some(given)) => given,
            (None, None) => digest(target.path.as_bytes(), reading.bytes),
        };
        Self {
            reply,
            provider: target.provider,
            family: target.family,
            is_conversation: target.endpoint == Endpoint::Conversation,
            method: &target.method,
            streams: target.streams(body),
            path: &target.path,
            path_alone: target.path_alone(),
            body,
            model: model.unwrap_or(Cow::Borrowed("llmock")),
            created: reply.created.or(reading.created).unwrap_or(CREATED),
            seed,
            noted: None,
            id: OnceCell::new(),
            created_at: OnceCell::new(),
        }
    }

    /// Notes all ids from now on.
    pub(super) fn noting(mut self, noted: Option<&'a RefCell<Vec<NotedId>>>) -> Self {
        self.noted = noted;
        self
    }

    fn note(&self, text: &str, place: u64, is_uuid: bool) {
        if let Some(noted) = self.noted {
            noted.borrow_mut().push(NotedId { text: text.to_owned(), place, is_uuid });
        }
    }

    /// The path without its query.
    pub(super) fn path_alone(&self) -> &'a str {
        self.path_alone
    }

    /// The last segment of the path.
    pub(super) fn endpoint(&self) -> &'a str {
        self.path_alone.rsplit('/').next().unwrap_or_default()
    }

    /// A member of the request's body that is there and not `null`.
    pub(super) fn member(&self, name: &str) -> Option<&'a Json<'a>> {
        self.body?.get(name).filter(|value| !value.is_null())
    }

    /// How many answers are asked for.
    pub(super) fn count(&self, name: &str) -> u64 {
        self.member(name).and_then(Json::as_u64).unwrap_or(1).clamp(1, limits::CHOICES)
    }

    /// The id of the answer; a format has one prefix for it.
    pub(super) fn id(&self, prefix: &str) -> &str {
        let given = || self.reply.id.clone();
        self.id.get_or_init(|| given().unwrap_or_else(|| self.id_of(prefix, 0)))
    }

    /// The id of a thing inside the answer: the same for the same request, different for each thing.
    pub(super) fn id_of(&self, prefix: &str, at: usize) -> String {
        let place = place(prefix, at);
        let hex = hex_id(self.seed, place);
        self.note(text_of(&hex), place, false);
        [prefix, text_of(&hex)].concat()
    }

    /// An id in the form of a UUID.
    pub(super) fn uuid(&self) -> String {
        if let Some(id) = &self.reply.id {
            return id.clone();
        }
        let place = place("uuid", 0);
        let uuid = uuid_id(self.seed, place);
        self.note(&uuid, place, true);
        uuid
    }

    /// The id of the tool call at this place.
    pub(super) fn call_id(&self, prefix: &str, at: usize, call: &ToolCall) -> String {
        call.id.clone().unwrap_or_else(|| self.id_of(prefix, at))
    }

    /// What stands for the signature of the reasoning.
    pub(super) fn signature(&self) -> String {
        self.reply.signature.clone().unwrap_or_else(|| self.id_of("sig_", 0))
    }

    /// The tokens of the request, counted if the author did not say.
    pub(super) fn input_tokens(&self) -> u64 {
        match self.reply.usage {
            Some((input, _)) => input,
            None => tokens::of_request(self.body),
        }
    }

    pub(super) fn usage(&self) -> Usage {
        let reasoning = self.reply.reasoning.as_deref().map_or(0, tokens::of_text);
        let output = match self.reply.usage {
            Some((_, output)) => output,
            None => reasoning + tokens::of_reply(self.reply),
        };
        let input = self.input_tokens();
        Usage {
            input,
            cached: self.reply.cached.min(input),
            output,
            reasoning: reasoning.min(output),
        }
    }

    /// When the answer was made, in RFC 3339.
    pub(super) fn created_at(&self) -> &str {
        self.created_at.get_or_init(|| rfc3339(self.created))
    }
}

/// 64 bits that depend on all bytes of both.
fn digest(first: &[u8], second: &[u8]) -> u64 {
    let digest =
        Sha256::new().chain_update(first).chain_update([0]).chain_update(second).finalize();
    digest.iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

/// The step of `SplitMix64`: a small difference of two numbers becomes a large one, and no two become the same.
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// Seconds since 1970 in RFC 3339.
pub(super) fn rfc3339(seconds: u64) -> String {
    // what lies beyond the year 9999 has no such form
    let since = Duration::from_secs(seconds.min(253_402_300_799));
    humantime::format_rfc3339_seconds(UNIX_EPOCH + since).to_string()
}

impl Usage {
    pub(super) fn total(self) -> u64 {
        self.input.saturating_add(self.output)
    }

    /// The tokens of the request that were not in the cache.
    pub(super) fn fresh(self) -> u64 {
        self.input - self.cached
    }
}

/// What distinguishes the ids inside an answer.
fn place(prefix: &str, at: usize) -> u64 {
    prefix.bytes().fold(at as u64, |sum, byte| sum.rotate_left(8) ^ u64::from(byte))
}

/// What the id at a place has behind its prefix.
pub(super) fn hex_id(seed: u64, place: u64) -> [u8; 24] {
    let hex = hex(id_bytes(seed, place));
    *hex.first_chunk().expect("there are 32 digits")
}

/// The id at a place in the form of a UUID.
pub(super) fn uuid_id(seed: u64, place: u64) -> String {
    let hex = hex(id_bytes(seed, place));
    let groups = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    groups.map(text_of).join("-")
}

/// Nobody guesses ids here, so that mixing bits is enough; a digest for each id of an answer takes longer than the
/// rest of it.
fn id_bytes(seed: u64, place: u64) -> [u8; 16] {
    let first = mixed(seed ^ place);
    let both = (u128::from(first) << 64) | u128::from(mixed(first ^ seed));
    both.to_be_bytes()
}

/// Two digits a byte.
fn hex(bytes: [u8; 16]) -> [u8; 32] {
    let digit = |half: u8| if half < 10 { b'0' + half } else { b'a' - 10 + half };
    let mut hex = [0; 32];
    for (digits, byte) in hex.chunks_exact_mut(2).zip(bytes) {
        digits[0] = digit(byte >> 4);
        digits[1] = digit(byte & 15);
    }
    hex
}

fn text_of(hex: &[u8]) -> &str {
    std::str::from_utf8(hex).expect("digits are ASCII")
}
