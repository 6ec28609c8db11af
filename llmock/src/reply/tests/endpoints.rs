//! Endpoints other than conversations: embeddings, models, moderations, token counts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::{RenderedBody, Reply, RequestShape};
use super::rendering::{at, data, get, post};
use crate::json::{self, Json};
use crate::provider::Provider;

/// The numbers at `path`.
fn numbers(text: &str, path: &[&str]) -> Vec<f32> {
    let root = json::parse(text).unwrap();
    let value = path.iter().fold(&root, |value, step| match value {
        Json::Array(_) => value.at(step.parse().unwrap()).unwrap(),
        _ => value.get(step).unwrap_or_else(|| panic!("no `{step}` in {text}")),
    });
    let number = |item: &Json<'_>| match item {
        Json::Number(token) => token.parse().unwrap(),
        other => panic!("{other:?} is no number"),
    };
    value.as_array().unwrap().iter().map(number).collect()
}

#[test]
fn embeds_equal_texts_equally_at_every_endpoint() {
    for (provider, path, body, place) in [
        (
            Provider::OpenAI,
            "/v1/embeddings",
            r#"{"model":"e","input":["other","cat"],"dimensions":64}"#,
            &["data", "1", "embedding"][..],
        ),
        (
            Provider::OpenAI,
            "/v1/embeddings",
            r#"{"input":"cat","dimensions":64}"#,
            &["data", "0", "embedding"],
        ),
        (
            Provider::Gemini,
            "/v1beta/models/e:embedContent",
            r#"{"content":{"parts":[{"text":"cat"}]},"outputDimensionality":64}"#,
            &["embedding", "values"],
        ),
        (
            Provider::Gemini,
            "/v1beta/models/e:batchEmbedContents",
            r#"{"requests":[{"content":{"parts":[{"text":"cat"}]},"outputDimensionality":64}]}"#,
            &["embeddings", "0", "values"],
        ),
        (
            Provider::Vertex,
            "/v1/projects/p/locations/l/publishers/google/models/e:predict",
            r#"{"instances":[{"content":"cat"}],"parameters":{"outputDimensionality":64}}"#,
            &["predictions", "0", "embeddings", "values"],
        ),
        (
            Provider::Ollama,
            "/api/embed",
            r#"{"input":"cat","dimensions":64}"#,
            &["embeddings", "0"],
        ),
        (
            Provider::Ollama,
            "/api/embeddings",
            r#"{"prompt":"cat","dimensions":64}"#,
            &["embedding"],
        ),
        (
            Provider::Cohere,
            "/v2/embed",
            r#"{"texts":["cat"],"output_dimension":64}"#,
            &["embeddings", "float", "0"],
        ),
        (
            Provider::Cohere,
            "/v1/embed",
            r#"{"texts":["cat"],"output_dimension":64}"#,
            &["embeddings", "0"],
        ),
        (
            Provider::Bedrock,
            "/model/amazon.titan-embed-text-v2%3A0/invoke",
            r#"{"inputText":"cat","dimensions":64}"#,
            &["embedding"],
        ),
    ] {
        let vector = numbers(&post(&Reply::new(), provider, path, body), place);
        let cat = numbers(
            &post(
                &Reply::new(),
                Provider::OpenAI,
                "/embeddings",
                r#"{"input":"cat","dimensions":64}"#,
            ),
            &["data", "0", "embedding"],
        );
        assert_eq!((vector.len(), &vector), (64, &cat), "{provider} {path}");
        let given = Reply::new().embedding([0.5, -1.0, 2e-7]);
        assert_eq!(numbers(&post(&given, provider, path, body), place), [0.5, -1.0, 2e-7]);
    }
}

#[test]
fn encodes_embeddings_in_base64() {
    let ask = |body: &str| post(&Reply::new(), Provider::OpenAI, "/v1/embeddings", body);
    let plain = ask(r#"{"model":"text-embedding-3-small","input":"cat"}"#);
    let encoded =
        ask(r#"{"model":"text-embedding-3-small","input":"cat","encoding_format":"base64"}"#);
    let bytes = STANDARD.decode(at(&encoded, &["data", "0", "embedding"]).unwrap()).unwrap();
    let decoded: Vec<f32> =
        bytes.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
    assert_eq!(decoded.len(), 1536);
    assert_eq!(decoded, numbers(&plain, &["data", "0", "embedding"]));
}

#[test]
fn treats_an_array_of_tokens_as_one_input() {
    for (input, count) in [
        (r#""a""#, 1),
        (r#"["a","b","c"]"#, 3),
        ("[1,2,3]", 1),
        ("[[1,2],[3]]", 2),
        ("[]", 0),
        ("7", 1),
    ] {
        let body = format!(r#"{{"input":{input},"dimensions":2}}"#);
        let answer = post(&Reply::new(), Provider::OpenAI, "/v1/embeddings", &body);
        assert_eq!(answer.matches(r#""object":"embedding""#).count(), count, "{answer}");
    }
    let huge = r#"{"input":"a","dimensions":18446744073709551615}"#;
    let answer = post(&Reply::new(), Provider::OpenAI, "/v1/embeddings", huge);
    assert_eq!(numbers(&answer, &["data", "0", "embedding"]).len(), 4096);
}

#[test]
fn numbers_choices_prompt_by_prompt() {
    let texts = |reply: &Reply, more: &str| -> Vec<String> {
        let body = format!(r#"{{"model":"m",{more}}}"#);
        let rendered =
            reply.render(Provider::OpenAI, &RequestShape::post("/v1/completions", &body));
        let mut texts: Vec<String> = Vec::new();
        let whole = matches!(rendered.body, RenderedBody::Whole(_));
        for event in if whole { vec![rendered.text()] } else { data(&rendered) } {
            let answer = json::parse(&event).unwrap();
            for choice in answer.get("choices").and_then(Json::as_array).unwrap() {
                let index = choice.get("index").and_then(Json::as_u64).unwrap();
                let index = usize::try_from(index).unwrap();
                texts.resize(texts.len().max(index + 1), String::new());
                texts[index].push_str(&choice.get("text").and_then(Json::as_str).unwrap());
            }
        }
        texts
    };
    let one = Reply::text("one text");
    let two = Reply::new().completion("to a").completion("all of b");
    for (reply, prompt, expected) in [
        (&one, r#""prompt":"a""#, &["one text"][..]),
        (&one, r#""prompt":["a","b"]"#, &["one text", "one text"]),
        (&two, r#""prompt":["a","b"]"#, &["to a", "all of b"]),
        (&two, r#""prompt":["a","b"],"n":2"#, &["to a", "to a", "all of b", "all of b"]),
        (&two, r#""prompt":["a","b","c"]"#, &["to a", "all of b", "all of b"]),
        (&two, r#""prompt":["a","b"],"echo":true"#, &["ato a", "ball of b"]),
        (&two, r#""prompt":[[1,2],[3]]"#, &["to a", "all of b"]),
        (&two, r#""prompt":[1,2]"#, &["to a"]),
        (&two, r#""n":2"#, &["to a", "to a"]),
    ] {
        assert_eq!(texts(reply, prompt), expected, "{prompt}");
        let streamed = format!(r#"{prompt},"stream":true"#);
        assert_eq!(texts(reply, &streamed), expected, "{streamed}");
    }
}

#[test]
fn ranks_documents_by_common_words() {
    let body = r#"{"query":"where do cats sleep","documents":["stocks fell",{"text":"cats sleep on mats"},"dogs sleep"],"top_n":2}"#;
    let answer = post(&Reply::new(), Provider::Cohere, "/v2/rerank", body);
    let places: Vec<_> =
        answer.match_indices("\"index\":").map(|(at, _)| &answer[at + 8..=at + 8]).collect();
    assert_eq!(places, ["1", "2"], "{answer}");
}

#[test]
fn lists_and_finds_models_in_every_api() {
    let reply = Reply::new().models(["m-1", "org/m-2"]);
    for (provider, path, listed) in [
        (
            Provider::OpenAI,
            "/v1/models",
            r#"{"object":"list","data":[{"id":"m-1","object":"model","created":1735689600,"owned_by":"llmock"},"#,
        ),
        (
            Provider::Anthropic,
            "/v1/models",
            r#"{"data":[{"type":"model","id":"m-1","display_name":"m-1","created_at":"2025-01-01T00:00:00Z","lifecycle":"active"},"#,
        ),
        (Provider::Gemini, "/v1beta/models", r#"{"models":[{"name":"models/m-1","version":"001","#),
        (Provider::Ollama, "/api/tags", r#"{"models":[{"name":"m-1","model":"m-1","#),
        (Provider::Ollama, "/v1/models", r#"{"object":"list","data":[{"id":"m-1","#),
        (Provider::Cohere, "/v1/models", r#"{"models":[{"name":"m-1","endpoints":["#),
    ] {
        let text = get(&reply, provider, path);
        assert!(text.starts_with(listed) && text.contains("org/m-2"), "{provider} {text}");
        assert!(json::parse(&text).is_ok());
    }
    for (provider, path, one) in [
        (Provider::OpenAI, "/v1/models/m-1", r#"{"id":"m-1","object":"model""#),
        (Provider::OpenAI, "/models/org/m-2", r#"{"id":"org/m-2","object":"model""#),
        (Provider::OpenAI, "/v1/models/org%2Fm-2", r#"{"id":"org/m-2","object":"model""#),
        (Provider::Anthropic, "/v1/models/m-1", r#"{"type":"model","id":"m-1""#),
        (Provider::Gemini, "/v1beta/models/m-1", r#"{"name":"models/m-1""#),
    ] {
        let text = get(&reply, provider, path);
        assert!(text.starts_with(one), "{path} {text}");
    }
    let tuned = Reply::new().models(["ft:gpt-4o-mini:acme::x"]);
    for path in ["/v1/models/ft:gpt-4o-mini:acme::x", "/v1/models/ft%3Agpt-4o-mini%3Aacme%3A%3Ax"] {
        let text = get(&tuned, Provider::OpenAI, path);
        assert!(text.starts_with(r#"{"id":"ft:gpt-4o-mini:acme::x","#), "{path} {text}");
    }
    let missing = reply.render(Provider::OpenAI, &RequestShape::get("/v1/models/m-3"));
    assert_eq!(missing.status, 404);
    assert_eq!(
        at(&missing.text(), &["error", "message"]).as_deref(),
        Some("the model `m-3` does not exist")
    );
    let any = get(&Reply::new(), Provider::OpenAI, "/v1/models/m-3");
    assert!(any.starts_with(r#"{"id":"m-3""#), "{any}");
}

#[test]
fn flags_moderations_only_for_refusals() {
    let ask = |reply: &Reply, body: &str| post(reply, Provider::OpenAI, "/v1/moderations", body);
    let fine = ask(&Reply::new(), r#"{"input":["a","b"]}"#);
    assert_eq!(fine.matches(r#""flagged":false"#).count(), 2, "{fine}");
    assert_eq!(at(&fine, &["model"]).as_deref(), Some("omni-moderation-latest"));
    let refused = ask(&Reply::refusal("no"), r#"{"model":"mod","input":"a"}"#);
    assert!(refused.contains(r#""flagged":true,"categories":{"harassment":false,"#), "{refused}");
    assert!(refused.contains(r#""illicit":true"#) && refused.contains(r#""illicit":0.99"#));
    assert!(json::parse(&refused).is_ok());
}

#[test]
fn counts_tokens_of_requests() {
    let messages = r#"{"messages":[{"role":"user","content":"12345678"}]}"#;
    for (provider, path, body, answer) in [
        (Provider::Anthropic, "/v1/messages/count_tokens", messages, r#"{"input_tokens":2}"#),
        (
            Provider::Gemini,
            "/v1beta/models/m:countTokens",
            r#"{"contents":[{"parts":[{"text":"12345678"}]}]}"#,
            r#"{"totalTokens":2,"promptTokensDetails":[{"modality":"TEXT","tokenCount":2}]}"#,
        ),
        (
            Provider::OpenAI,
            "/v1/responses/input_tokens",
            r#"{"input":"12345678"}"#,
            r#"{"object":"response.input_tokens","input_tokens":2}"#,
        ),
        (
            Provider::Bedrock,
            "/model/m/count-tokens",
            r#"{"input":{"converse":{"messages":[{"content":[{"text":"12345678"}]}]}}}"#,
            r#"{"inputTokens":2}"#,
        ),
    ] {
        assert_eq!(post(&Reply::new(), provider, path, body), answer);
    }
    let given = Reply::new().usage(77, 1);
    assert_eq!(
        post(&given, Provider::Anthropic, "/v1/messages/count_tokens", messages),
        r#"{"input_tokens":77}"#
    );
}

#[test]
fn returns_a_response_by_its_id() {
    let text = get(&Reply::text("x"), Provider::OpenAI, "/v1/responses/resp_7");
    assert_eq!(at(&text, &["id"]).as_deref(), Some("resp_7"));
    let deleted = Reply::text("x")
        .render(Provider::OpenAI, &RequestShape::new("DELETE", "/v1/responses/resp_7", ""));
    assert_eq!(deleted.text(), r#"{"id":"resp_7","object":"response","deleted":true}"#);
}
