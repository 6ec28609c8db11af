//! The table of providers. One more provider is one more entry of [`providers!`].

use super::OtherProvider;
use super::entry::{ProviderEntry, Shape, StreamUsage, UNKNOWN};

/// 108 bytes with the prefix, which is what some clients insist on, and no key's check suffix.
const ANTHROPIC_KEY: &str = "sk-ant-api03-llmock-placeholder-not-a-key-xxxxxxxxxxxxxxxx\
                             xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

pub(super) const KEY: &str = "llmock-placeholder";

/// First segments of paths that servers of local models have beside `/v1`: llama.cpp, vLLM, `SGLang`, mistral.rs, TGI, LM
/// Studio, and `KoboldCpp`. Clients of OpenAI's API send requests to them too.
/// <https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md>
/// <https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html>
#[rustfmt::skip]
const LOCAL_SERVER: &[&str] = &[
    "api", "apply-template", "completion", "detokenize", "docs", "embedding", "flush_cache",
    "generate", "generate_stream", "get_model_info", "get_server_info", "health",
    "health_generate", "infill", "info", "is_sleeping", "load", "lora-adapters", "metrics",
    "openapi.json", "ping", "props", "re_isq", "server_info", "sleep", "slots", "tokenize",
    "version", "wake_up",
];

macro_rules! providers {
    ($($variant:ident $id:literal $name:literal $(at $upstream:literal)? { $($field:ident: $value:expr,)* })*) => {
        /// Whose API a request speaks, and where record mode forwards it.
        ///
        /// Its [id](Provider::id) stands in fixtures and in addresses: `BASE/openai/v1`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Provider {
            $(#[doc = concat!($name, ".")] $variant,)*
            /// A provider without an entry, by its id; OpenAI's format is assumed.
            Other(OtherProvider),
        }

        /// Every provider with its entry, the ones asked for most first.
        pub(super) static TABLE: &[(Provider, ProviderEntry)] = &[
            $((Provider::$variant, ProviderEntry { id: $id, $(upstream: Some($upstream),)? $($field: $value,)* ..UNKNOWN }),)*
        ];

        /// The provider of the table with this id or alias; can be called in constants.
        pub(super) const fn find(id: &str) -> Option<Provider> {
            let id = without_alias(id);
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
                        ProviderEntry { id: $id, $(upstream: Some($upstream),)? $($field: $value,)* ..UNKNOWN };
                    Some(&ENTRY)
                })*
                Provider::Other(_) => None,
            }
        }
    };
}

/// Names that client libraries have for providers of the table.
///
/// genai 0.7: <https://github.com/jeremychone/rust-genai/blob/main/src/adapter/adapter_kind.rs>; rig 0.44:
/// <https://github.com/0xPlaygrounds/rig/tree/main/crates/rig-core/src/providers>. genai's `kimi` is Moonshot AI's host, and its
/// `github_copilot` is the host of GitHub Models.
pub(super) const ALIASES: &[(&str, &str)] = &[
    ("aws_bedrock", "bedrock"),
    ("azure_openai", "azure"),
    ("bedrock_api", "bedrock"),
    ("bedrock_sigv4", "bedrock"),
    ("gemini_interactions", "gemini"),
    ("gemini_ix", "gemini"),
    ("github_copilot", "github_models"),
    ("kimi", "moonshot"),
    ("mimo", "xiaomimimo"),
    ("open_router", "openrouter"),
    ("openai_resp", "openai"),
    ("vertexai", "vertex"),
    ("voyageai", "voyage"),
    ("xiaomi_mimo", "xiaomimimo"),
];

const fn without_alias(id: &str) -> &str {
    let mut at = 0;
    while at < ALIASES.len() {
        let (alias, meant) = ALIASES[at];
        if is_same(alias, id) {
            return meant;
        }
        at += 1;
    }
    id
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
    OpenAI "openai" "OpenAI" at "https://api.openai.com/v1" {
        variables: &[
            ("OPENAI_BASE_URL", "/v1"), ("OPENAI_API_BASE", "/v1"), ("OPENAI_URL", "/v1"),
            ("OPENAI_HOST", ""),
        ],
        beside_root: LOCAL_SERVER,
        keys: &[("OPENAI_API_KEY", "sk-llmock-placeholder")],
        reasoning: None,
    }
    Anthropic "anthropic" "Anthropic" at "https://api.anthropic.com" {
        variables: &[
            ("ANTHROPIC_BASE_URL", ""), ("ANTHROPIC_API_BASE", ""), ("ANTHROPIC_HOST", ""),
            ("ANTHROPIC_URL", "/v1"), ("CLAUDE_API_BASE", "/v1"),
        ],
        base_path: "",
        keys: &[("ANTHROPIC_API_KEY", ANTHROPIC_KEY), ("CLAUDE_API_KEY", ANTHROPIC_KEY)],
        shape: Shape::Anthropic,
    }
    Gemini "gemini" "Google's Gemini API" at "https://generativelanguage.googleapis.com" {
        variables: &[
            ("GOOGLE_GEMINI_BASE_URL", ""), ("GEMINI_BASE_URL", ""),
            ("GEMINI_API_BASE", "/v1beta"),
        ],
        base_path: "",
        root: &["v1beta"],
        beside_root: &["upload", "download"],
        same: &[("/v1/", "/v1beta/"), ("/upload/v1/", "/upload/v1beta/")],
        keys: &[
            ("GEMINI_API_KEY", "AIza-llmock-placeholder"),
            ("GOOGLE_API_KEY", "AIza-llmock-placeholder"),
        ],
        shape: Shape::Gemini,
    }
    Vertex "vertex" "Google's Vertex AI" at "https://aiplatform.googleapis.com" {
        variables: &[("GOOGLE_VERTEX_BASE_URL", ""), ("ANTHROPIC_VERTEX_BASE_URL", "/v1")],
        base_path: "",
        hosts: &["*-aiplatform.googleapis.com"],
        shape: Shape::Gemini,
    }
    Azure "azure" "Azure OpenAI" {
        variables: &[("AZURE_OPENAI_ENDPOINT", ""), ("AZURE_ENDPOINT", "")],
        base_path: "",
        root: &["openai"],
        // A resource has other services beside it:
        // https://learn.microsoft.com/en-us/azure/ai-services/
        beside_root: &[
            "anthropic", "api", "computervision", "contentsafety", "contentunderstanding",
            "documentintelligence", "face", "formrecognizer", "language", "models", "providers",
            "speech", "speechtotext", "text", "translator", "vision",
        ],
        idle_query: &["api-version"],
        hosts: &[
            "*.openai.azure.com", "*.cognitiveservices.azure.com", "*.services.ai.azure.com",
            "*.api.cognitive.microsoft.com", "*.openai.azure.us", "*.cognitiveservices.azure.us",
            "*.openai.azure.cn",
        ],
        keys: &[("AZURE_OPENAI_API_KEY", KEY), ("AZURE_API_KEY", KEY)],
        settings: &[("OPENAI_API_VERSION", "2024-10-21"), ("AZURE_API_VERSION", "2024-10-21")],
        reasoning: None,
    }
    Bedrock "bedrock" "Amazon Bedrock" at "https://bedrock-runtime.us-east-1.amazonaws.com" {
        variables: &[("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "")],
        base_path: "",
        root: &[],
        hosts: &["bedrock-runtime.*.amazonaws.com"],
        keys: &[("AWS_BEARER_TOKEN_BEDROCK", KEY)],
        settings: &[
            ("AWS_REGION", "us-east-1"), ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ],
        shape: Shape::Bedrock,
    }
    Ollama "ollama" "Ollama" at "http://127.0.0.1:11434" {
        variables: &[
            ("OLLAMA_HOST", ""), ("OLLAMA_API_BASE_URL", ""), ("OLLAMA_BASE_URL", ""),
            ("OLLAMA_API_BASE", "/v1"),
        ],
        host_variables: &["OLLAMA_HOST"],
        base_path: "",
        root: &[],
        aliases: &[
            ("/api/api", "/api"), ("/v1/api", "/api"),
            ("/chat/completions", "/v1/chat/completions"),
        ],
        hosts: &["ollama.com"],
        shape: Shape::Ollama,
        reasoning: Some("reasoning"),
    }
    Cohere "cohere" "Cohere" at "https://api.cohere.com" {
        variables: &[("CO_API_URL", ""), ("COHERE_BASE_URL", ""), ("COHERE_API_BASE", "/v2")],
        base_path: "",
        root: &[],
        hosts: &["api.cohere.ai"],
        keys: &[("COHERE_API_KEY", KEY), ("CO_API_KEY", KEY)],
        shape: Shape::Cohere,
    }
    Mistral "mistral" "Mistral AI" at "https://api.mistral.ai/v1" {
        variables: &[("MISTRAL_BASE_URL", "/v1"), ("MISTRAL_API_BASE", "/v1")],
        keys: &[("MISTRAL_API_KEY", KEY)],
        // according to its reference of `CompletionChunk`
        stream_usage: StreamUsage::AtTheEnd,
    }
    Groq "groq" "Groq" at "https://api.groq.com" {
        variables: &[("GROQ_BASE_URL", ""), ("GROQ_API_BASE", "/openai/v1")],
        base_path: "/openai/v1",
        root: &["openai", "v1"],
        keys: &[("GROQ_API_KEY", "gsk_llmock_placeholder")],
        reasoning: Some("reasoning"),
        // according to its clients
        stream_usage: StreamUsage::InGroqsOwn,
    }
    OpenRouter "openrouter" "OpenRouter" at "https://openrouter.ai/api/v1" {
        variables: &[("OPENROUTER_BASE_URL", "/api/v1"), ("OPENROUTER_API_BASE", "/api/v1")],
        base_path: "/api/v1",
        root: &["api", "v1"],
        keys: &[("OPENROUTER_API_KEY", "sk-or-llmock-placeholder")],
        reasoning: Some("reasoning"),
        // according to "Usage Accounting" in its documentation
        stream_usage: StreamUsage::Always,
    }
    DeepSeek "deepseek" "DeepSeek" at "https://api.deepseek.com" {
        variables: &[("DEEPSEEK_BASE_URL", ""), ("DEEPSEEK_API_BASE", "")],
        base_path: "",
        root: &[],
        aliases: &[("/v1", "")],
        keys: &[("DEEPSEEK_API_KEY", "sk-llmock-placeholder")],
    }
    XAi "xai" "xAI" at "https://api.x.ai/v1" {
        variables: &[("XAI_BASE_URL", "/v1"), ("XAI_API_BASE", "/v1")],
        keys: &[("XAI_API_KEY", "xai-llmock-placeholder")],
    }
    Together "together" "Together AI" at "https://api.together.xyz/v1" {
        variables: &[("TOGETHER_BASE_URL", "/v1"), ("TOGETHER_API_BASE", "/v1")],
        hosts: &["api.together.ai"],
        keys: &[("TOGETHER_API_KEY", KEY)],
    }
    Perplexity "perplexity" "Perplexity" at "https://api.perplexity.ai" {
        variables: &[("PERPLEXITY_BASE_URL", ""), ("PERPLEXITY_API_BASE", "")],
        base_path: "",
        root: &[],
        aliases: &[("/v1/chat/completions", "/chat/completions")],
        keys: &[("PERPLEXITY_API_KEY", "pplx-llmock-placeholder")],
    }
    HuggingFace "huggingface" "Hugging Face's router" at "https://router.huggingface.co/v1" {
        variables: &[("HUGGINGFACE_BASE_URL", "/v1"), ("HUGGINGFACE_API_BASE", "/v1")],
        // providers are first segments there: `/hf-inference/models/...`, `/together/v1/...`
        beside_root: &[
            "api", "cerebras", "fal-ai", "fireworks-ai", "groq", "hf-inference", "nebius",
            "novita", "replicate", "sambanova", "together",
        ],
        hosts: &["api-inference.huggingface.co"],
        keys: &[("HUGGINGFACE_API_KEY", "hf_llmock_placeholder")],
    }
    Voyage "voyage" "Voyage AI" at "https://api.voyageai.com/v1" {
        variables: &[("VOYAGE_BASE_URL", "/v1"), ("VOYAGE_API_BASE", "/v1")],
        keys: &[("VOYAGE_API_KEY", KEY)],
    }
    Zai "zai" "Z.ai" at "https://api.z.ai/api/paas/v4" {
        variables: &[
            ("ZAI_API_BASE", "/api/paas/v4"), ("ZAI_ANTHROPIC_API_BASE", "/api/anthropic"),
        ],
        base_path: "/api/paas/v4",
        root: &["api", "paas", "v4"],
        hosts: &["open.bigmodel.cn"],
        keys: &[("ZAI_API_KEY", KEY)],
    }
    MiniMax "minimax" "MiniMax" at "https://api.minimax.io/v1" {
        variables: &[("MINIMAX_API_BASE", "/v1"), ("MINIMAX_ANTHROPIC_API_BASE", "/anthropic")],
        beside_root: &["anthropic"],
        aliases: &[("/v1/messages", "/anthropic/v1/messages")],
        hosts: &["api.minimaxi.com", "api.minimax.chat"],
        keys: &[("MINIMAX_API_KEY", KEY)],
    }
    Moonshot "moonshot" "Moonshot AI" at "https://api.moonshot.ai/v1" {
        variables: &[("MOONSHOT_API_BASE", "/v1"), ("MOONSHOT_ANTHROPIC_API_BASE", "/anthropic")],
        beside_root: &["anthropic"],
        hosts: &["api.moonshot.cn"],
        keys: &[("MOONSHOT_API_KEY", KEY)],
    }
    XiaomiMimo "xiaomimimo" "Xiaomi MiMo" at "https://api.xiaomimimo.com/v1" {
        variables: &[
            ("XIAOMI_MIMO_API_BASE", "/v1"), ("XIAOMI_MIMO_ANTHROPIC_API_BASE", "/anthropic"),
        ],
        beside_root: &["anthropic"],
        aliases: &[("/v1/openai/v1", "/v1")],
        hosts: &["api.mimo.com"],
        keys: &[("XIAOMI_MIMO_API_KEY", KEY)],
    }
    Venice "venice" "Venice AI" at "https://api.venice.ai/api/v1" {
        variables: &[("VENICE_BASE_URL", "/api/v1")],
        base_path: "/api/v1",
        root: &["api", "v1"],
        keys: &[("VENICE_API_KEY", KEY)],
    }
    LlamaCpp "llamacpp" "llama.cpp's server" at "http://127.0.0.1:8080/v1" {
        variables: &[("LLAMACPP_API_BASE_URL", "/v1")],
        beside_root: LOCAL_SERVER,
    }
    // https://ericlbuehler.github.io/mistral.rs/guides/serve/http-server/
    MistralRs "mistralrs" "mistral.rs's server" at "http://127.0.0.1:1234/v1" {
        variables: &[("MISTRALRS_BASE_URL", "/v1")],
        beside_root: LOCAL_SERVER,
    }
    Hyperbolic "hyperbolic" "Hyperbolic" at "https://api.hyperbolic.xyz/v1" {
        variables: &[("HYPERBOLIC_BASE_URL", "/v1")],
        keys: &[("HYPERBOLIC_API_KEY", KEY)],
    }
    Mira "mira" "Mira" at "https://api.mira.network/v1" {
        variables: &[("MIRA_BASE_URL", "/v1")],
        beside_root: &["user-credits"],
        keys: &[("MIRA_API_KEY", KEY)],
    }
    Doubleword "doubleword" "Doubleword" at "https://api.doubleword.ai/v1" {
        variables: &[("DOUBLEWORD_BASE_URL", "/v1")],
        keys: &[("DOUBLEWORD_API_KEY", KEY)],
    }
    Fireworks "fireworks" "Fireworks AI" at "https://api.fireworks.ai/inference/v1" {
        variables: &[("FIREWORKS_BASE_URL", "/inference/v1")],
        base_path: "/inference/v1",
        root: &["inference", "v1"],
        keys: &[("FIREWORKS_API_KEY", KEY)],
    }
    Cerebras "cerebras" "Cerebras" at "https://api.cerebras.ai" {
        variables: &[("CEREBRAS_BASE_URL", "")],
        base_path: "/v1",
        keys: &[("CEREBRAS_API_KEY", KEY)],
        reasoning: Some("reasoning"),
    }
    Copilot "copilot" "GitHub Copilot" at "https://api.githubcopilot.com" {
        variables: &[("GITHUB_COPILOT_API_BASE", ""), ("COPILOT_BASE_URL", "")],
        base_path: "",
        root: &[],
        keys: &[("GITHUB_COPILOT_API_KEY", KEY), ("COPILOT_API_KEY", KEY)],
    }
    ChatGpt "chatgpt" "ChatGPT accounts (Codex)" at "https://chatgpt.com/backend-api/codex" {
        variables: &[
            ("CHATGPT_API_BASE", "/backend-api/codex"),
            ("OPENAI_CHATGPT_API_BASE", "/backend-api/codex"),
        ],
        base_path: "/backend-api/codex",
        root: &["backend-api", "codex"],
        keys: &[("CHATGPT_ACCESS_TOKEN", KEY)],
    }
    // the hosts of genai 0.7: https://github.com/jeremychone/rust-genai/tree/main/src/adapter/adapters
    GithubModels "github_models" "GitHub Models" at "https://models.github.ai/inference" {
        variables: &[("GITHUB_MODELS_BASE_URL", "/inference")],
        base_path: "/inference",
        root: &["inference"],
        keys: &[("GITHUB_MODELS_TOKEN", KEY)],
    }
    OllamaCloud "ollama_cloud" "Ollama Cloud" at "https://ollama.com" {
        variables: &[("OLLAMA_CLOUD_BASE_URL", "")],
        base_path: "",
        root: &[],
        keys: &[("OLLAMA_API_KEY", KEY)],
        shape: Shape::Ollama,
        aliases: &[("/api/api", "/api"), ("/v1/api", "/api"), ("/chat/completions", "/v1/chat/completions")],
        reasoning: Some("reasoning"),
    }
    Nebius "nebius" "Nebius" at "https://api.studio.nebius.ai/v1" {
        variables: &[("NEBIUS_BASE_URL", "/v1")],
        keys: &[("NEBIUS_API_KEY", KEY)],
    }
    AiHubMix "aihubmix" "AIHubMix" at "https://aihubmix.com/v1" {
        variables: &[("AIHUBMIX_BASE_URL", "/v1")],
        keys: &[("AIHUBMIX_API_KEY", KEY)],
    }
    BigModel "bigmodel" "BigModel" at "https://open.bigmodel.cn/api/paas/v4" {
        variables: &[("BIGMODEL_BASE_URL", "/api/paas/v4")],
        base_path: "/api/paas/v4",
        root: &["api", "paas", "v4"],
        keys: &[("BIGMODEL_API_KEY", KEY)],
    }
    Aliyun "aliyun" "Aliyun's Model Studio" at "https://dashscope.aliyuncs.com/compatible-mode/v1" {
        variables: &[("ALIYUN_BASE_URL", "/compatible-mode/v1")],
        base_path: "/compatible-mode/v1",
        root: &["compatible-mode", "v1"],
        keys: &[("ALIYUN_API_KEY", KEY)],
    }
    QwenCloud "qwen_cloud" "Qwen Cloud" at "https://dashscope-intl.aliyuncs.com/compatible-mode/v1" {
        variables: &[("QWEN_CLOUD_BASE_URL", "/compatible-mode/v1")],
        base_path: "/compatible-mode/v1",
        root: &["compatible-mode", "v1"],
        keys: &[("QWEN_CLOUD_API_KEY", KEY)],
    }
    Baidu "baidu" "Baidu Qianfan" at "https://qianfan.baidubce.com/v2" {
        variables: &[("BAIDU_BASE_URL", "/v2")],
        base_path: "/v2",
        root: &["v2"],
        keys: &[("BAIDU_API_KEY", KEY)],
        beside_root: &["anthropic"],
    }
    Omlx "omlx" "oMLX's server" at "http://127.0.0.1:8000/v1" {
        variables: &[("OMLX_BASE_URL", "/v1")],
        keys: &[("OMLX_API_KEY", KEY)],
    }
    OpenCodeGo "opencode_go" "OpenCode Go" at "https://opencode.ai/zen/go/v1" {
        variables: &[("OPENCODE_GO_BASE_URL", "/zen/go/v1")],
        base_path: "/zen/go/v1",
        root: &["zen", "go", "v1"],
        keys: &[("OPENCODE_GO_API_KEY", KEY)],
    }
    AtlasCloud "atlascloud" "Atlas Cloud" at "https://api.atlascloud.ai/v1" {
        variables: &[("ATLASCLOUD_BASE_URL", "/v1")],
        keys: &[("ATLASCLOUD_API_KEY", KEY)],
    }
    Requesty "requesty" "Requesty" at "https://router.requesty.ai/v1" {
        variables: &[("REQUESTY_BASE_URL", "/v1")],
        keys: &[("REQUESTY_API_KEY", KEY)],
    }
    ApiRoute "api_route" "API Route" at "https://global.api-route.com/v1" {
        variables: &[("API_ROUTE_BASE_URL", "/v1")],
        keys: &[("API_ROUTE_API_KEY", KEY)],
    }
    Heabsy "heabsy" "Heabsy" at "https://api.heabsy.com/v1" {
        variables: &[("HEABSY_BASE_URL", "/v1")],
        keys: &[("HEABSY_API_KEY", KEY)],
    }
    Runcrate "runcrate" "Runcrate" at "https://api.runcrate.ai/v1" {
        variables: &[("RUNCRATE_BASE_URL", "/v1")],
        keys: &[("RUNCRATE_API_KEY", KEY)],
    }
    CloudGpu "cloudgpu" "CloudGPU" at "https://cloudgpu.app/v1" {
        variables: &[("CLOUDGPU_BASE_URL", "/v1")],
        keys: &[("CLOUDGPU_API_KEY", KEY)],
    }
}
