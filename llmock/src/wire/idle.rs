//! Parts of a request that cannot change the response: a test may leave them out of the comparison.
//!
//! The members that are left out of every comparison are in [`Format::volatile`](super::format::Format::volatile). Those
//! here count, because they are deep in a request, where a rule for all tests would cost time and be hard to see.

use super::Format;
use crate::provider::Provider;

/// A member of a request body, at any depth.
struct Idle {
    member: &'static str,
    /// The wire formats that have it.
    formats: &'static [&'static str],
}

const IDLE: [Idle; 2] = [
    // "Prompt caching has no effect on output token generation": the marker says which prefix is kept for the next request.
    // https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching#faq
    // https://openrouter.ai/docs/features/prompt-caching (in the format of OpenAI)
    Idle { member: "cache_control", formats: &["Anthropic", "OpenAI chat", "Bedrock"] },
    // The latency of the model, not its weights.
    // https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_PerformanceConfiguration.html
    Idle { member: "performanceConfig", formats: &["Bedrock"] },
];

/// Members whose value is the caller's own: what is inside means whatever the caller says.
const FOREIGN: [&str; 8] = [
    "parameters",
    "input_schema",
    "inputSchema",
    "schema",
    "arguments",
    "args",
    "input",
    "response_format",
];

impl Format {
    /// Whether what is at a place (`$.system[0].cache_control`, `query.api-version`) cannot change the response.
    pub(crate) fn is_idle(&self, provider: Provider, place: &str) -> bool {
        if let Some(parameter) = place.strip_prefix("query.") {
            return provider.entry().idle_query.contains(&parameter);
        }
        let Some(inside) = place.strip_prefix("$.") else { return false };
        let name = |step: &'_ str| step.split('[').next().unwrap_or_default().to_owned();
        let steps: Vec<String> = inside.split('.').map(name).collect();
        if self.volatile.contains(&steps[0].as_str()) {
            return true;
        }
        let known = IDLE.iter().filter(|idle| idle.formats.contains(&self.name));
        let known: Vec<&str> = known.map(|idle| idle.member).collect();
        let at = steps.iter().position(|step| known.contains(&step.as_str()));
        at.is_some_and(|at| !steps[..at].iter().any(|step| FOREIGN.contains(&step.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::FORMATS;

    fn format(name: &str) -> &'static Format {
        FORMATS.iter().find(|format| format.name == name).expect("a format of that name")
    }

    #[test]
    fn names_formats_that_exist() {
        for name in IDLE.iter().flat_map(|idle| idle.formats) {
            assert_eq!(format(name).name, *name);
        }
    }

    #[test]
    fn only_what_cannot_change_the_response_is_idle() {
        let cases = [
            ("Anthropic", "$.system[0].cache_control", true),
            ("Anthropic", "$.messages[2].content[0].cache_control.ttl", true),
            ("Anthropic", "$.metadata", true),
            ("Anthropic", "$.tools[0].input_schema.properties.cache_control", false),
            ("Anthropic", "$.max_tokens", false),
            ("Anthropic", "$.cache_control_of_mine", false),
            ("OpenAI chat", "$.messages[0].content[0].cache_control", true),
            ("OpenAI chat", "$.response_format", false),
            ("OpenAI chat", "$.tool_choice", false),
            ("OpenAI chat", "$.seed", false),
            ("OpenAI chat", "$.n", false),
            ("OpenAI chat", "$", false),
            ("OpenAI chat", "path", false),
            ("Bedrock", "$.performanceConfig.latency", true),
            ("Gemini", "$.contents[0].parts[0].cache_control", false),
        ];
        for (name, place, expected) in cases {
            assert_eq!(format(name).is_idle(Provider::OpenAI, place), expected, "{name} {place}");
        }
        assert!(format("OpenAI chat").is_idle(Provider::Azure, "query.api-version"));
        assert!(!format("Gemini").is_idle(Provider::Gemini, "query.alt"));
    }
}
