//! What the cache guard found.

use std::fmt;

/// Whether the requests of a run extended each other; [`LlmMock::cache_report`](crate::LlmMock::cache_report) makes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheReport {
    /// Requests that continue a conversation.
    pub turns: usize,
    /// Those of them that begin with all of the previous request's prompt.
    pub kept: usize,
    /// The others, in order.
    pub breaks: Vec<CacheBreak>,
}

/// A request that does not begin with the prompt of the request that it continues.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheBreak {
    /// The request, counted from one.
    pub request: usize,
    /// The request that it continues.
    pub previous: usize,
    /// Where the prompts part, in the order in which they are cached: `$.system[0].text`.
    pub path: String,
    /// The usual cause.
    pub cause: String,
    /// About how many tokens behind the break are not read from the cache; zero if no usage is recorded.
    pub lost: u64,
    /// The tokens of the previous request's prompt.
    pub prompt: u64,
}

impl CacheReport {
    /// Whether every request extended the one that it continues.
    pub fn is_stable(&self) -> bool {
        self.breaks.is_empty()
    }

    /// About how many tokens all breaks together cost.
    pub fn lost(&self) -> u64 {
        self.breaks.iter().map(|one| one.lost).sum()
    }
}

impl fmt::Display for CacheReport {
    /// One line for each break, or a line that there is none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_stable() {
            return write!(f, "{} of {} turns keep their prefix", self.kept, self.turns);
        }
        let lines: Vec<String> = self.breaks.iter().map(CacheBreak::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl fmt::Display for CacheBreak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { request, previous, path, cause, lost, prompt } = self;
        write!(
            f,
            "request {request} continues request {previous}, but differs at {path}: {cause}"
        )?;
        if *prompt > 0 {
            write!(f, " (about {lost} of {prompt} tokens are not read from the cache)")?;
        }
        Ok(())
    }
}
