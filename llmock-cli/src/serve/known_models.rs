//! Ids that a list of models names where the configuration has none: some that clients expect of each provider. Every
//! other id exists too.

use llmock::Provider;
use llmock::reply::Model;

/// When each of them was made, in seconds since 1970.
const CREATED: u64 = 1_715_367_049;

/// The models of a provider.
pub(crate) fn of(provider: Provider) -> impl Iterator<Item = Model> {
    let known = KNOWN.iter().find(|known| known.providers.contains(&provider)).unwrap_or(&OPENAI);
    known.ids.iter().map(|id| Model::from(*id).created(CREATED).owned_by(known.owner))
}

struct Known {
    providers: &'static [Provider],
    owner: &'static str,
    ids: &'static [&'static str],
}

const KNOWN: &[Known] = &[
    Known {
        providers: &[Provider::Anthropic],
        owner: "anthropic",
        ids: &[
            "claude-opus-4-7",
            "claude-sonnet-5",
            "claude-sonnet-4-6",
            "claude-haiku-4-5-20251001",
        ],
    },
    Known {
        providers: &[Provider::Gemini, Provider::Vertex],
        owner: "google",
        ids: &[
            "gemini-3-pro-preview",
            "gemini-3-flash-preview",
            "gemini-2.5-pro",
            "gemini-2.5-flash",
            "gemini-embedding-001",
        ],
    },
    Known {
        providers: &[Provider::Ollama],
        owner: "library",
        ids: &[
            "llama3.2:latest",
            "llama3.1:latest",
            "qwen3:latest",
            "gemma3:latest",
            "gpt-oss:20b",
            "nomic-embed-text:latest",
        ],
    },
    Known {
        providers: &[Provider::Cohere],
        owner: "cohere",
        ids: &["command-a-03-2025", "command-r-plus-08-2024", "embed-v4.0", "rerank-v3.5"],
    },
    Known {
        providers: &[Provider::Bedrock],
        owner: "bedrock",
        ids: &[
            "anthropic.claude-sonnet-4-5-20250929-v1:0",
            "amazon.nova-pro-v1:0",
            "meta.llama3-3-70b-instruct-v1:0",
            "openai.gpt-oss-120b-1:0",
        ],
    },
    Known {
        providers: &[Provider::Mistral],
        owner: "mistralai",
        ids: &[
            "mistral-large-latest",
            "mistral-medium-latest",
            "mistral-small-latest",
            "codestral-latest",
            "mistral-embed",
        ],
    },
    Known {
        providers: &[Provider::Groq],
        owner: "groq",
        ids: &[
            "llama-3.3-70b-versatile",
            "llama-3.1-8b-instant",
            "openai/gpt-oss-120b",
            "openai/gpt-oss-20b",
        ],
    },
    Known {
        providers: &[Provider::DeepSeek],
        owner: "deepseek",
        ids: &["deepseek-chat", "deepseek-reasoner"],
    },
    Known { providers: &[Provider::XAi], owner: "xai", ids: &["grok-4", "grok-3", "grok-3-mini"] },
];

/// Those of OpenAI, and of every provider whose own are not known.
const OPENAI: Known = Known {
    providers: &[],
    owner: "openai",
    ids: &[
        "gpt-4o",
        "gpt-4o-mini",
        "gpt-4.1",
        "gpt-4.1-mini",
        "gpt-5",
        "gpt-5-mini",
        "o3",
        "o4-mini",
        "text-embedding-3-small",
        "text-embedding-3-large",
        "omni-moderation-latest",
    ],
};
