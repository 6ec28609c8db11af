//! The rules as data. [`TABLE_DATE`](super::TABLE_DATE) is the day on which they were last verified.

use super::check::{Api, Found, Request};
use super::{anthropic, bedrock, gemini, openai, responses};

/// One thing that a provider rejects.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    pub(crate) api: Api,
    /// The day from which on requests are rejected; `None` for what was never accepted.
    pub(crate) since: Option<&'static str>,
    /// The first `anthropic-version` that rejects it.
    pub(crate) version: Option<&'static str>,
    /// The first generation of Claude that rejects it.
    pub(crate) claude: Option<(u32, u32)>,
    pub(super) check: fn(&Request<'_>) -> Option<Found>,
    /// The page that states it.
    pub(crate) source: &'static str,
}

impl Rule {
    pub(super) fn applies(&self, request: &Request<'_>, today: &str) -> bool {
        let version = || request.sent.header("anthropic-version").unwrap_or("2023-06-01");
        request.api == Some(self.api)
            && self.since.is_none_or(|since| since <= today)
            && self.version.is_none_or(|first| version() >= first)
            && self.claude.is_none_or(|(major, minor)| {
                request.claude.is_some_and(|claude| claude.is_at_least(major, minor))
            })
    }
}

const fn rule(
    name: &'static str,
    api: Api,
    check: fn(&Request<'_>) -> Option<Found>,
    source: &'static str,
) -> Rule {
    Rule { name, api, since: None, version: None, claude: None, check, source }
}

impl Rule {
    const fn since(self, day: &'static str) -> Self {
        Self { since: Some(day), ..self }
    }

    const fn version(self, first: &'static str) -> Self {
        Self { version: Some(first), ..self }
    }

    const fn claude(self, major: u32, minor: u32) -> Self {
        Self { claude: Some((major, minor)), ..self }
    }
}

use Api::{Anthropic, Chat, Converse, Gemini, Responses};

const MESSAGES: &str = "https://platform.claude.com/docs/en/api/messages/create";
const TOOL_USE: &str =
    "https://platform.claude.com/docs/en/agents-and-tools/tool-use/implement-tool-use";
const THINKING: &str = "https://platform.claude.com/docs/en/build-with-claude/extended-thinking";
const NEW_VERSION: &str = "https://platform.claude.com/docs/en/api/versioning";
const CACHING: &str = "https://platform.claude.com/docs/en/build-with-claude/prompt-caching";
const STRUCTURED: &str = "https://platform.claude.com/docs/en/build-with-claude/structured-outputs";
const CHAT: &str = "https://developers.openai.com/api/reference/resources/chat/subresources/completions/methods/create";
const CALLING: &str = "https://developers.openai.com/api/docs/guides/function-calling";
const STRICT: &str = "https://developers.openai.com/api/docs/guides/structured-outputs";
const REASONING: &str = "https://developers.openai.com/api/docs/guides/reasoning";
const RESPONSES: &str =
    "https://developers.openai.com/api/reference/resources/responses/methods/create";
const MIGRATE: &str = "https://developers.openai.com/api/docs/guides/migrate-to-responses";
const CONTENT: &str = "https://ai.google.dev/api/generate-content";
const GEMINI_CALLING: &str = "https://ai.google.dev/gemini-api/docs/function-calling";
const CONVERSE: &str =
    "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html";
const BEDROCK_TOOLS: &str =
    "https://docs.aws.amazon.com/bedrock/latest/userguide/tool-use-inference-call.html";

#[rustfmt::skip]
pub(crate) static RULES: &[Rule] = &[
    rule("anthropic/max_tokens", Anthropic, anthropic::max_tokens, MESSAGES),
    rule("anthropic/messages", Anthropic, anthropic::messages, MESSAGES),
    rule("anthropic/roles", Anthropic, anthropic::roles, MESSAGES),
    rule("anthropic/empty_text", Anthropic, anthropic::empty_text, MESSAGES),
    rule("anthropic/temperature_range", Anthropic, anthropic::temperature_range, MESSAGES),
    rule("anthropic/unanswered_call", Anthropic, anthropic::unanswered_call, TOOL_USE),
    rule("anthropic/orphan_result", Anthropic, anthropic::orphan_result, TOOL_USE),
    rule("anthropic/tool_choice", Anthropic, anthropic::tool_choice, TOOL_USE),
    rule("anthropic/tool_names", Anthropic, anthropic::tool_names, TOOL_USE),
    rule("anthropic/cache_breakpoints", Anthropic, anthropic::cache_breakpoints, CACHING),
    rule("anthropic/strict_schema", Anthropic, anthropic::strict_schema, STRUCTURED),
    rule("anthropic/budget_minimum", Anthropic, anthropic::budget_minimum, THINKING),
    rule("anthropic/budget_maximum", Anthropic, anthropic::budget_maximum, THINKING),
    rule("anthropic/thinking_temperature", Anthropic, anthropic::thinking_temperature, THINKING),
    rule("anthropic/thinking_tool_choice", Anthropic, anthropic::thinking_tool_choice, THINKING),
    rule("anthropic/prefill", Anthropic, anthropic::prefill,
        "https://platform.claude.com/docs/en/about-claude/models/whats-new-claude-4-6").since("2026-02-05").claude(4, 6),
    rule("anthropic/budget_tokens", Anthropic, anthropic::budget_tokens,
        "https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking").since("2026-04-16").claude(4, 7),
    rule("anthropic/sampling", Anthropic, anthropic::sampling,
        "https://platform.claude.com/docs/en/about-claude/models/migration-guide").since("2026-04-16").claude(4, 7),
    rule("anthropic/no_sampling", Anthropic, anthropic::no_sampling, NEW_VERSION)
        .since("2026-10-21").version("2026-10-21"),
    rule("anthropic/assistant_document", Anthropic, anthropic::assistant_document, NEW_VERSION)
        .since("2026-10-21").version("2026-10-21"),
    rule("anthropic/user_citations", Anthropic, anthropic::user_citations, NEW_VERSION)
        .since("2026-10-21").version("2026-10-21"),
    rule("openai/messages", Chat, openai::messages, CHAT),
    rule("openai/roles", Chat, openai::roles, CHAT),
    rule("openai/orphan_result", Chat, openai::orphan_result, CALLING),
    rule("openai/unanswered_call", Chat, openai::unanswered_call, CALLING),
    rule("openai/tool_choice", Chat, openai::tool_choice, CHAT),
    rule("openai/tools", Chat, openai::tools, CHAT),
    rule("openai/function_names", Chat, openai::function_names, CHAT),
    rule("openai/temperature_range", Chat, openai::temperature_range, CHAT),
    rule("openai/stop", Chat, openai::stop, CHAT),
    rule("openai/json_word", Chat, openai::json_word, STRICT),
    rule("openai/strict_response", Chat, openai::strict_response, STRICT),
    rule("openai/strict_function", Chat, openai::strict_function, STRICT),
    rule("openai/max_tokens", Chat, openai::max_tokens, REASONING),
    rule("openai/sampling", Chat, openai::sampling, REASONING),
    rule("responses/orphan_result", Responses, responses::orphan_result, CALLING),
    rule("responses/unanswered_call", Responses, responses::unanswered_call, CALLING),
    rule("responses/moved", Responses, responses::moved, MIGRATE),
    rule("responses/temperature_range", Responses, openai::temperature_range, RESPONSES),
    rule("responses/minimum", Responses, responses::minimum, RESPONSES),
    rule("responses/sampling", Responses, responses::sampling, REASONING),
    rule("responses/strict_format", Responses, responses::strict_format, STRICT),
    rule("responses/strict_function", Responses, responses::strict_function, STRICT),
    rule("gemini/contents", Gemini, gemini::contents, CONTENT),
    rule("gemini/roles", Gemini, gemini::roles, CONTENT),
    rule("gemini/temperature_range", Gemini, gemini::temperature_range, CONTENT),
    rule("gemini/pairing", Gemini, gemini::pairing, GEMINI_CALLING),
    rule("bedrock/blank_text", Converse, bedrock::blank_text, CONVERSE),
    rule("bedrock/tool_config", Converse, bedrock::tool_config, BEDROCK_TOOLS),
    rule("bedrock/unanswered_call", Converse, bedrock::unanswered_call, BEDROCK_TOOLS),
    rule("bedrock/orphan_result", Converse, bedrock::orphan_result, BEDROCK_TOOLS),
    rule("bedrock/prefill", Converse, bedrock::prefill,
        "https://platform.claude.com/docs/en/about-claude/models/whats-new-claude-4-6").since("2026-02-05").claude(4, 6),
    rule("bedrock/sampling", Converse, bedrock::sampling,
        "https://platform.claude.com/docs/en/about-claude/models/migration-guide").since("2026-04-16").claude(4, 7),
];
