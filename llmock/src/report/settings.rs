//! What is said of a setting that cannot hold: the reason behind its key, and the way out.

use crate::suggest;

/// Why `intercept = true` cannot hold.
#[derive(Debug)]
pub(crate) struct NoIntercept {
    /// Behind the key.
    pub(crate) reason: &'static str,
    /// As the compiler says it of an attribute.
    pub(crate) compiling: &'static str,
}

pub(crate) const INTERCEPT_IS_OF_LINUX: NoIntercept = NoIntercept {
    reason: "works on Linux alone, where clients read `SSL_CERT_FILE`",
    compiling: "`intercept = true` works on Linux alone, where clients read `SSL_CERT_FILE`",
};

pub(crate) const INTERCEPT_IS_A_FEATURE: NoIntercept = NoIntercept {
    reason: "needs the feature `intercept` of llmock",
    compiling: "`intercept = true` needs the feature `intercept` of llmock",
};

/// What to do where CI refuses to record.
pub(crate) const NO_RECORDING_IN_CI: &str =
    "record on your machine and commit the fixture, or set LLMOCK_ALLOW_CI_RECORD=1";

/// An empty `match_on`.
pub(crate) const NO_FIELD: &str = "names no field, so that all requests would be the same";

/// A word that its key does not know.
pub(crate) fn unknown_value(text: &str, known: &[&str]) -> String {
    format!("unknown value `{text}`; {}", suggest::hint(text, known))
}

/// A key that `llmock.toml` does not have.
pub(crate) fn unknown_key(name: &str, known: &[&str]) -> String {
    format!("unknown key `{name}`; {}", suggest::hint(name, known))
}

/// A key that a table inside it does not have.
pub(crate) fn unknown_field(table: &str, name: &str, known: &[&str]) -> String {
    format!("unknown key `{name}` in `{table}`; {}", suggest::hint(name, known))
}

/// A key of the attribute in a file that is for many tests.
pub(crate) fn belongs_to_one_test(name: &str) -> String {
    format!("`{name}` belongs to one test; write it in `#[llm_replay({name} = ..)]`")
}

/// A word in braces that is nearly the name of an address.
pub(crate) fn unknown_placeholder(word: &str, template: &str, meant: &str) -> String {
    format!("unknown placeholder `{{{word}}}` in `{template}`; did you mean `{{{meant}}}`?")
}

/// An id that is nearly one of the table.
pub(crate) fn unknown_provider(id: &str, meant: &str) -> String {
    format!("unknown provider `{id}`; did you mean `{meant}`?")
}

/// A status that is no error.
pub(crate) fn no_error_status(status: u16) -> String {
    format!("`{status}` is not an error status, 400 to 599")
}

/// No background call.
pub(crate) fn no_side_call(text: &str) -> String {
    format!("`{text}` is not a method and a path such as `GET /v1/models`")
}

/// A background call with a star in its middle.
pub(crate) fn misplaced_star(text: &str) -> String {
    format!("`{text}` has a `*` that is not at its end")
}

/// A time that is none.
pub(crate) fn no_time(text: &str) -> String {
    format!("`{text}` is not a time; expected seconds, or a number with `ms`, `s`, or `m`")
}

/// A size that is none.
pub(crate) fn no_size(text: &str) -> String {
    format!("`{text}` is not a size; expected bytes, or a number with `K`, `M`, or `G`")
}
