//! Why no request has reached llmock, and what to try.

use super::sentences::{ITEMS, PATH, codes};
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

pub(super) fn distrust(host: &str) -> String {
    let host = excerpt(host, PATH);
    format!(
        "the client for `{host}` rejected llmock's certificate: its TLS does not read SSL_CERT_FILE"
    )
}

pub(super) fn no_requests(
    handle: bool,
    variables: &[String],
    through: Through,
    proxies: &[String],
) -> Vec<String> {
    let (cause, ways) = if handle {
        ("uses another server".to_owned(), WITH_HANDLE)
    } else if variables.is_empty() {
        ("ignores the base-URL variables".to_owned(), WITHOUT_HANDLE)
    } else {
        (format!("ignores {}", list(&codes(variables, 3))), WITHOUT_HANDLE)
    };
    let mut ways: Vec<String> = ways.iter().map(|way| (*way).to_owned()).collect();
    if !handle {
        ways.push(fixed_address(through));
    }
    if !proxies.is_empty() {
        let names = codes(proxies, ITEMS);
        let verb = if names.len() == 1 { "is" } else { "are" };
        let names = list(&names);
        ways.push(format!("{names} {verb} set: exclude 127.0.0.1 from the proxy (`NO_PROXY`)"));
    }
    ways.push("if the test calls no model: calls = 0".to_owned());
    let lead = format!("your client probably {cause}; ways to reach llmock:");
    std::iter::once(lead).chain(ways.into_iter().map(|way| format!("  · {way}"))).collect()
}

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
