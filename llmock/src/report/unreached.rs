//! Why no request has reached llmock, and what to try.

use super::sentences::{ITEMS, PATH, PAUSED_CLOCK, code, codes};
use super::values::{excerpt, list};

/// The ways by which clients with a fixed address reach llmock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Through {
    pub(crate) proxy: bool,
    pub(crate) intercept: bool,
}

/// Why a connection to llmock has brought no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Silence {
    #[error(
        "a client began TLS on llmock's port, which speaks plain HTTP: its base URL must begin with http://"
    )]
    Tls,
    #[error(
        "a client sent a request with more than 100 headers, or with a head that is too large: llmock refused it"
    )]
    HeadTooLarge,
    #[error("a client connected to llmock and sent only the beginning of a request")]
    Incomplete,
    #[error("a client connected to llmock and sent something other than HTTP")]
    NotHttp,
}

/// What is known about a test without a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "facts that do not exclude each other")]
pub(crate) struct Unreached {
    pub(crate) handle: Handle,
    /// The body failed, for which it may have a reason of its own.
    pub(crate) has_failed: bool,
    /// The test was recording.
    pub(crate) is_recording: bool,
    /// The tokio clock of the test is paused, so a client's timeout may have come before its request.
    pub(crate) is_clock_paused: bool,
    /// The test writes its replies itself.
    pub(crate) is_scripted: bool,
    /// There is no file at the fixture's path.
    pub(crate) is_fixture_missing: bool,
    /// The variables that point to llmock, for the providers in the fixture.
    pub(crate) variables: Vec<String>,
    /// Variables that the program changed after llmock had set them.
    pub(crate) overwritten: Vec<Overwritten>,
    /// The address that the error of the test mentions: scheme and host.
    pub(crate) contacted: Option<String>,
    /// Which settings for clients without a variable were on.
    pub(crate) through: Through,
    /// Hosts whose clients refused the certificate that `intercept = true` shows.
    pub(crate) distrusted: Vec<String>,
    /// Why connections to llmock have brought no request.
    pub(crate) silences: Vec<Silence>,
    /// Proxies to which a client may send everything: the name of each variable, and the proxy's address.
    pub(crate) proxies: Vec<(String, String)>,
    pub(crate) keys: Keys,
}

/// Whether the test takes a handle, which sets no variable, and has taken an address from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Handle {
    #[default]
    None,
    Unused,
    Used,
}

/// A variable that no longer leads to llmock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Overwritten {
    pub(crate) variable: String,
    /// Where it leads now, without credentials and query; `None` if it was removed.
    pub(crate) now: Option<String>,
}

/// What is known about API keys, which some clients need before they send anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Keys {
    /// The error of the test mentions a key or a variable.
    pub(crate) are_mentioned: bool,
    /// Providers whose keys are set or have placeholders; `None` if all have.
    pub(crate) providers: Option<Vec<String>>,
    /// Recording: the variables of keys that could be set, none of which is.
    pub(crate) missing: Vec<String>,
}

impl Unreached {
    /// The sentence that stands for the whole; `is_passed`: the body had no other reason to fail.
    pub(super) fn headline(&self, fixture: &str, is_passed: bool) -> String {
        let before = if is_passed { "" } else { " before the test failed" };
        if self.is_scripted {
            format!("no request reached llmock{before}, so none of the test's replies was sent")
        } else if self.is_recording {
            format!("no request reached llmock{before}, so nothing was recorded into {fixture}")
        } else if self.is_fixture_missing {
            format!("there is no {fixture} yet, and no request reached llmock{before}")
        } else if is_passed {
            "no request reached llmock, so this test has replayed nothing".to_owned()
        } else {
            format!("no request reached llmock{before}, so nothing was replayed from {fixture}")
        }
    }

    /// What is known, then what may help, the most certain first.
    pub(super) fn details(&self) -> Vec<String> {
        if !self.silences.is_empty() {
            return self.silences.iter().map(Silence::to_string).collect();
        }
        let causes = self.causes();
        let is_key = self.keys.are_mentioned && !self.keys.lines(self.is_recording).is_empty();
        let is_led_away = !self.overwritten.is_empty() || self.handle == Handle::Unused;
        // A test that was never recorded is recorded first: that tells whether its client finds llmock.
        let is_new = self.is_fixture_missing && !self.is_recording && self.contacted.is_none();
        // Another address explains itself: the proxy of an office stands between most clients and their hosts.
        let is_kept_away = self.has_failed && !self.proxies.is_empty() && self.contacted.is_none();
        // Where a cause is certain, a list of guesses would hide it.
        if self.is_clock_paused || is_led_away || is_kept_away || is_key || is_new {
            return causes;
        }
        let ways = self.ways();
        causes.into_iter().chain(ways).collect()
    }

    /// Facts, each with its remedy.
    pub(super) fn causes(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.overwritten.iter().take(ITEMS).map(overwritten).collect();
        if !lines.is_empty() {
            lines.push(LEFT_ALONE.to_owned());
        }
        if self.is_clock_paused {
            lines.push(PAUSED_CLOCK.to_owned());
        }
        if self.handle == Handle::Unused {
            lines.push(UNUSED_HANDLE.to_owned());
        }
        lines.extend(self.distrusted.iter().take(ITEMS).map(|host| distrust(host)));
        lines.extend(self.proxies.iter().take(ITEMS).map(|(name, address)| {
            let address = excerpt(address, PATH);
            format!("{} sends clients to {address}: set NO_PROXY=127.0.0.1,localhost", code(name))
        }));
        if let Some(address) = self.contacted.as_ref().filter(|_| self.overwritten.is_empty()) {
            let address = excerpt(address, PATH);
            lines.push(format!(
                "its error says that the client went to {address}, which is not llmock"
            ));
        }
        lines.extend(self.keys.lines(self.is_recording));
        lines
    }

    /// The headline and the first cause as a clause of a note.
    pub(super) fn clause(&self, fixture: &str) -> String {
        let why = self.silences.first().map(ToString::to_string);
        let why = why.or_else(|| self.causes().into_iter().next());
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        format!("{}{why}", self.headline(fixture, false))
    }

    fn ways(&self) -> Vec<String> {
        let is_handle = self.handle != Handle::None;
        let lead = match &self.contacted {
            Some(_) => self.fixed(),
            None if self.has_failed => {
                format!("if the error is that of a client, it probably {}", self.guess())
            }
            None => format!("your client probably {}", self.guess()),
        };
        let ways = if is_handle { WITH_HANDLE } else { WITHOUT_HANDLE };
        let mut ways: Vec<String> = ways.iter().map(|way| (*way).to_owned()).collect();
        if !is_handle {
            ways.push(fixed_address(self.through));
        }
        if self.contacted.is_none() {
            ways.push("if the test calls no model: calls = 0".to_owned());
        }
        let lead = format!("{lead}; ways to reach llmock:");
        std::iter::once(lead).chain(ways.into_iter().map(|way| format!("  · {way}"))).collect()
    }
}

impl Unreached {
    fn guess(&self) -> String {
        if self.handle != Handle::None {
            "uses another server".to_owned()
        } else if self.variables.is_empty() {
            "ignores the base-URL variables".to_owned()
        } else {
            format!("ignores {}", list(&codes(&self.variables, 3)))
        }
    }

    /// Why a client has that address.
    fn fixed(&self) -> String {
        if self.handle != Handle::None {
            return "the address of the handle did not reach it".to_owned();
        }
        let variables = match self.variables.as_slice() {
            [] => "the base-URL variables".to_owned(),
            some => list(&codes(some, 3)),
        };
        format!(
            "its address is in the program or its configuration, or it was built before llmock set {variables}"
        )
    }
}

impl Keys {
    fn lines(&self, is_recording: bool) -> Vec<String> {
        let mut lines = Vec::new();
        if is_recording && !self.missing.is_empty() {
            let names = codes(&self.missing, 3).join(" or ");
            lines.push(format!("recording needs the provider's key: set {names}"));
        } else if is_recording && self.are_mentioned {
            lines.push(
                "recording needs the provider's key, in the variable that the client reads: OPENAI_API_KEY, \
                 ANTHROPIC_API_KEY, …"
                    .to_owned(),
            );
        }
        if let Some(providers) = self.providers.as_ref().filter(|_| self.are_mentioned) {
            let ids: Vec<String> = providers.iter().take(ITEMS).map(|id| excerpt(id, 60)).collect();
            lines.push(format!(
                "only {} has a placeholder key here, as the fixture has no other provider; for a client of another one, \
                 name it: providers(openai, anthropic)",
                list(&ids)
            ));
        }
        lines
    }
}

fn overwritten(Overwritten { variable, now }: &Overwritten) -> String {
    let what = match now {
        Some(now) => format!("the program set it to {}", excerpt(now, PATH)),
        None => "the program removed it".to_owned(),
    };
    format!("{} no longer points to llmock: {what}", code(variable))
}

const LEFT_ALONE: &str = "something that runs in the test does that, such as a `.env` file that overrides: leave it out in tests, \
                          or pass `mock.base_url(..)` to the client";

fn distrust(host: &str) -> String {
    let host = excerpt(host, PATH);
    format!(
        "the client for `{host}` rejected llmock's certificate: its TLS does not read SSL_CERT_FILE"
    )
}

const UNUSED_HANDLE: &str = "the test takes an `LlmMock` and never asks it for an address: pass `mock.base_url(..)` to the client";

const WITH_HANDLE: &[&str] =
    &["pass `mock.base_url(..)` to the client: a test with an `LlmMock` sets no variables"];

const WITHOUT_HANDLE: &[&str] = &[
    "if it takes a URL: add the parameter `mock: LlmMock` and pass `mock.base_url(..)`",
    "if it reads another variable: env(MY_LLM_URL = \"{base}/openai/v1\")",
    "if it is built before the first test: `llmock::preload!()` in the test crate",
];

/// What to try for a client with a fixed address, apart from what the test already sets.
fn fixed_address(Through { proxy, intercept }: Through) -> String {
    let tried = match (proxy, intercept) {
        (false, false) => {
            return "if its address is fixed: proxy = true (plain http), intercept = true (https)"
                .to_owned();
        }
        (true, false) => "HTTP_PROXY",
        (false, true) => "HTTPS_PROXY and SSL_CERT_FILE",
        (true, true) => "HTTP_PROXY, HTTPS_PROXY and SSL_CERT_FILE",
    };
    format!(
        "if it was built before this test set {tried} (a `static`?): run the test in its own process"
    )
}
