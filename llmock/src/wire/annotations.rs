//! Annotations deep in a request body that are no part of a request's key: what the provider keeps cached, and betas.
//!
//! Each is known by its whole place, so that a member of the same name in a schema, in arguments or in a text counts. An
//! object that consists of nothing else is left out with it.

use super::ToolIdPath;

/// `cache_control`, at each block that the reference allows it at.
///
/// "Prompt caching has no effect on output token generation":
/// <https://platform.claude.com/docs/en/build-with-claude/prompt-caching#faq>
/// <https://platform.claude.com/docs/en/api/messages/create>
pub(super) const ANTHROPIC: &[ToolIdPath] = &[
    &["system", "[]", "cache_control"],
    &["tools", "[]", "cache_control"],
    &["messages", "[]", "content", "[]", "cache_control"],
    // The blocks of a result, and of a document that is made of blocks.
    &["messages", "[]", "content", "[]", "content", "[]", "cache_control"],
    &["messages", "[]", "content", "[]", "source", "content", "[]", "cache_control"],
    &[
        "messages",
        "[]",
        "content",
        "[]",
        "content",
        "[]",
        "source",
        "content",
        "[]",
        "cache_control",
    ],
];

/// <https://docs.rs/async-openai/0.42.0/async_openai/types/responses/struct.PromptCacheOptionsParam.html>
/// (`prompt_cache_breakpoint` at content blocks), and Anthropic's marker, which gateways take at the same places:
/// <https://openrouter.ai/docs/client-sdks/typescript/models/anthropiccachecontroldirective>
pub(super) const OPENAI_CHAT: &[ToolIdPath] = &[
    &["messages", "[]", "content", "[]", "prompt_cache_breakpoint"],
    &["messages", "[]", "content", "[]", "cache_control"],
    &["messages", "[]", "cache_control"],
    &["tools", "[]", "cache_control"],
];

/// The same for items of `input`, and for the content of a result.
pub(super) const OPENAI_RESPONSES: &[ToolIdPath] = &[
    &["input", "[]", "content", "[]", "prompt_cache_breakpoint"],
    &["input", "[]", "output", "[]", "prompt_cache_breakpoint"],
    &["input", "[]", "content", "[]", "cache_control"],
];

/// Cache points are blocks of their own: <https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html>. The
/// others are those of Anthropic's models in `invoke`, and their betas in `converse`.
pub(super) const BEDROCK: &[ToolIdPath] = &[
    &["system", "[]", "cachePoint"],
    &["messages", "[]", "content", "[]", "cachePoint"],
    &["toolConfig", "tools", "[]", "cachePoint"],
    &["system", "[]", "cache_control"],
    &["tools", "[]", "cache_control"],
    &["messages", "[]", "content", "[]", "cache_control"],
    &["messages", "[]", "content", "[]", "content", "[]", "cache_control"],
    &["additionalModelRequestFields", "anthropic_beta"],
];
