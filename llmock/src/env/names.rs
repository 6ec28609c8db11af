//! Every variable of the library's own. Those of `llmock serve` are keys of its configuration, and listed there.

macro_rules! names {
    ($($constant:ident = $name:literal, $doc:literal;)*) => {
        $(
            #[doc = $doc]
            pub(crate) const $constant: &str = $name;
        )*

        /// All of them with one line each, in the order of the documentation.
        #[cfg(test)]
        const ALL: &[(&str, &str)] = &[$(($name, $doc)),*];
    };
}

names! {
    MODE = "LLMOCK_MODE", "`replay` (default), `record`, `auto`, or `off`; wins over the attribute and `llmock.toml`";
    DISABLED = "LLMOCK_DISABLED", "a switch: mode `off` for everything";
    LLM_MOCK_DISABLED = "LLM_MOCK_DISABLED", "the same, as the Python tool `llm-mock` spells it";
    ALLOW_CI_RECORD = "LLMOCK_ALLOW_CI_RECORD", "a switch: lets `record` and `auto` record in CI";
    WORKSPACE_ROOT = "LLMOCK_WORKSPACE_ROOT", "the folder of the checkout, where Cargo does not tell it";
    RECORD_DIR = "LLMOCK_RECORD_DIR", "write recordings below this folder instead of beside the tests";
    DRAIN_TIMEOUT = "LLMOCK_DRAIN_TIMEOUT", "how long a response that is being recorded may go on after its client has left, or after the test has ended, in seconds (30)";
    TURN_TIMEOUT = "LLMOCK_TURN_TIMEOUT", "how long a test without a handle waits for its turn, in seconds (300)";
    MAX_BODY = "LLMOCK_MAX_BODY", "the largest request body, in bytes or as `16M` (16 MiB)";
    SWEEP = "LLMOCK_SWEEP", "`faults`, `cuts`, `errors`, or a switch: the [sweep](sweep.md) of tests that name none; `off` for all";
    SWEEP_MAX = "LLMOCK_SWEEP_MAX", "the most faults of one sweep (500)";
    SWEEP_FAULT = "LLMOCK_SWEEP_FAULT", "set by llmock in a child process of a sweep: its fault";
    SWEEP_RESULT = "LLMOCK_SWEEP_RESULT", "set by llmock in a child process of a sweep: the file for what happened";
    CACHE_DIR = "LLMOCK_CACHE_DIR", "the folder of fetched [layers](teams.md), instead of `llmock` in the user's folder for caches";
    BASE_URL = "LLMOCK_BASE_URL", "set by llmock: the address that stands for `{base}`, for code that builds its own URLs";
    SPARE = "LLMOCK_SPARE_", "set by llmock, with a number behind it: a place in the environment that a test's variable takes";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_lists_every_variable_in_this_order() {
        let page = include_str!("../../../docs/isolation.md");
        let rows: String =
            ALL.iter().map(|(name, doc)| format!("| `{name}` | {doc} |\n")).collect();
        assert!(page.contains(&rows), "docs/isolation.md should have\n{rows}");
    }
}
