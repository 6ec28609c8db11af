//! The session of a request, and the position of each session in recordings and scenarios.

use std::borrow::Cow;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock};

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName};
use llmock::__server::Progress;
use llmock::playback::PlaybackSession;
use lru::LruCache;
use parking_lot::Mutex;

/// The header that names the session of a request.
pub(crate) static HEADER: HeaderName = HeaderName::from_static("x-llmock-session");

/// Longer names are replaced by their digest.
const LONGEST_NAME: usize = 128;

/// How many sessions are kept; the least recently used one starts again.
const KEPT: NonZeroUsize = NonZeroUsize::new(10_000).expect("not zero");

/// Headers that hold the client's key; the first one present counts.
static KEYS: [HeaderName; 4] = [
    AUTHORIZATION,
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("x-goog-api-key"),
    HeaderName::from_static("api-key"),
];

/// The session of a request. Formatted only when it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SessionId {
    Named(String),
    /// The digest of a name that is too long.
    LongName(u64),
    Key(u64),
    Default,
}

impl fmt::Display for SessionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => formatter.write_str(name),
            Self::LongName(digest) => write!(formatter, "name-{digest:016x}"),
            Self::Key(digest) => write!(formatter, "key-{digest:016x}"),
            Self::Default => formatter.write_str("default"),
        }
    }
}

impl SessionId {
    /// Whether a filter names this session: by its name, or by the API key that it belongs to.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        match self {
            Self::Named(own) => own == name,
            Self::Key(own) if *own == digest(identity(name)) => true,
            Self::LongName(own) if *own == digest(name) => true,
            other => other.to_string() == name,
        }
    }
}

/// The session of a request: the one it names, or else that of its key, or else the default one.
///
/// The key itself is never shown: its digest is seeded in this process and reveals nothing. `has_commands` is whether
/// any header starts with `x-llmock-`; `in_path` is the name in front of the path, which goes first.
pub(crate) fn id_of(
    headers: &HeaderMap,
    in_path: Option<&str>,
    has_commands: bool,
    query: Option<&str>,
) -> SessionId {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let named = if has_commands { headers.get(&HEADER) } else { None };
    let named = named.map(|value| String::from_utf8_lossy(value.as_bytes()));
    let named = in_path.map(Cow::Borrowed).or(named);
    if let Some(name) = named.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
        return if name.len() > LONGEST_NAME {
            SessionId::LongName(digest(name))
        } else {
            SessionId::Named(name.to_owned())
        };
    }
    let in_query = || {
        let pairs = query.unwrap_or_default().split('&');
        pairs.filter_map(|pair| pair.split_once('=')).find(|(name, _)| *name == "key")
    };
    let key = KEYS.iter().find_map(text).map(identity).or_else(|| in_query().map(|(_, key)| key));
    match key.filter(|key| !key.is_empty()) {
        Some(key) => SessionId::Key(digest(key)),
        None => SessionId::Default,
    }
}

/// The part of a credential that is the same in every request: a signature is not.
fn identity(credential: &str) -> &str {
    // The usual spelling, without a search.
    if let Some(key) = credential.strip_prefix("Bearer ") {
        return key.trim();
    }
    let credential = credential.trim();
    if credential.eq_ignore_ascii_case("bearer") {
        return "";
    }
    let (scheme, rest) = credential.split_once(' ').unwrap_or(("", credential));
    let rest = rest.trim();
    if !scheme.starts_with("AWS4-") {
        return rest;
    }
    let signer = rest.split_once("Credential=").map_or(rest, |(_, rest)| rest);
    signer.split(['/', ',']).next().unwrap_or(signer)
}

fn digest(text: &str) -> u64 {
    static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    HASHER.hash_one(text)
}

/// The position of one session.
#[derive(Debug, Default)]
pub(crate) struct Session {
    pub(crate) playback: PlaybackSession,
    /// In the scenarios of this generation.
    scenarios: Mutex<(u64, Progress)>,
}

impl Session {
    /// Runs a function with the position in the scenarios of a generation; others have another one.
    pub(crate) fn in_scenarios<T>(
        &self,
        generation: u64,
        run: impl FnOnce(&mut Progress) -> T,
    ) -> T {
        let mut scenarios = self.scenarios.lock();
        if scenarios.0 != generation {
            *scenarios = (generation, Progress::default());
        }
        run(&mut scenarios.1)
    }
}

/// The position of each session.
#[derive(Debug)]
pub(crate) struct Sessions {
    by_id: Mutex<LruCache<String, Arc<Session>>>,
}

impl Default for Sessions {
    fn default() -> Self {
        Self::keeping(KEPT)
    }
}

impl Sessions {
    fn keeping(kept: NonZeroUsize) -> Self {
        Self { by_id: Mutex::new(LruCache::new(kept)) }
    }

    /// The session with this id; a new one if there is none.
    pub(crate) fn of(&self, id: &str) -> Arc<Session> {
        Arc::clone(self.by_id.lock().get_or_insert_ref(id, Arc::default))
    }

    /// Ends a session, so that its next request starts every queue again.
    pub(crate) fn end(&self, id: &str) {
        let mut by_id = self.by_id.lock();
        by_id.pop(id);
        // An id may be the key itself.
        by_id.pop(&SessionId::Key(digest(identity(id))).to_string());
    }

    pub(crate) fn end_all(&self) {
        self.by_id.lock().clear();
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"))
            })
            .collect()
    }

    fn id_of(headers: &HeaderMap, query: Option<&str>) -> String {
        super::id_of(headers, None, true, query).to_string()
    }

    #[test]
    fn uses_the_header_then_the_key_then_the_default_session() {
        type Sent<'a> = &'a [(&'static str, &'a str)];
        let key = id_of(&headers(&[("authorization", "Bearer sk-secret-of-mine")]), None);
        assert!(key.starts_with("key-") && !key.contains("secret"), "{key}");
        let cases: &[(Sent<'_>, Option<&str>, &str)] = &[
            (&[], None, "default"),
            (&[("x-llmock-session", " a b ")], None, "a b"),
            (&[("x-llmock-session", "mine"), ("authorization", "Bearer x")], None, "mine"),
            (&[("x-llmock-session", "")], None, "default"),
            (&[("authorization", "bearer  sk-secret-of-mine")], None, &key),
            (&[("x-api-key", "sk-secret-of-mine")], None, &key),
            (&[("api-key", "sk-secret-of-mine")], Some("key=other"), &key),
            (&[], Some("alt=sse&key=sk-secret-of-mine"), &key),
            (&[("authorization", "Bearer ")], None, "default"),
        ];
        for (sent, query, id) in cases {
            assert_eq!(id_of(&headers(sent), *query), *id, "{sent:?} {query:?}");
        }
    }

    #[test]
    fn identifies_signed_requests_by_their_signer() {
        let signed = |signer: &str, signature: &str| {
            let value = format!(
                "AWS4-HMAC-SHA256 Credential={signer}/20260101/us-east-1/bedrock/aws4_request, \
                 SignedHeaders=host, Signature={signature}"
            );
            id_of(&headers(&[("authorization", &value)]), None)
        };
        assert_eq!(signed("AKIDA", "1"), signed("AKIDA", "2"));
        assert_ne!(signed("AKIDA", "1"), signed("AKIDB", "1"));
    }

    #[test]
    fn replaces_long_names_by_their_digest() {
        let id = id_of(&headers(&[("x-llmock-session", &"n".repeat(10_000))]), None);
        assert!(id.starts_with("name-") && id.len() < 32, "{id}");
    }

    #[test]
    fn drops_the_least_recently_used_session() {
        let sessions = Sessions::keeping(NonZeroUsize::new(2).expect("two"));
        let (a, b) = (sessions.of("a"), sessions.of("b"));
        assert!(Arc::ptr_eq(&a, &sessions.of("a")));
        sessions.of("c");
        assert!(Arc::ptr_eq(&a, &sessions.of("a")), "used later than b");
        assert!(!Arc::ptr_eq(&b, &sessions.of("b")));
        sessions.end("b");
        assert_eq!(sessions.by_id.lock().len(), 1);
    }
}
