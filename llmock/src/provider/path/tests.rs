//! Base URLs and paths as clients are known to join them.

use super::*;

/// Provider, what follows its segment on the wire, and the canonical form.
const PATHS: &[(&str, &str, &str)] = &[
    ("openai", "/v1/chat/completions", "/v1/chat/completions"),
    ("deepseek", "/v1", "/"),
    ("openai", "//chat/completions", "/v1/chat/completions"),
    ("openai", "/chat/completions", "/v1/chat/completions"),
    ("openai", "chat/completions", "/v1/chat/completions"),
    ("openai", "/v1//chat/completions", "/v1/chat/completions"),
    ("openai", "/v1/v1/chat/completions", "/v1/chat/completions"),
    ("openai", "/v1/chat/completions/", "/v1/chat/completions"),
    ("openai", "/v1/files/file-1/content?a=1", "/v1/files/file-1/content?a=1"),
    ("openai", "/v2/things", "/v2/things"),
    ("openai", "", "/v1"),
    ("openai", "/v1/models?limit=2&after=x", "/v1/models?limit=2&after=x"),
    ("openai", "/v1/chat/completions#stream", "/v1/chat/completions"),
    ("openai", "/v1/models/ft%3agpt-4o%3Aorg", "/v1/models/ft:gpt-4o:org"),
    ("anthropic", "/v1/messages", "/v1/messages"),
    ("anthropic", "/v1/v1/messages", "/v1/messages"),
    ("anthropic", "/messages", "/v1/messages"),
    ("anthropic", "/v1/messages?beta=true", "/v1/messages?beta=true"),
    ("anthropic", "/messages/count_tokens?beta=true", "/v1/messages/count_tokens?beta=true"),
    ("gemini", "/models/m:generateContent", "/v1beta/models/m:generateContent"),
    ("gemini", "/v1/models/m:generateContent", "/v1/models/m:generateContent"),
    ("gemini", "/v1beta/v1beta/models/m:generateContent", "/v1beta/models/m:generateContent"),
    ("gemini", "/v1beta/models/m%3AgenerateContent?key=AIza", "/v1beta/models/m:generateContent"),
    (
        "gemini",
        "/v1beta/models/m:streamGenerateContent?alt=sse&key=x&b=%2F",
        "/v1beta/models/m:streamGenerateContent?alt=sse&b=%2F",
    ),
    ("gemini", "/v1beta/openai/chat/completions", "/v1beta/openai/chat/completions"),
    (
        "gemini",
        "/upload/v1beta/files?uploadType=resumable",
        "/upload/v1beta/files?uploadType=resumable",
    ),
    ("azure", "//openai/deployments/d/chat/completions", "/openai/deployments/d/chat/completions"),
    (
        "azure",
        "/openai/deployments/d/chat/completions?api-version=2024-10-21",
        "/openai/deployments/d/chat/completions?api-version=2024-10-21",
    ),
    ("azure", "/deployments/d/embeddings", "/openai/deployments/d/embeddings"),
    ("azure", "/openai/openai/deployments/d/embeddings", "/openai/deployments/d/embeddings"),
    ("azure", "/v1/responses", "/openai/v1/responses"),
    ("azure", "/anthropic/v1/messages", "/anthropic/v1/messages"),
    ("bedrock", "/model/a.claude-v1%3A0/converse", "/model/a.claude-v1:0/converse"),
    ("bedrock", "/model/a.claude-v1:0/converse", "/model/a.claude-v1:0/converse"),
    (
        "bedrock",
        "/model/arn%3aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2fp.m/converse",
        "/model/arn:aws:bedrock:us-east-1:1:inference-profile%2Fp.m/converse",
    ),
    ("bedrock", "/model/m/invoke?X-Amz-Signature=1&x=2", "/model/m/invoke?x=2"),
    ("ollama", "/api/chat", "/api/chat"),
    ("ollama", "/api/api/chat", "/api/chat"),
    ("ollama", "/v1/chat/completions", "/v1/chat/completions"),
    ("ollama", "/v1/v1/chat/completions", "/v1/chat/completions"),
    ("ollama", "/chat/completions", "/v1/chat/completions"),
    ("cohere", "/v2/chat", "/v2/chat"),
    ("cohere", "/v2/v2/chat", "/v2/chat"),
    ("cohere", "/v1/chat", "/v1/chat"),
    ("cohere", "/compatibility/v1/chat/completions", "/compatibility/v1/chat/completions"),
    ("groq", "/openai/v1/chat/completions", "/openai/v1/chat/completions"),
    ("groq", "/openai/v1/openai/v1/chat/completions", "/openai/v1/chat/completions"),
    ("groq", "/v1/chat/completions", "/openai/v1/chat/completions"),
    ("groq", "/chat/completions", "/openai/v1/chat/completions"),
    ("openrouter", "/api/v1/chat/completions", "/api/v1/chat/completions"),
    ("openrouter", "/chat/completions", "/api/v1/chat/completions"),
    ("openrouter", "/v1/models", "/api/v1/models"),
    ("deepseek", "/v1/chat/completions", "/chat/completions"),
    ("deepseek", "/chat/completions", "/chat/completions"),
    ("deepseek", "/beta/completions", "/beta/completions"),
    ("perplexity", "/v1/chat/completions", "/chat/completions"),
    ("perplexity", "/v1/responses", "/v1/responses"),
    ("zai", "/chat/completions", "/api/paas/v4/chat/completions"),
    ("zai", "/api/coding/paas/v4/chat/completions", "/api/coding/paas/v4/chat/completions"),
    ("zai", "/api/anthropic/v1/messages", "/api/anthropic/v1/messages"),
    ("minimax", "/anthropic/v1/messages", "/anthropic/v1/messages"),
    ("llamacpp", "/props", "/props"),
    ("llamacpp", "/slots/0?action=save", "/slots/0?action=save"),
    ("llamacpp", "/completions", "/v1/completions"),
    ("mistralrs", "/health", "/health"),
    ("mistralrs", "/chat/completions", "/v1/chat/completions"),
    ("openai", "/props", "/props"),
    ("openai", "/health", "/health"),
    ("openai", "/api/v0/models", "/api/v0/models"),
    ("openai", "/v1/health", "/v1/health"),
    ("azure", "/api/projects/p/openai/v1/responses", "/api/projects/p/openai/v1/responses"),
    ("azure", "/chat/completions", "/openai/chat/completions"),
    ("vertex", "/v1/projects/p/locations/l/x", "/v1/projects/p/locations/l/x"),
    ("somebody-new", "/chat/completions", "/chat/completions"),
    ("openai", "/v1/files/100%/a%zz", "/v1/files/100%/a%zz"),
    ("openai", "/v1/files/é%é", "/v1/files/é%é"),
];

/// Provider, its base URL, a canonical path, and where the request goes.
const URLS: &[(&str, &str, &str, &str)] = &[
    (
        "openai",
        "https://api.openai.com/v1",
        "/v1/models?a=1",
        "https://api.openai.com/v1/models?a=1",
    ),
    ("openai", "https://api.openai.com", "/v1/models", "https://api.openai.com/v1/models"),
    (
        "openai",
        "http://127.0.0.1:8089/v1",
        "/v1/chat/completions",
        "http://127.0.0.1:8089/v1/chat/completions",
    ),
    (
        "openai",
        "http://127.0.0.1:8089/v1/",
        "/v1/chat/completions",
        "http://127.0.0.1:8089/v1/chat/completions",
    ),
    ("openai", "http://h:1/llm", "/v1/chat/completions", "http://h:1/llm/chat/completions"),
    ("openai", "http://h:1/v1", "/v2/things", "http://h:1/v2/things"),
    (
        "anthropic",
        "https://api.anthropic.com",
        "/v1/messages",
        "https://api.anthropic.com/v1/messages",
    ),
    ("anthropic", "http://127.0.0.1:8089", "/v1/messages", "http://127.0.0.1:8089/v1/messages"),
    ("anthropic", "http://127.0.0.1:8089/v1", "/v1/messages", "http://127.0.0.1:8089/v1/messages"),
    ("anthropic", "http://h/gateway/", "/v1/messages", "http://h/gateway/v1/messages"),
    ("gemini", "http://h/v1beta", "/v1beta/models/m:x", "http://h/v1beta/models/m:x"),
    ("gemini", "http://h/v1beta", "/v1/models/m:x", "http://h/v1/models/m:x"),
    (
        "openrouter",
        "https://openrouter.ai/api/v1",
        "/api/v1/models",
        "https://openrouter.ai/api/v1/models",
    ),
    ("groq", "https://api.groq.com", "/openai/v1/models", "https://api.groq.com/openai/v1/models"),
    (
        "groq",
        "https://api.groq.com/openai/v1",
        "/openai/v1/models",
        "https://api.groq.com/openai/v1/models",
    ),
    ("ollama", "http://127.0.0.1:11434", "/api/chat", "http://127.0.0.1:11434/api/chat"),
    ("ollama", "http://h:1/v1", "/api/chat", "http://h:1/api/chat"),
    ("ollama", "http://h:1/v1", "/v1/embeddings", "http://h:1/v1/embeddings"),
    ("cohere", "https://api.cohere.com/v1", "/v2/chat", "https://api.cohere.com/v2/chat"),
    (
        "deepseek",
        "https://api.deepseek.com/v1",
        "/chat/completions",
        "https://api.deepseek.com/v1/chat/completions",
    ),
    (
        "azure",
        "https://x.openai.azure.com/",
        "/openai/v1/models",
        "https://x.openai.azure.com/openai/v1/models",
    ),
    (
        "azure",
        "https://x.openai.azure.com/openai/v1",
        "/openai/v1/models",
        "https://x.openai.azure.com/openai/v1/models",
    ),
    (
        "azure",
        "https://x.openai.azure.com/openai/v1",
        "/openai/deployments/d/embeddings",
        "https://x.openai.azure.com/openai/deployments/d/embeddings",
    ),
    (
        "azure",
        "https://x.services.ai.azure.com/openai",
        "/models/chat/completions",
        "https://x.services.ai.azure.com/models/chat/completions",
    ),
    ("openai", "http://127.0.0.1:8080/v1", "/props", "http://127.0.0.1:8080/props"),
    ("bedrock", "http://h/b", "/model/m:0/converse", "http://h/b/model/m:0/converse"),
    (
        "zai",
        "https://api.z.ai/api/paas/v4",
        "/api/anthropic/v1/messages",
        "https://api.z.ai/api/anthropic/v1/messages",
    ),
    (
        "minimax",
        "https://api.minimax.io/v1",
        "/anthropic/v1/messages",
        "https://api.minimax.io/anthropic/v1/messages",
    ),
    ("llamacpp", "http://127.0.0.1:8080/v1", "/props", "http://127.0.0.1:8080/props"),
    // a base with slashes of its own, a path with one at its end
    (
        "openai",
        "http://gw/proxy/https://api.openai.com/v1/",
        "/v1/files/",
        "http://gw/proxy/https://api.openai.com/v1/files/",
    ),
    ("anthropic", "http://gw//a/", "/v1/messages", "http://gw//a/v1/messages"),
    ("ollama", "http://h:1/", "/", "http://h:1"),
    // a base with a query
    (
        "azure",
        "https://x.openai.azure.com?api-version=1",
        "/openai/deployments/d/chat/completions",
        "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=1",
    ),
    (
        "azure",
        "https://x.openai.azure.com/openai/v1/?api-version=1&a=b",
        "/openai/v1/models?api-version=2",
        "https://x.openai.azure.com/openai/v1/models?a=b&api-version=2",
    ),
    ("openai", "http://gw/v1?k", "/v1/models?x=1&y", "http://gw/v1/models?k&x=1&y"),
    ("openai", "https://api.openai.com/?k=1", "/v1/models", "https://api.openai.com/v1/models?k=1"),
];

#[test]
fn every_spelling_of_a_path_has_one_canonical_form() {
    for (id, raw, canonical) in PATHS {
        let provider = Provider::from_id(id);
        assert_eq!(canonical_path(provider, raw), *canonical, "{id} {raw}");
        assert_eq!(
            canonical_path(provider, canonical),
            *canonical,
            "{id}: {canonical} is canonical"
        );
    }
}

#[test]
fn a_base_url_of_any_shape_leads_to_the_endpoint() {
    for (id, base, path, url) in URLS {
        assert_eq!(upstream_url(Provider::from_id(id), base, path), *url, "{id} {base} {path}");
    }
}

#[test]
fn the_value_of_every_variable_takes_one_shape() {
    let cases = [
        ("openai", "OPENAI_BASE_URL", "https://gw/v1/", "https://gw/v1"),
        ("openai", "OPENAI_BASE_URL", "https://gw/llm", "https://gw/llm"),
        ("openai", "OPENAI_HOST", "https://gw", "https://gw/v1"),
        ("openai", "OPENAI_HOST", "https://gw/v1", "https://gw/v1"),
        ("anthropic", "ANTHROPIC_URL", "https://gw/v1", "https://gw"),
        ("anthropic", "ANTHROPIC_BASE_URL", "https://gw/a", "https://gw/a"),
        ("ollama", "OLLAMA_HOST", "127.0.0.1:11434", "http://127.0.0.1:11434"),
        ("ollama", "OLLAMA_HOST", "0.0.0.0", "http://127.0.0.1:11434"),
        ("ollama", "OLLAMA_HOST", "localhost", "http://localhost:11434"),
        ("ollama", "OLLAMA_HOST", "gpu-box", "http://gpu-box:11434"),
        ("ollama", "OLLAMA_HOST", ":1234", "http://127.0.0.1:1234"),
        ("ollama", "OLLAMA_HOST", " \"127.0.0.1:9\" ", "http://127.0.0.1:9"),
        ("ollama", "OLLAMA_HOST", "'0.0.0.0:9'", "http://127.0.0.1:9"),
        ("ollama", "OLLAMA_HOST", "::1", "http://[::1]:11434"),
        ("ollama", "OLLAMA_HOST", "[::]:9", "http://[::1]:9"),
        ("ollama", "OLLAMA_HOST", "http://localhost", "http://localhost"),
        ("ollama", "OLLAMA_HOST", "https://h/llm", "https://h/llm"),
        ("ollama", "OLLAMA_HOST", "h/llm", "http://h:11434/llm"),
        ("ollama", "OLLAMA_HOST", "http://:9", "http://127.0.0.1:9"),
        ("ollama", "OLLAMA_HOST", "ollama.com", "https://ollama.com"),
        ("llamacpp", "LLAMACPP_API_BASE_URL", "0.0.0.0/v1", "http://127.0.0.1:8080/v1"),
        ("openai", "OPENAI_HOST", "api.openai.com", "https://api.openai.com/v1"),
        ("openai", "OPENAI_BASE_URL", "'https://gw/v1'", "https://gw/v1"),
        ("openai", "OPENAI_HOST", ":8080", "http://127.0.0.1:8080/v1"),
        ("anthropic", "ANTHROPIC_HOST", "gw.corp", "http://gw.corp"),
        ("groq", "GROQ_API_BASE", "https://gw/openai/v1", "https://gw"),
        ("openai", "OPENAI_HOST", "https://gw/?k=1", "https://gw/v1?k=1"),
        ("anthropic", "ANTHROPIC_URL", "gw/v1?k=1", "http://gw?k=1"),
    ];
    for (id, variable, value, base) in cases {
        assert_eq!(
            upstream_base(Provider::from_id(id), variable, value),
            base,
            "{variable}={value}"
        );
    }
}

#[test]
fn bedrock_uses_the_region_of_the_variables() {
    let read = |name: &str| (name == "AWS_DEFAULT_REGION").then(|| "eu-west-1".to_owned());
    let upstream =
        |provider, read: &dyn Fn(&str) -> Option<String>| default_upstream(provider, read);
    assert_eq!(
        upstream(Provider::Bedrock, &read).as_deref(),
        Some("https://bedrock-runtime.eu-west-1.amazonaws.com")
    );
    assert_eq!(
        upstream(Provider::Bedrock, &|_| None).as_deref(),
        Some("https://bedrock-runtime.us-east-1.amazonaws.com")
    );
    assert_eq!(upstream(Provider::Azure, &read), None);
}

#[test]
fn canonical_paths_survive_the_usual_upstream() {
    for provider in Provider::all() {
        let Some(upstream) = provider.entry().upstream else { continue };
        let path = canonical_path(provider, "/chat/completions");
        let host = Address::parse(upstream).unwrap();
        let host = host.root();
        assert_eq!(upstream_url(provider, upstream, &path), format!("{host}{path}"), "{provider}");
    }
}

#[test]
fn finds_dot_segments_in_every_spelling() {
    for path in [
        "/v1/../../tenant-b/v1/models",
        "/v1/./models",
        "/..",
        "..",
        "/v1/%2e%2e/models",
        "/v1/%2E./models",
        "/v1/.%2e",
        "/v1/..\\models",
        "/v1\\..\\models",
        "/v1/..%2f..%2ftenant-b",
        "/v1/..%5Cmodels",
        "/v1/%252e%252e/models",
        "/v1/%25252e%25252e/models",
        "/v1/..;x=1/models",
        "/v1/..?a=b",
        "/v1/..#a",
    ] {
        assert!(has_dot_segment(path), "{path}");
    }
    for path in [
        "/v1/models",
        "/v1/models/gpt-4.1",
        "/v1/models/...",
        "/v1/files/a..b",
        "/v1/files/.hidden",
        "/v1/models?path=../x",
        "/v1/models/a%2Fb.c",
        "/v1/%",
        "/v1/%zz/%ff",
        "",
    ] {
        assert!(!has_dot_segment(path), "{path}");
    }
}

#[test]
fn streamed_paths_have_one_without_streaming() {
    for (streamed, whole) in [
        ("/v1/chat/completions", "/v1/chat/completions"),
        ("/v1beta/models/m:streamGenerateContent?alt=sse", "/v1beta/models/m:generateContent"),
        (
            "/v1beta/models/m:streamGenerateContent?alt=sse&x=1",
            "/v1beta/models/m:generateContent?x=1",
        ),
        (
            "/v1/publishers/anthropic/models/m:streamRawPredict",
            "/v1/publishers/anthropic/models/m:rawPredict",
        ),
        ("/model/m/converse-stream", "/model/m/converse"),
        ("/model/m/invoke-with-response-stream", "/model/m/invoke"),
        ("/model/converse-stream/converse", "/model/converse-stream/converse"),
    ] {
        assert_eq!(without_streaming(streamed), whole);
    }
}
