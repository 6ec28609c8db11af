//! Where secrets come from: the variables of the process, and the requests of a run.
//!
//! Programs load variables while they run (`dotenvy::dotenv()` in the body of a test), and some have their key from a
//! file: so both are looked at again with every request, except that variables wait until a request in replay has no
//! recording.

use std::sync::{LazyLock, Mutex};

use percent_encoding::percent_decode_str;
use url::Url;

use crate::env;
use crate::exchange::request::RawRequest;
use crate::fixture::redact::{Redaction, Redactor, looks_like_password, looks_random, own};
use crate::provider::{self, Provider};
use crate::sync::lock;

/// Shorter values of key variables are words: `ollama`, `none`.
const SHORTEST: usize = 16;

/// More credentials than a test uses; a client that makes one for each request does not fill the memory.
const REMEMBERED: usize = 64;

/// The secrets of a run, which may become more while it lasts.
#[derive(Debug)]
pub(crate) struct RunSecrets(Mutex<Known>);

#[derive(Debug)]
struct Known {
    /// Of the environment from which the variables were read.
    digest: u64,
    variables: Vec<(String, String)>,
    /// Of requests, the newest last.
    credentials: Vec<(String, String)>,
    redactor: Redactor,
}

/// What was redacted in an interaction that is being recorded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Redacted {
    pub(crate) request: Vec<Redaction>,
    pub(crate) response: Vec<Redaction>,
}

impl RunSecrets {
    pub(crate) fn new() -> Self {
        let digest = env::digest();
        let variables = of_variables();
        let redactor = Redactor::new(variables.clone());
        Self(Mutex::new(Known { digest, variables, credentials: Vec::new(), redactor }))
    }

    /// The redactor with every secret that is known by now.
    pub(crate) fn redactor(&self) -> Redactor {
        let mut known = lock(&self.0);
        known.look_at_variables();
        known.redactor.clone()
    }

    /// The same, after the credentials of a request became known.
    pub(crate) fn redactor_for(&self, request: &RawRequest<'_>) -> Redactor {
        let mut known = lock(&self.0);
        known.look_at_variables();
        known.learn(request);
        known.redactor.clone()
    }

    /// The same without a look at the variables, for a request that will most likely be replayed: reading a hundred
    /// variables costs as much as the rest of a replay. Before such a request is shown or stored, it is read again with
    /// [`redactor_for`](Self::redactor_for).
    pub(crate) fn redactor_for_lookup(&self, request: &RawRequest<'_>) -> Redactor {
        let mut known = lock(&self.0);
        known.learn(request);
        known.redactor.clone()
    }

    /// Whether variables have changed since they were looked at.
    pub(crate) fn are_outdated(&self) -> bool {
        lock(&self.0).digest != env::digest()
    }
}

impl Known {
    fn look_at_variables(&mut self) {
        // A digest costs a fraction of what it costs to judge every variable.
        let digest = env::digest();
        if digest != self.digest {
            self.digest = digest;
            self.variables = of_variables();
            self.renew();
        }
    }

    fn learn(&mut self, request: &RawRequest<'_>) {
        let mut new = credentials(request);
        new.retain(|(_, value)| !self.redactor.knows(value));
        if !new.is_empty() {
            self.credentials.extend(new);
            let surplus = self.credentials.len().saturating_sub(REMEMBERED);
            self.credentials.drain(..surplus);
            self.renew();
        }
    }

    fn renew(&mut self) {
        let all = self.variables.iter().chain(&self.credentials).cloned();
        self.redactor = self.redactor.with_secrets(all);
    }
}

/// Redacts the secrets of this process's environment.
pub(crate) fn redactor() -> Redactor {
    Redactor::new(of_variables())
}

/// Redacts the secrets of this process's environment, and a key that the process has from elsewhere.
#[cfg(feature = "server")]
pub(crate) fn redactor_with(key: Option<&str>) -> Redactor {
    let key = key.map(|key| ("LLMOCK_API_KEY".to_owned(), key.to_owned()));
    Redactor::new(of_variables().into_iter().chain(key))
}

/// Redacts these secrets too, and the credentials of one request: a server has many clients and remembers none.
#[cfg(any(feature = "server", feature = "wiremock"))]
pub(crate) fn redactor_for(redactor: &Redactor, request: &RawRequest<'_>) -> Redactor {
    let is_quoted = |value: &str| {
        let value = value.as_bytes();
        let finds = |text: &[u8]| memchr::memmem::find(text, value).is_some();
        finds(request.body) || finds(request.target.as_bytes())
    };
    let new: Vec<_> = credentials(request)
        .into_iter()
        .filter(|(_, value)| is_quoted(value) && !redactor.knows(value))
        .collect();
    if new.is_empty() {
        return redactor.clone();
    }
    redactor.with_secrets(of_variables().into_iter().chain(new))
}

/// The names and values of the credentials that a request carries.
pub(crate) fn credentials(request: &RawRequest<'_>) -> Vec<(String, String)> {
    let headers = request.headers.iter();
    let headers = headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let kind = request.headers.get(http::header::CONTENT_TYPE);
    let is_form = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form"));
    let form = if is_form { std::str::from_utf8(request.body).unwrap_or("") } else { "" };
    own::credentials(headers, request.target, form)
}

/// Names and values of the secrets in variables, and the placeholders that stand for keys.
fn of_variables() -> Vec<(String, String)> {
    static PLACEHOLDERS: LazyLock<Vec<&str>> = LazyLock::new(|| {
        let keys = Provider::all().flat_map(|provider| provider.entry().keys);
        let mut placeholders: Vec<&str> = keys.map(|(_, value)| *value).collect();
        placeholders.sort_unstable();
        placeholders.dedup();
        placeholders
    });
    let secrets = env::secrets(|name, value| {
        let is_placeholder = PLACEHOLDERS.contains(&value);
        if is_placeholder { None } else { secret_in(name, value) }
    });
    // No secrets, but a machine with a key recorded a secret in their place.
    let placeholders =
        PLACEHOLDERS.iter().map(|value| ("PLACEHOLDER".to_owned(), (*value).to_owned()));
    secrets.into_iter().chain(placeholders).collect()
}

/// What is secret in a variable: all of it, the password in an address, or nothing.
fn secret_in(name: &str, value: &str) -> Option<String> {
    let value = value.trim();
    if provider::is_key_variable(name) {
        let is_key = value.len() >= SHORTEST || looks_like_password(value);
        return is_key.then(|| value.to_owned());
    }
    if value.contains("://")
        && let Ok(address) = Url::parse(value)
        && let Some(password) = address.password()
    {
        let password = percent_decode_str(password).decode_utf8_lossy();
        return looks_like_password(&password).then(|| password.into_owned());
    }
    if !provider::is_secret_variable(name) {
        return None;
    }
    let is_key = value.contains("PRIVATE KEY-----");
    let is_secret = is_key
        || if provider::is_password_variable(name) {
            looks_like_password(value)
        } else {
            value.len() >= SHORTEST && looks_random(value)
        };
    is_secret.then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_variables_are_secrets_if_they_look_random() {
        for (name, value, secret) in [
            (
                "OPENAI_API_KEY",
                "correct-horse-battery-staple",
                Some("correct-horse-battery-staple"),
            ),
            ("OPENAI_API_KEY", "ollama", None),
            ("DEPLOY_TOKEN", "production-environment", None),
            ("CACHE_KEY", "Linux-cargo-stable-x86_64", None),
            ("GATEWAY_TOKEN", "a1B2c3D4e5F6g7H8i9J0", Some("a1B2c3D4e5F6g7H8i9J0")),
            ("DB_PASSWORD", "Sup3rS3cret!", Some("Sup3rS3cret!")),
            ("DB_PASSWORD", "postgres", None),
            ("GITLAB_PAT", "a1B2c3D4e5F6g7H8i9J0", Some("a1B2c3D4e5F6g7H8i9J0")),
            ("DATABASE_URL", "postgres://app:x7Kp9qLm2WvT4@db/x", Some("x7Kp9qLm2WvT4")),
            ("DATABASE_URL", "postgres://postgres:postgres@db/x", None),
            ("APP_NAME", "a1B2c3D4e5F6g7H8i9J0", None),
        ] {
            assert_eq!(secret_in(name, value).as_deref(), secret, "{name}={value}");
        }
    }
}
