//! Every variable of the library's own. Those of `llmock serve` are keys of its configuration, and listed there.

use llmock_rules::nearest;

macro_rules! names {
    ($($constant:ident = $name:literal, $doc:literal;)*) => {
        $(
            #[doc = $doc]
            pub(crate) const $constant: &str = $name;
        )*

        /// All of them with one line each, in the order of the documentation.
        const ALL: &[(&str, &str)] = &[$(($name, $doc)),*];
    };
}

names! {
    MODE = "LLMOCK_MODE", "`replay` (default), `record`, `auto`, `refresh`, `verify`, or `off`; wins over the attribute and `llmock.toml`";
    DISABLED = "LLMOCK_DISABLED", "a switch: mode `off` for everything";
    LLM_MOCK_DISABLED = "LLM_MOCK_DISABLED", "the same, as the Python tool `llm-mock` spells it";
    ALLOW_CI_RECORD = "LLMOCK_ALLOW_CI_RECORD", "a switch: lets `record` and `auto` record in CI";
    WORKSPACE_ROOT = "LLMOCK_WORKSPACE_ROOT", "the folder of the checkout, where Cargo does not tell it";
    RECORD_DIR = "LLMOCK_RECORD_DIR", "write recordings below this folder instead of beside the tests";
    DRAIN_TIMEOUT = "LLMOCK_DRAIN_TIMEOUT", "how long a response that is being recorded may go on after its client has left, or after the test has ended, in seconds (30)";
    TURN_TIMEOUT = "LLMOCK_TURN_TIMEOUT", "how long a test without a handle waits for its turn, in seconds (300)";
    MAX_BODY = "LLMOCK_MAX_BODY", "the largest request body, in bytes or as `16M` (16 MiB)";
    RUN_LOG = "LLMOCK_RUN_LOG", "a file to which every test adds its line of `last-run.jsonl` too; the commands that run tests set it";
    MAX_REQUESTS = "LLMOCK_MAX_REQUESTS", "the most requests that one run of the tests sends to providers";
    MAX_TOKENS = "LLMOCK_MAX_TOKENS", "the tokens, in and out, after which a run sends nothing more to providers";
    MAX_USD = "LLMOCK_MAX_USD", "the same in dollars, by the table of prices";
    PRICES = "LLMOCK_PRICES", "a file with prices of models, which count before llmock's own table; see [prices](recording.md#prices)";
    MODEL = "LLMOCK_MODEL", "set by `llmock compare`: `PROVIDER:MODEL`, the model that takes the place of every model of that provider";
    PLAN = "LLMOCK_PLAN", "set by `llmock plan`: the file for what a test would record";
    SWEEP = "LLMOCK_SWEEP", "`faults`, `cuts`, `errors`, or a switch: the [sweep](sweep.md) of tests that name none; `off` for all";
    SWEEP_MAX = "LLMOCK_SWEEP_MAX", "the most faults of one sweep (500)";
    SWEEP_FAULT = "LLMOCK_SWEEP_FAULT", "set by llmock in a child process of a sweep: its fault";
    SWEEP_RESULT = "LLMOCK_SWEEP_RESULT", "set by llmock in a child process of a sweep: the file for what happened";
    AGE_IDENTITY = "LLMOCK_AGE_IDENTITY", "what opens [encrypted fixtures](teams.md#encryption): a secret key of age, or the path of one or of a key of SSH";
    EMBEDDINGS_KEY = "LLMOCK_EMBEDDINGS_KEY", "the key for the endpoint of [`embeddings`](teams.md#embeddings), if it needs one";
    CACHE_DIR = "LLMOCK_CACHE_DIR", "the folder of fetched [layers](teams.md), instead of `llmock` in the user's folder for caches";
    BASE_URL = "LLMOCK_BASE_URL", "set by llmock: the address that stands for `{base}`, for code that builds its own URLs";
    SPARE = "LLMOCK_SPARE_", "set by llmock, with a number behind it: a place in the environment that a test's variable takes";
}

/// Variables of `llmock serve` whose names are close to one of the library's.
const OF_THE_SERVER: [&str; 1] = ["LLMOCK_MODELS"];

/// The names of the library's variables; one that ends with `_` is the beginning of several.
pub(crate) fn of_the_library() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name)
}

/// A variable that nothing reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misspelt {
    pub(crate) name: String,
    /// The variable that the user meant.
    pub(crate) meant: &'static str,
}

/// The variable of the library that somebody meant with this name.
pub(crate) fn meant_by(name: &str) -> Option<&'static str> {
    // Cheap for the many variables of other programs.
    let is_close = name.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("llm"));
    if !is_close || OF_THE_SERVER.contains(&name) {
        return None;
    }
    let (beginnings, own): (Vec<_>, Vec<_>) = of_the_library().partition(|own| own.ends_with('_'));
    // A process has dozens of them, and comparing is slow without optimization.
    if own.contains(&name) || beginnings.iter().any(|start| name.starts_with(start)) {
        return None;
    }
    nearest(name, own)
}

/// Those among `names` that are close to a variable of the library, in the order of the alphabet.
pub(super) fn misspelt(names: impl Iterator<Item = String>) -> Vec<Misspelt> {
    let judge = |name: String| meant_by(&name).map(|meant| Misspelt { name, meant });
    let mut found: Vec<_> = names.filter_map(judge).collect();
    found.sort_by(|left, right| left.name.cmp(&right.name));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_close_to_a_variable_of_the_library_is_misspelt() {
        for (name, meant) in [
            ("LLMOCK_MOD", Some(MODE)),
            ("LLMOCK_MDOE", Some(MODE)),
            ("LLM_MOCK_MODE", Some(MODE)),
            ("LLMOCK_RECORD_DIRS", Some(RECORD_DIR)),
            ("LLMOCK_MODE", None),
            ("LLMOCK_SPARE_3", None),
            ("LLM_MOCK_DISABLED", None),
            ("LLMOCK_DISABLED", None),
            ("LLMOCK_MODELS", None),
            ("LLM_PROVIDER", None),
            ("LLVM_MODE", None),
            ("MODE", None),
        ] {
            assert_eq!(meant_by(name), meant, "{name}");
        }
    }

    #[test]
    fn the_documentation_lists_every_variable_in_this_order() {
        let page = include_str!("../../../docs/isolation.md");
        let rows: String =
            ALL.iter().map(|(name, doc)| format!("| `{name}` | {doc} |\n")).collect();
        assert!(page.contains(&rows), "docs/isolation.md should have\n{rows}");
    }
}
