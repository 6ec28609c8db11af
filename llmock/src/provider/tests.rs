//! What holds for every entry of the table, and the page that shows it.

use std::collections::HashSet;

use super::*;

#[test]
fn every_id_parses_to_its_provider() {
    for provider in Provider::all() {
        assert_eq!(provider.id().parse(), Ok(provider));
        assert_eq!(Provider::named(provider.id()), provider);
        assert_eq!(provider.to_string(), provider.id());
    }
    let other: Provider = "my-gateway".parse().unwrap();
    assert_eq!(other, Provider::from_id("my-gateway"));
    assert_eq!(other.base_url("http://h"), "http://h/my-gateway/v1");
    for wrong in ["", "OpenAI", "a/b", "a b", "a b/../c", "é", &"a".repeat(65)] {
        assert!(wrong.parse::<Provider>().is_err(), "{wrong}");
    }
}

#[test]
fn names_of_client_libraries_are_providers_of_the_table() {
    // https://github.com/jeremychone/rust-genai/blob/main/src/adapter/adapter_kind.rs, the lower-case names of 0.7.2.
    let genai = "openai openai_resp gemini gemini_ix anthropic fireworks together groq aihubmix kimi mimo moonshot nebius \
                 xai deepseek mistral zai bigmodel aliyun qwen_cloud baidu cohere ollama ollama_cloud omlx vertex \
                 github_copilot opencode_go bedrock_api bedrock_sigv4 open_router atlascloud requesty api_route heabsy \
                 runcrate cloudgpu minimax";
    // The modules of rig-core's providers, and the names of its registry.
    let rig = "anthropic aws_bedrock azure chatgpt cohere copilot deepseek doubleword gemini groq huggingface hyperbolic \
               llamacpp minimax mira mistral moonshot ollama openai openrouter perplexity together venice vertexai \
               voyageai xai xiaomimimo zai";
    for name in genai.split_whitespace().chain(rig.split_whitespace()) {
        let provider = Provider::from_id(name);
        assert!(!matches!(provider, Provider::Other(_)), "{name}");
        assert_eq!(Provider::named(name), provider);
        assert!(provider.entry().upstream.is_some() || provider == Provider::Azure, "{name}");
    }
    for (alias, meant) in table::ALIASES {
        assert_eq!(Provider::from_id(alias).id(), *meant);
        assert!(Provider::all().all(|provider| provider.id() != *alias), "{alias}");
        let page = include_str!("../../../docs/providers.md");
        let mut rows = page.lines().filter(|row| row.starts_with(&format!("| `{meant}` | `")));
        assert!(rows.any(|row| row.contains(&format!("`{alias}`"))), "{alias} is on no page");
    }
    assert_eq!(Provider::from_id("openai_resp"), Provider::OpenAI);
    assert_eq!(canonical_path(Provider::from_id("openai_resp"), "/responses"), "/v1/responses");
    assert_eq!(canonical_path(Provider::MiniMax, "/messages"), "/anthropic/v1/messages");
}

#[test]
fn requests_to_endpoints_of_genai_reach_the_same_address_upstream() {
    // The endpoints of genai 0.7.2 that its adapters use by default.
    for (adapter, endpoint, path) in [
        ("openai", "https://api.openai.com/v1/", "chat/completions"),
        ("openai_resp", "https://api.openai.com/v1/", "responses"),
        ("gemini", "https://generativelanguage.googleapis.com/v1beta/", "models/m:generateContent"),
        ("gemini_ix", "https://generativelanguage.googleapis.com/v1beta/", "interactions"),
        ("anthropic", "https://api.anthropic.com/v1/", "messages"),
        ("fireworks", "https://api.fireworks.ai/inference/v1/", "chat/completions"),
        ("together", "https://api.together.xyz/v1/", "chat/completions"),
        ("groq", "https://api.groq.com/openai/v1/", "chat/completions"),
        ("aihubmix", "https://aihubmix.com/v1/", "chat/completions"),
        ("kimi", "https://api.moonshot.ai/v1/", "chat/completions"),
        ("nebius", "https://api.studio.nebius.ai/v1/", "chat/completions"),
        ("xai", "https://api.x.ai/v1/", "chat/completions"),
        ("mistral", "https://api.mistral.ai/v1/", "chat/completions"),
        ("zai", "https://api.z.ai/api/paas/v4/", "chat/completions"),
        ("bigmodel", "https://open.bigmodel.cn/api/paas/v4/", "chat/completions"),
        ("aliyun", "https://dashscope.aliyuncs.com/compatible-mode/v1/", "chat/completions"),
        (
            "qwen_cloud",
            "https://dashscope-intl.aliyuncs.com/compatible-mode/v1/",
            "chat/completions",
        ),
        ("baidu", "https://qianfan.baidubce.com/v2/", "chat/completions"),
        ("ollama_cloud", "https://ollama.com/", "api/chat"),
        ("omlx", "http://127.0.0.1:8000/v1/", "chat/completions"),
        ("github_copilot", "https://models.github.ai/inference/", "chat/completions"),
        ("opencode_go", "https://opencode.ai/zen/go/v1/", "chat/completions"),
        ("bedrock_api", "https://bedrock-runtime.us-east-1.amazonaws.com/", "model/m/converse"),
        ("open_router", "https://openrouter.ai/api/v1/", "chat/completions"),
        ("atlascloud", "https://api.atlascloud.ai/v1/", "chat/completions"),
        ("requesty", "https://router.requesty.ai/v1/", "chat/completions"),
        ("api_route", "https://global.api-route.com/v1/", "chat/completions"),
        ("heabsy", "https://api.heabsy.com/v1/", "chat/completions"),
        ("runcrate", "https://api.runcrate.ai/v1/", "chat/completions"),
        ("cloudgpu", "https://cloudgpu.app/v1/", "chat/completions"),
        ("minimax", "https://api.minimax.io/anthropic/v1/", "messages"),
        (
            "vertex",
            "https://aiplatform.googleapis.com/v1/projects/p/locations/global/",
            "publishers/google/models/m:generateContent",
        ),
    ] {
        let provider = Provider::from_id(adapter);
        let root = Address::parse(endpoint).unwrap();
        let below = endpoint.strip_prefix(root.root()).unwrap();
        let upstream = default_upstream(provider, |_| None).unwrap();
        // With the path of the endpoint, as in the resolver of `docs/providers.md`, and without it.
        let without = (adapter != "vertex").then(|| format!("/{path}"));
        for sent in [Some(format!("{below}{path}")), without].into_iter().flatten() {
            let url = upstream_url(provider, &upstream, &canonical_path(provider, &sent));
            assert_eq!(url, format!("{endpoint}{path}"), "{adapter} {sent}");
        }
    }
    let mimo = canonical_path(Provider::XiaomiMimo, "/openai/v1/chat/completions");
    assert_eq!(mimo, "/v1/chat/completions");
}

#[test]
fn one_id_is_one_provider() {
    const ACME: Provider = Provider::named("acme");
    assert_eq!(Provider::named("openai"), Provider::OpenAI);
    assert_eq!("openai".parse(), Ok(Provider::OpenAI));
    assert_eq!(Provider::from_id("openai"), Provider::OpenAI);
    assert_eq!("acme".parse(), Ok(ACME));
    assert_eq!(ACME.id(), "acme");
    assert_eq!(format!("{ACME:?}"), "Other(\"acme\")");
}

#[test]
#[should_panic(expected = "a provider id consists of")]
fn invalid_ids_panic() {
    let _ = Provider::named("a b/../c");
}

#[test]
fn ids_and_variables_name_one_provider_each() {
    let mut seen = HashSet::new();
    for provider in Provider::all() {
        let entry = provider.entry();
        assert!(seen.insert(entry.id), "{}", entry.id);
        for (name, _) in entry.variables.iter().chain(entry.keys).chain(entry.settings) {
            assert!(seen.insert(name), "{name}");
            let fits =
                |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
            assert!(name.bytes().all(fits), "{name}");
        }
    }
}

#[test]
fn variables_point_to_the_provider_at_the_front() {
    for provider in Provider::all() {
        for (name, tail) in provider.entry().variables {
            assert!(!tail.ends_with('/'), "{name}={tail}");
            // whatever a client appends to it comes out the same
            let root = provider.entry().root.join("/");
            let direct = canonical_path(provider, &format!("/{root}/x/y"));
            if !provider.entry().beside_root.iter().any(|first| tail.contains(first))
                && !tail.contains("anthropic")
                && !root.is_empty()
            {
                assert_eq!(canonical_path(provider, &format!("{tail}/x/y")), direct, "{name}");
                assert_eq!(
                    canonical_path(provider, &format!("{tail}//{root}/x/y")),
                    direct,
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn a_base_url_never_ends_in_a_slash() {
    for provider in Provider::all() {
        let url = provider.base_url("http://127.0.0.1:1/env/");
        assert!(url.starts_with(&format!("http://127.0.0.1:1/env/{}", provider.id())), "{url}");
        assert!(!url.ends_with('/') && !url[7..].contains("//"), "{url}");
    }
    assert_eq!(Provider::OpenAI.base_url("http://h:1/env"), "http://h:1/env/openai/v1");
    assert_eq!(Provider::Anthropic.base_url("http://h:1/env"), "http://h:1/env/anthropic");
    assert_eq!(Provider::Groq.base_url("http://h:1/env"), "http://h:1/env/groq/openai/v1");
}

#[test]
fn placeholder_keys_are_recognizable() {
    for provider in Provider::all() {
        for (name, value) in provider.entry().keys {
            assert!(value.contains("llmock"), "{name}");
            assert!(is_secret_variable(name), "{name}");
        }
    }
    let (_, anthropic) = Provider::Anthropic.entry().keys[0];
    assert!(anthropic.starts_with("sk-ant-api03-"));
    assert_eq!(anthropic.len(), 108, "some clients count");
    assert!(!anthropic.ends_with("AA"), "real keys do, and scanners look for it");
}

#[test]
fn the_docs_show_this_table() {
    let page = include_str!("../../../docs/providers.md");
    let (_, rest) =
        page.split_once("<!-- table of providers -->\n").expect("the page has the table");
    let (shown, _) = rest.split_once("<!-- end -->").expect("the table ends");
    assert_eq!(
        shown,
        table_in_markdown(),
        "docs/providers.md shows another table; replace it by the left one"
    );
}

fn table_in_markdown() -> String {
    let mut lines = vec![
        "| id | variables | base URL of a handle | recorded from | keys put in when absent |"
            .to_owned(),
        "| --- | --- | --- | --- | --- |".to_owned(),
    ];
    for provider in Provider::all() {
        let entry = provider.entry();
        let variables =
            entry.variables.iter().map(|(name, path)| format!("`{name}=B/{}{path}`", entry.id));
        let keys = entry.keys.iter().map(|(name, _)| format!("`{name}`"));
        let settings = entry.settings.iter().map(|(name, value)| format!("`{name}={value}`"));
        let cells = [
            format!("`{}`", entry.id),
            variables.collect::<Vec<_>>().join("<br>"),
            format!("`{}`", provider.base_url("B")),
            entry.upstream.map_or("its variable".to_owned(), |url| format!("`{url}`")),
            keys.chain(settings).collect::<Vec<_>>().join("<br>"),
        ];
        lines.push(format!("| {} |", cells.join(" | ")).replace("|  |", "| |"));
    }
    lines.join("\n") + "\n"
}
