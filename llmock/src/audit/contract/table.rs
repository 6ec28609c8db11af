//! The rules as data. [`TABLE_DATE`](super::TABLE_DATE) is the day on which they were last verified.

use super::check::{Api, Found, Request};
use super::{anthropic, bedrock, gemini, openai, responses, thinking, tools};

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
    /// The page or the file that was read.
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

/// Files of Anthropic's own descriptions of its API, and of its client.
const ERRORS: &str = "https://github.com/anthropics/skills/blob/0da71c3b54277f20e96146648444590eab1dc82c/\
    skills/claude-api/shared/error-codes.md";
const STRUCTURED: &str = "https://github.com/anthropics/skills/blob/0b1d39a490d978c872d26c537a2d16fc96df7c9c/\
    skills/claude-api/shared/tool-use-concepts.md";
const THINKING: &str = "https://github.com/anthropics/anthropic-cookbook/blob/8d1c93365b6d3a6871d38600fd0384b1a540f6fa/\
    extended_thinking/extended_thinking.ipynb";
const MESSAGE: &str = "https://github.com/anthropics/anthropic-sdk-python/blob/2974836c7205936e8abec4d29403705a3496d64a/\
    src/anthropic/types/message_param.py";
const NEW_VERSION: &str = "https://platform.claude.com/docs/en/api/versioning?version=2023-06-01";
const MIGRATION: &str = "https://platform.claude.com/docs/en/api/migration-2026-10-21";
/// OpenAI's own description of its API, and files of its client.
const OPENAPI: &str = "https://github.com/openai/openai-openapi/blob/006e34bedf5bc884774aa8550715f4f4daef3334/openapi.yaml";
const ROLES: &str = "https://github.com/openai/openai-python/blob/04448952820aa3029e61907c1785a7293c3ddbc2/\
    src/openai/types/chat/chat_completion_role.py";
const CREATE: &str = "https://github.com/openai/openai-python/blob/04448952820aa3029e61907c1785a7293c3ddbc2/\
    src/openai/types/chat/completion_create_params.py";
const FUNCTION: &str = "https://github.com/openai/openai-python/blob/1db4657d0ac77a2e68aad7c2b748064b35a25d4a/\
    src/openai/types/shared_params/function_definition.py";
const RESPONSE: &str = "https://github.com/openai/openai-python/blob/001707b8f4ca96c375a5d68670e05812fc50ee6a/\
    src/openai/types/responses/response_create_params.py";
const JSON: &str = "https://github.com/MicrosoftDocs/azure-ai-docs/blob/6901973544b6f08994092af6a27eb80c8397b59f/\
    articles/ai-services/openai/how-to/json-mode.md";
const REASONING: &str = "https://github.com/MicrosoftDocs/azure-ai-docs/blob/07b795817b4c6198e6ec733f961834f79827e6aa/\
    articles/ai-services/openai/how-to/reasoning.md";
const GENERATION: &str = "https://github.com/googleapis/googleapis/blob/1cb097eee9a3f9210911063649eb0d2c3b023596/\
    google/ai/generativelanguage/v1/generative_service.proto";

#[rustfmt::skip]
pub(crate) static RULES: &[Rule] = &[
    rule("anthropic/max_tokens", Anthropic, anthropic::max_tokens, "https://github.com/tickernelz/opencode-mem/issues/50"),
    rule("anthropic/messages", Anthropic, anthropic::messages, ERRORS),
    rule("anthropic/roles", Anthropic, anthropic::roles, MESSAGE),
    rule("anthropic/empty_text", Anthropic, anthropic::empty_text, "https://github.com/anthropics/claude-code/issues/59812"),
    rule("anthropic/empty_message", Anthropic, anthropic::empty_message, "https://github.com/anthropics/claude-code/issues/6774"),
    rule("anthropic/blank_text", Anthropic, anthropic::blank_text, "https://github.com/LibreChat-AI/agents/pull/124"),
    rule("anthropic/trailing_whitespace", Anthropic, anthropic::trailing_whitespace, "https://github.com/tailcallhq/forgecode/issues/1872"),
    rule("anthropic/temperature_range", Anthropic, anthropic::temperature_range, ERRORS),
    rule("anthropic/unanswered_call", Anthropic, anthropic::unanswered_call, "https://github.com/anthropics/claude-code/issues/5060"),
    rule("anthropic/orphan_result", Anthropic, anthropic::orphan_result, "https://github.com/anthropics/claude-code/issues/13460"),
    rule("anthropic/unique_calls", Anthropic, anthropic::unique_calls, "https://github.com/anthropics/claude-code/issues/20901"),
    rule("anthropic/unique_tools", Anthropic, tools::unique_names, "https://github.com/anthropics/claude-code/issues/10687"),
    rule("anthropic/tool_names", Anthropic, tools::name_pattern, "https://github.com/home-assistant/core/issues/147760"),
    rule("anthropic/cache_breakpoints", Anthropic, anthropic::cache_breakpoints, "https://github.com/continuedev/continue/pull/6937"),
    rule("anthropic/strict_schema", Anthropic, anthropic::strict_schema, STRUCTURED),
    rule("anthropic/budget_minimum", Anthropic, thinking::budget_minimum, THINKING),
    rule("anthropic/budget_maximum", Anthropic, thinking::budget_maximum, ERRORS),
    rule("anthropic/thinking_temperature", Anthropic, thinking::thinking_temperature, THINKING),
    rule("anthropic/forced_tool", Anthropic, thinking::forced_tool, "https://github.com/mastra-ai/mastra/issues/7507"),
    rule("anthropic/missing_thought", Anthropic, thinking::missing_thought, "https://github.com/mastra-ai/mastra/issues/7799"),
    rule("anthropic/sampling_pair", Anthropic, anthropic::sampling_pair, "https://github.com/skydiscover-ai/skydiscover/issues/15"),
    rule("anthropic/prefill", Anthropic, anthropic::prefill, "https://github.com/Skyvern-AI/skyvern/pull/4795")
        .since("2026-02-05").claude(4, 6),
    rule("anthropic/budget_tokens", Anthropic, thinking::budget_tokens, "https://github.com/NousResearch/hermes-agent/issues/11137")
        .since("2026-04-16").claude(4, 7),
    rule("anthropic/sampling", Anthropic, anthropic::sampling, "https://github.com/UKGovernmentBEIS/inspect_ai/issues/3721")
        .since("2026-04-16").claude(4, 7),
    rule("anthropic/no_sampling", Anthropic, anthropic::no_sampling, MIGRATION).since("2026-10-21").version("2026-10-21"),
    rule("anthropic/assistant_document", Anthropic, anthropic::assistant_document, NEW_VERSION)
        .since("2026-10-21").version("2026-10-21"),
    rule("anthropic/user_citations", Anthropic, anthropic::user_citations, NEW_VERSION)
        .since("2026-10-21").version("2026-10-21"),
    rule("openai/messages", Chat, openai::messages, OPENAPI),
    rule("openai/model", Chat, openai::model, "https://github.com/danielmiessler/Fabric/issues/239"),
    rule("openai/content", Chat, openai::content, "https://github.com/langchain-ai/langchainjs/issues/4153"),
    rule("openai/both_limits", Chat, openai::both_limits, "https://github.com/langchain-ai/langgraph/issues/5943"),
    rule("openai/stream_options", Chat, openai::stream_options, "https://github.com/BerriAI/litellm/issues/5803"),
    rule("openai/tool_call_id", Chat, openai::tool_call_id, "https://github.com/langchain-ai/langchain/issues/22600"),
    rule("openai/types", Chat, openai::types, CREATE),
    rule("openai/tool_choice_word", Chat, openai::tool_choice_word, CREATE),
    rule("openai/response_format", Chat, openai::response_format, "https://github.com/epuerta9/deep-research-py/issues/19"),
    rule("openai/top_logprobs", Chat, openai::top_logprobs, CREATE),
    rule("openai/roles", Chat, openai::roles, ROLES),
    rule("openai/orphan_result", Chat, openai::orphan_result, "https://github.com/simonw/llm/issues/937"),
    rule("openai/unanswered_call", Chat, openai::unanswered_call, "https://github.com/Abraxas-365/langchain-rust/pull/250"),
    rule("openai/tool_choice", Chat, openai::tool_choice, "https://github.com/anomalyco/opencode/pull/48857"),
    rule("openai/tools", Chat, tools::chat_definition, "https://github.com/microsoft/semantic-kernel/issues/6825"),
    rule("openai/most_tools", Chat, tools::most, "https://github.com/vishalmysore/Tools4AI/issues/16"),
    rule("openai/parallel_tool_calls", Chat, tools::parallel_calls, "https://github.com/Upsonic/Upsonic/issues/323"),
    rule("openai/function_names", Chat, openai::function_names, FUNCTION),
    rule("openai/temperature_range", Chat, openai::temperature_range, OPENAPI),
    rule("openai/stop", Chat, openai::stop, "https://github.com/continuedev/continue/issues/2461"),
    rule("openai/json_word", Chat, openai::json_word, JSON),
    rule("openai/strict_response", Chat, openai::strict_response, "https://github.com/agentscope-ai/agentscope-java/issues/2548"),
    rule("openai/strict_function", Chat, openai::strict_function, "https://github.com/camel-ai/camel/issues/2231"),
    rule("openai/max_tokens", Chat, openai::max_tokens, "https://github.com/FoundationAgents/OpenManus/issues/555"),
    rule("openai/sampling", Chat, openai::sampling, REASONING),
    rule("responses/orphan_result", Responses, responses::orphan_result, "https://github.com/vercel/ai/issues/8216"),
    rule("responses/unanswered_call", Responses, responses::unanswered_call, "https://github.com/bytedance/trae-agent/issues/245"),
    rule("responses/moved", Responses, responses::moved, "https://github.com/MuiseDestiny/zotero-gpt/issues/502"),
    rule("responses/roles", Responses, responses::roles, "https://github.com/openai/openai-python/issues/2677"),
    rule("responses/output_text", Responses, responses::output_text, "https://github.com/tinyhumansai/openhuman/issues/3624"),
    rule("responses/lonely_reasoning", Responses, responses::lonely_reasoning, "https://github.com/vercel/ai/issues/7099"),
    rule("responses/tool_name", Responses, tools::responses_name, "https://github.com/microsoft/autogen/issues/6935"),
    rule("responses/temperature_range", Responses, openai::temperature_range, RESPONSE),
    rule("responses/minimum", Responses, responses::minimum, "https://github.com/vectorize-io/hindsight/issues/58"),
    rule("responses/sampling", Responses, responses::sampling, "https://github.com/AI-Planning/l2p/blob/main/PR_MESSAGE_BODY.md"),
    rule("responses/strict_function", Responses, responses::strict_function, "https://github.com/bytedance/trae-agent/issues/173"),
    rule("gemini/contents", Gemini, gemini::contents, "https://github.com/vercel/ai/issues/3775"),
    rule("gemini/roles", Gemini, gemini::roles, "https://github.com/router-for-me/CLIProxyAPI/issues/2791"),
    rule("gemini/temperature_range", Gemini, gemini::temperature_range, GENERATION),
    rule("gemini/pairing", Gemini, gemini::pairing, "https://github.com/google-gemini/gemini-cli/issues/16543"),
    rule("gemini/parts", Gemini, gemini::parts, "https://github.com/langchain-ai/langchain-google/issues/691"),
    rule("gemini/call_order", Gemini, gemini::call_order, "https://github.com/google-gemini/gemini-cli/issues/11814"),
    rule("gemini/response_order", Gemini, gemini::response_order, "https://github.com/langchain-ai/langchain/issues/27799"),
    rule("gemini/thought_signature", Gemini, gemini::thought_signature, "https://github.com/nanbingxyz/5ire/issues/405"),
    rule("bedrock/blank_text", Converse, bedrock::blank_text, "https://github.com/OpenHands/OpenHands/issues/5339"),
    rule("bedrock/tool_config", Converse, bedrock::tool_config, "https://github.com/langgenius/dify/issues/16421"),
    rule("bedrock/unanswered_call", Converse, bedrock::unanswered_call, "https://github.com/zeroclaw-labs/zeroclaw/pull/1476"),
    rule("bedrock/orphan_result", Converse, bedrock::orphan_result, "https://github.com/Just-Curieous/Curie/issues/16"),
    rule("bedrock/prefill", Converse, bedrock::prefill, "https://github.com/openclaw/openclaw/issues/72865")
        .since("2026-02-05").claude(4, 6),
    rule("bedrock/sampling", Converse, bedrock::sampling, "https://github.com/NousResearch/hermes-agent/pull/36175")
        .since("2026-04-16").claude(4, 7),
];
