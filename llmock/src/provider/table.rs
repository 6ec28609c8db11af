//! The table of providers. One more provider is one more entry of [`providers!`].

use super::OtherProvider;
use super::entry::{ProviderEntry, Shape, UNKNOWN};

/// 108 bytes with the prefix, which is what some clients insist on, and no key's check suffix.
const ANTHROPIC_KEY: &str = "sk-ant-api03-llmock-placeholder-not-a-key-xxxxxxxxxxxxxxxx\
                             xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

pub(super) const KEY: &str = "llmock-placeholder";

macro_rules! providers {
    ($($(#[$doc:meta])* $variant:ident $id:literal { $($field:ident: $value:expr,)* })*) => {
        /// Whose API a request speaks, and where record mode forwards it.
        ///
        /// Its [id](Provider::id) stands in fixtures and in addresses: `BASE/openai/v1`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Provider {
            $($(#[$doc])* $variant,)*
            /// A provider without an entry, by its id; OpenAI's format is assumed.
            Other(OtherProvider),
        }

        /// Every provider with its entry, the ones asked for most first.
        pub(super) static TABLE: &[(Provider, ProviderEntry)] = &[
            $((Provider::$variant, ProviderEntry { id: $id, $($field: $value,)* ..UNKNOWN }),)*
        ];

        /// The provider of the table with this id; can be called in constants.
        pub(super) const fn find(id: &str) -> Option<Provider> {
            $(if is_same($id, id) {
                return Some(Provider::$variant);
            })*
            None
        }

        /// The entry of a provider of the table, asked for many times with every session.
        pub(super) fn entry(provider: Provider) -> Option<&'static ProviderEntry> {
            match provider {
                $(Provider::$variant => {
                    static ENTRY: ProviderEntry =
                        ProviderEntry { id: $id, $($field: $value,)* ..UNKNOWN };
                    Some(&ENTRY)
                })*
                Provider::Other(_) => None,
            }
        }
    };
}

/// `==` of strings, which is not `const`.
const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

providers! {
    /// OpenAI.
    OpenAI "openai" {
        variables: &[
            ("OPENAI_BASE_URL", "/v1"),
            ("OPENAI_API_BASE", "/v1"),
            ("OPENAI_URL", "/v1"),
            ("OPENAI_HOST", ""),
        ],
        upstream: Some("https://api.openai.com/v1"),
        keys: &[("OPENAI_API_KEY", "sk-llmock-placeholder")],
    }
    /// Anthropic.
    Anthropic "anthropic" {
        variables: &[
            ("ANTHROPIC_BASE_URL", ""),
            ("ANTHROPIC_API_BASE", ""),
            ("ANTHROPIC_HOST", ""),
            ("ANTHROPIC_URL", "/v1"),
            ("CLAUDE_API_BASE", "/v1"),
        ],
        base_path: "",
        upstream: Some("https://api.anthropic.com"),
        keys: &[("ANTHROPIC_API_KEY", ANTHROPIC_KEY), ("CLAUDE_API_KEY", ANTHROPIC_KEY)],
        shape: Shape::Anthropic,
    }
    /// Google's Gemini API.
    Gemini "gemini" {
        variables: &[
            ("GOOGLE_GEMINI_BASE_URL", ""),
            ("GEMINI_BASE_URL", ""),
            ("GEMINI_API_BASE", "/v1beta"),
        ],
        base_path: "",
        root: &["v1beta"],
        beside_root: &["upload", "download"],
        same: &[("/v1/", "/v1beta/"), ("/upload/v1/", "/upload/v1beta/")],
        upstream: Some("https://generativelanguage.googleapis.com"),
        keys: &[
            ("GEMINI_API_KEY", "AIza-llmock-placeholder"),
            ("GOOGLE_API_KEY", "AIza-llmock-placeholder"),
        ],
        shape: Shape::Gemini,
    }
    /// Google's Vertex AI.
    Vertex "vertex" {
        variables: &[("GOOGLE_VERTEX_BASE_URL", ""), ("ANTHROPIC_VERTEX_BASE_URL", "/v1")],
        base_path: "",
        upstream: Some("https://aiplatform.googleapis.com"),
        hosts: &["*-aiplatform.googleapis.com"],
        shape: Shape::Gemini,
    }
    /// Azure OpenAI.
    Azure "azure" {
        variables: &[("AZURE_OPENAI_ENDPOINT", ""), ("AZURE_ENDPOINT", "")],
        base_path: "",
        root: &["openai"],
        beside_root: &["anthropic", "models", "providers"],
        idle_query: &["api-version"],
        hosts: &["*.openai.azure.com", "*.cognitiveservices.azure.com", "*.services.ai.azure.com"],
        keys: &[("AZURE_OPENAI_API_KEY", KEY), ("AZURE_API_KEY", KEY)],
        settings: &[("OPENAI_API_VERSION", "2024-10-21"), ("AZURE_API_VERSION", "2024-10-21")],
    }
    /// Amazon Bedrock.
    Bedrock "bedrock" {
        variables: &[("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "")],
        base_path: "",
        root: &[],
        upstream: Some("https://bedrock-runtime.us-east-1.amazonaws.com"),
        hosts: &["bedrock-runtime.*.amazonaws.com"],
        keys: &[("AWS_BEARER_TOKEN_BEDROCK", KEY)],
        settings: &[
            ("AWS_REGION", "us-east-1"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ],
        shape: Shape::Bedrock,
    }
    /// Ollama.
    Ollama "ollama" {
        variables: &[
            ("OLLAMA_HOST", ""),
            ("OLLAMA_API_BASE_URL", ""),
            ("OLLAMA_BASE_URL", ""),
            ("OLLAMA_API_BASE", "/v1"),
        ],
        base_path: "",
        root: &[],
        aliases: &[
            ("/api/api", "/api"),
            ("/v1/api", "/api"),
            ("/chat/completions", "/v1/chat/completions"),
        ],
        upstream: Some("http://127.0.0.1:11434"),
        shape: Shape::Ollama,
    }
    /// Cohere.
    Cohere "cohere" {
        variables: &[("CO_API_URL", ""), ("COHERE_BASE_URL", ""), ("COHERE_API_BASE", "/v2")],
        base_path: "",
        root: &[],
        upstream: Some("https://api.cohere.com"),
        hosts: &["api.cohere.ai"],
        keys: &[("COHERE_API_KEY", KEY), ("CO_API_KEY", KEY)],
        shape: Shape::Cohere,
    }
    /// Mistral AI.
    Mistral "mistral" {
        variables: &[("MISTRAL_BASE_URL", "/v1"), ("MISTRAL_API_BASE", "/v1")],
        upstream: Some("https://api.mistral.ai/v1"),
        keys: &[("MISTRAL_API_KEY", KEY)],
    }
    /// Groq.
    Groq "groq" {
        variables: &[("GROQ_BASE_URL", ""), ("GROQ_API_BASE", "/openai/v1")],
        base_path: "/openai/v1",
        root: &["openai", "v1"],
        upstream: Some("https://api.groq.com"),
        keys: &[("GROQ_API_KEY", "gsk_llmock_placeholder")],
    }
    /// OpenRouter.
    OpenRouter "openrouter" {
        variables: &[("OPENROUTER_BASE_URL", "/api/v1"), ("OPENROUTER_API_BASE", "/api/v1")],
        base_path: "/api/v1",
        root: &["api", "v1"],
        upstream: Some("https://openrouter.ai/api/v1"),
        keys: &[("OPENROUTER_API_KEY", "sk-or-llmock-placeholder")],
    }
    /// DeepSeek.
    DeepSeek "deepseek" {
        variables: &[("DEEPSEEK_BASE_URL", ""), ("DEEPSEEK_API_BASE", "")],
        base_path: "",
        root: &[],
        aliases: &[("/v1", "")],
        upstream: Some("https://api.deepseek.com"),
        keys: &[("DEEPSEEK_API_KEY", "sk-llmock-placeholder")],
    }
    /// xAI.
    XAi "xai" {
        variables: &[("XAI_BASE_URL", "/v1"), ("XAI_API_BASE", "/v1")],
        upstream: Some("https://api.x.ai/v1"),
        keys: &[("XAI_API_KEY", "xai-llmock-placeholder")],
    }
    /// Together AI.
    Together "together" {
        variables: &[("TOGETHER_BASE_URL", "/v1"), ("TOGETHER_API_BASE", "/v1")],
        upstream: Some("https://api.together.xyz/v1"),
        hosts: &["api.together.ai"],
        keys: &[("TOGETHER_API_KEY", KEY)],
    }
    /// Perplexity.
    Perplexity "perplexity" {
        variables: &[("PERPLEXITY_BASE_URL", ""), ("PERPLEXITY_API_BASE", "")],
        base_path: "",
        root: &[],
        aliases: &[("/v1/chat/completions", "/chat/completions")],
        upstream: Some("https://api.perplexity.ai"),
        keys: &[("PERPLEXITY_API_KEY", "pplx-llmock-placeholder")],
    }
    /// Hugging Face's router.
    HuggingFace "huggingface" {
        variables: &[("HUGGINGFACE_BASE_URL", "/v1"), ("HUGGINGFACE_API_BASE", "/v1")],
        // providers are first segments there: `/hf-inference/models/...`, `/together/v1/...`
        beside_root: &[
            "api", "cerebras", "fal-ai", "fireworks-ai", "groq", "hf-inference", "nebius",
            "novita", "replicate", "sambanova", "together",
        ],
        upstream: Some("https://router.huggingface.co/v1"),
        hosts: &["api-inference.huggingface.co"],
        keys: &[("HUGGINGFACE_API_KEY", "hf_llmock_placeholder")],
    }
    /// Voyage AI.
    Voyage "voyage" {
        variables: &[("VOYAGE_BASE_URL", "/v1"), ("VOYAGE_API_BASE", "/v1")],
        upstream: Some("https://api.voyageai.com/v1"),
        keys: &[("VOYAGE_API_KEY", KEY)],
    }
    /// Z.ai.
    Zai "zai" {
        variables: &[
            ("ZAI_API_BASE", "/api/paas/v4"),
            ("ZAI_ANTHROPIC_API_BASE", "/api/anthropic"),
        ],
        base_path: "/api/paas/v4",
        root: &["api", "paas", "v4"],
        upstream: Some("https://api.z.ai/api/paas/v4"),
        hosts: &["open.bigmodel.cn"],
        keys: &[("ZAI_API_KEY", KEY)],
    }
    /// MiniMax.
    MiniMax "minimax" {
        variables: &[("MINIMAX_API_BASE", "/v1"), ("MINIMAX_ANTHROPIC_API_BASE", "/anthropic")],
        beside_root: &["anthropic"],
        upstream: Some("https://api.minimax.io/v1"),
        hosts: &["api.minimaxi.com", "api.minimax.chat"],
        keys: &[("MINIMAX_API_KEY", KEY)],
    }
    /// Moonshot AI.
    Moonshot "moonshot" {
        variables: &[("MOONSHOT_API_BASE", "/v1"), ("MOONSHOT_ANTHROPIC_API_BASE", "/anthropic")],
        beside_root: &["anthropic"],
        upstream: Some("https://api.moonshot.ai/v1"),
        hosts: &["api.moonshot.cn"],
        keys: &[("MOONSHOT_API_KEY", KEY)],
    }
    /// Xiaomi MiMo.
    XiaomiMimo "xiaomimimo" {
        variables: &[
            ("XIAOMI_MIMO_API_BASE", "/v1"),
            ("XIAOMI_MIMO_ANTHROPIC_API_BASE", "/anthropic"),
        ],
        beside_root: &["anthropic"],
        upstream: Some("https://api.xiaomimimo.com/v1"),
        keys: &[("XIAOMI_MIMO_API_KEY", KEY)],
    }
    /// Venice AI.
    Venice "venice" {
        variables: &[("VENICE_BASE_URL", "/api/v1")],
        base_path: "/api/v1",
        root: &["api", "v1"],
        upstream: Some("https://api.venice.ai/api/v1"),
        keys: &[("VENICE_API_KEY", KEY)],
    }
    /// llama.cpp's server.
    LlamaCpp "llamacpp" {
        variables: &[("LLAMACPP_API_BASE_URL", "/v1")],
        beside_root: &[
            "apply-template", "completion", "detokenize", "embedding", "health", "infill",
            "lora-adapters", "metrics", "props", "slots", "tokenize",
        ],
        upstream: Some("http://127.0.0.1:8080/v1"),
    }
    /// Hyperbolic.
    Hyperbolic "hyperbolic" {
        variables: &[("HYPERBOLIC_BASE_URL", "/v1")],
        upstream: Some("https://api.hyperbolic.xyz/v1"),
        keys: &[("HYPERBOLIC_API_KEY", KEY)],
    }
    /// Mira.
    Mira "mira" {
        variables: &[("MIRA_BASE_URL", "/v1")],
        beside_root: &["user-credits"],
        upstream: Some("https://api.mira.network/v1"),
        keys: &[("MIRA_API_KEY", KEY)],
    }
    /// Doubleword.
    Doubleword "doubleword" {
        variables: &[("DOUBLEWORD_BASE_URL", "/v1")],
        upstream: Some("https://api.doubleword.ai/v1"),
        keys: &[("DOUBLEWORD_API_KEY", KEY)],
    }
    /// Fireworks AI.
    Fireworks "fireworks" {
        variables: &[("FIREWORKS_BASE_URL", "/inference/v1")],
        base_path: "/inference/v1",
        root: &["inference", "v1"],
        upstream: Some("https://api.fireworks.ai/inference/v1"),
        keys: &[("FIREWORKS_API_KEY", KEY)],
    }
    /// Cerebras.
    Cerebras "cerebras" {
        variables: &[("CEREBRAS_BASE_URL", "")],
        base_path: "/v1",
        upstream: Some("https://api.cerebras.ai"),
        keys: &[("CEREBRAS_API_KEY", KEY)],
    }
    /// GitHub Copilot.
    Copilot "copilot" {
        variables: &[("GITHUB_COPILOT_API_BASE", ""), ("COPILOT_BASE_URL", "")],
        base_path: "",
        root: &[],
        upstream: Some("https://api.githubcopilot.com"),
        keys: &[("GITHUB_COPILOT_API_KEY", KEY), ("COPILOT_API_KEY", KEY)],
    }
    /// ChatGPT accounts (Codex).
    ChatGpt "chatgpt" {
        variables: &[
            ("CHATGPT_API_BASE", "/backend-api/codex"),
            ("OPENAI_CHATGPT_API_BASE", "/backend-api/codex"),
        ],
        base_path: "/backend-api/codex",
        root: &["backend-api", "codex"],
        upstream: Some("https://chatgpt.com/backend-api/codex"),
        keys: &[("CHATGPT_ACCESS_TOKEN", KEY)],
    }
}
