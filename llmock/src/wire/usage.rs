//! The tokens that a response reports, in the members of every format.

use std::iter::Sum;

use crate::json::Json;

/// Tokens that responses report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenUsage {
    /// Tokens of the request, cached ones included.
    pub input: u64,
    /// Those of them that were read from the provider's cache.
    pub cached: u64,
    /// Tokens of the response, reasoning included.
    pub output: u64,
    /// Those of them that were reasoning, where the provider counts them apart.
    pub reasoning: u64,
}

impl TokenUsage {
    /// Input and output.
    pub fn total(self) -> u64 {
        self.input.saturating_add(self.output)
    }

    /// Adds what one object of a response reports: a whole body, or one event of a stream. Later events repeat or
    /// complete the counts of earlier ones.
    pub(crate) fn read(&mut self, object: &Json<'_>) {
        let places = [
            "usage",
            "message/usage",
            "response/usage",
            "usageMetadata",
            "x_groq/usage",
            "delta/usage",
            "meta/billed_units",
            "response/meta/billed_units",
            "metadata/usage",
        ];
        let found = places.iter().filter_map(|place| object.find(place));
        for usage in found.filter(|usage| usage.as_object().is_some()) {
            self.read_usage(usage);
        }
        if object.get("prompt_eval_count").is_some() || object.get("eval_count").is_some() {
            self.read_usage(object);
        }
    }

    fn read_usage(&mut self, usage: &Json<'_>) {
        let usage = usage.get("tokens").or_else(|| usage.get("billed_units")).unwrap_or(usage);
        let first = |paths: &[&str]| paths.iter().find_map(|path| usage.find(path)?.as_u64());
        let cached = first(&[
            "prompt_tokens_details/cached_tokens",
            "input_tokens_details/cached_tokens",
            "cachedContentTokenCount",
            "cached_tokens",
        ]);
        // Anthropic and Bedrock count what was cached apart from the input.
        let read = first(&["cache_read_input_tokens", "cacheReadInputTokens"]);
        let written = first(&["cache_creation_input_tokens", "cacheWriteInputTokens"]);
        let input = first(&[
            "prompt_tokens",
            "input_tokens",
            "promptTokenCount",
            "inputTokens",
            "prompt_eval_count",
        ]);
        let thoughts = first(&["thoughtsTokenCount"]);
        let output = first(&[
            "completion_tokens",
            "output_tokens",
            "candidatesTokenCount",
            // Of Gemini Live: <https://ai.google.dev/api/live>.
            "responseTokenCount",
            "outputTokens",
            "eval_count",
        ]);
        let reasoning = first(&[
            "completion_tokens_details/reasoning_tokens",
            "output_tokens_details/reasoning_tokens",
        ]);
        let most = |known: u64, found: Option<u64>| known.max(found.unwrap_or_default());
        let apart = read.unwrap_or_default().saturating_add(written.unwrap_or_default());
        self.input = most(self.input, input.map(|input| input.saturating_add(apart)));
        self.cached = most(self.cached, cached.or(read));
        let thought = thoughts.unwrap_or_default();
        let output = output.or(thoughts.map(|_| 0)).map(|output| output.saturating_add(thought));
        self.output = most(self.output, output);
        self.reasoning = most(self.reasoning, reasoning.or(thoughts));
    }
}

impl Sum for TokenUsage {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            input: sum.input.saturating_add(one.input),
            cached: sum.cached.saturating_add(one.cached),
            output: sum.output.saturating_add(one.output),
            reasoning: sum.reasoning.saturating_add(one.reasoning),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[test]
    fn reads_the_counts_of_every_format() {
        for (events, expected) in [
            (
                &[
                    r#"{"usage":{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":4},
                    "completion_tokens_details":{"reasoning_tokens":2}}}"#,
                ][..],
                (10, 4, 5, 2),
            ),
            (
                &[
                    r#"{"type":"response.completed","response":{"usage":{"input_tokens":10,"output_tokens":5,
                    "input_tokens_details":{"cached_tokens":4}}}}"#,
                ],
                (10, 4, 5, 0),
            ),
            (
                &[
                    r#"{"type":"message_start","message":{"usage":{"input_tokens":6,"cache_read_input_tokens":4,"output_tokens":1}}}"#,
                    r#"{"type":"message_delta","usage":{"output_tokens":5}}"#,
                ],
                (10, 4, 5, 0),
            ),
            (
                &[
                    r#"{"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":3,"thoughtsTokenCount":2}}"#,
                ],
                (10, 0, 5, 2),
            ),
            (&[r#"{"prompt_eval_count":10,"eval_count":5}"#], (10, 0, 5, 0)),
            (&[r#"{"usage":{"tokens":{"input_tokens":10,"output_tokens":5}}}"#], (10, 0, 5, 0)),
            (
                &[r#"{"usage":{"inputTokens":6,"outputTokens":5,"cacheReadInputTokens":4}}"#],
                (10, 4, 5, 0),
            ),
            (&[r#"{"usage":null}"#, "{}"], (0, 0, 0, 0)),
        ] {
            let mut usage = TokenUsage::default();
            for event in events {
                usage.read(&json::parse(event).unwrap());
            }
            let found = (usage.input, usage.cached, usage.output, usage.reasoning);
            assert_eq!(found, expected, "{events:?}");
        }
    }
}
