//! Bedrock's `invoke`, compared with what AWS documents for each maker of models.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::{Finish, Rendered, Reply, RequestShape};
use super::rendering::{at, data, read};
use crate::provider::Provider;
use crate::stream::Item;
use crate::wire;

fn render(reply: &Reply, provider: Provider, path: &str, body: &str) -> Rendered {
    reply.render(provider, &RequestShape::post(path, body))
}

/// What the frames are named.
fn names(rendered: &Rendered) -> Vec<String> {
    let items = read(rendered).events.into_iter().map(|event| event.item);
    let names = items.map(|item| match item {
        Item::Frame { headers, .. } => headers[0].1.clone(),
        other => panic!("{other:?} is no frame"),
    });
    names.collect()
}

/// What a chunk holds.
fn inside(payload: &str) -> Option<String> {
    let bytes = STANDARD.decode(at(payload, &["bytes"])?).unwrap();
    Some(String::from_utf8(bytes).unwrap())
}

#[test]
fn invoke_uses_the_format_of_the_model_maker() {
    let user = r#"{"messages":[{"role":"user","content":"Hi"}],"max_tokens":9}"#;
    let prompt = r#"{"prompt":"12345678"}"#;
    for (model, body, whole, last) in [
        ("anthropic.claude-3", user, r#""stop_reason":"end_turn""#, r#"{"type":"message_stop"}"#),
        (
            "us.amazon.nova-lite-v1:0",
            user,
            r#""stopReason":"end_turn""#,
            r#"{"metadata":{"usage":"#,
        ),
        (
            "us.meta.llama3-1-8b-instruct-v1:0",
            prompt,
            r#"{"generation":"Hello there","prompt_token_count":2,"generation_token_count":2,"stop_reason":"stop"}"#,
            r#"{"generation":"","prompt_token_count":null,"generation_token_count":2,"stop_reason":"stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":2,"outputTokenCount":2,"#,
        ),
        (
            "mistral.mixtral-8x7b-instruct-v0%3A1",
            prompt,
            r#"{"outputs":[{"text":"Hello there","stop_reason":"stop"}]}"#,
            r#"{"outputs":[{"text":"","stop_reason":"stop"}],"amazon-bedrock-invocationMetrics":{"#,
        ),
        (
            "amazon.titan-text-express-v1",
            r#"{"inputText":"12345678"}"#,
            r#"{"inputTextTokenCount":2,"results":[{"tokenCount":2,"outputText":"Hello there","completionReason":"FINISH"}]}"#,
            r#"{"outputText":"","index":0,"totalOutputTextTokenCount":2,"completionReason":"FINISH","inputTextTokenCount":null,"amazon-"#,
        ),
        (
            "cohere.command-r-plus-v1:0",
            r#"{"message":"Hi"}"#,
            r#""text":"Hello there","finish_reason":"COMPLETE""#,
            r#"{"is_finished":true,"event_type":"stream-end","finish_reason":"COMPLETE","#,
        ),
    ] {
        let (said, provider) = (Reply::text("Hello there"), Provider::Bedrock);
        let answer = render(&said, provider, &format!("/model/{model}/invoke"), body);
        assert!(answer.status == 200 && answer.text().contains(whole), "{model} {}", answer.text());

        let path = format!("/model/{model}/invoke-with-response-stream");
        let streamed = render(&said, provider, &path, body);
        assert!(names(&streamed).iter().all(|name| name == "chunk"), "{model}");
        let preview = wire::format(provider, "POST", &path).preview(&read(&streamed));
        assert_eq!(preview.as_deref(), Some("Hello there"), "{model}");
        let payloads = data(&streamed);
        assert!(payloads.len() > 2, "{model} {payloads:?}");
        let chunk = inside(payloads.last().unwrap()).unwrap();
        assert!(chunk.starts_with(last), "{model} {chunk}");

        let broken = render(&said.failing("over"), provider, &path, body);
        let end = data(&broken).pop().unwrap();
        let message = match inside(&end) {
            // Cohere says that it was an error, and not which
            Some(event) => event.contains("over") || event.contains(r#""ERROR""#),
            None => {
                names(&broken).last().unwrap() == "internalServerException" && end.contains("over")
            }
        };
        assert!(message, "{model} {end}");
    }
    let long = Reply::text("a").finish(Finish::Length);
    for (model, body, reason) in [
        ("meta.llama3", prompt, r#""stop_reason":"length""#),
        ("mistral.mistral-7b", prompt, r#""stop_reason":"length""#),
        ("amazon.titan-text-lite-v1", r#"{"inputText":"a"}"#, r#""completionReason":"LENGTH""#),
    ] {
        let path = format!("/model/{model}/invoke");
        assert!(render(&long, Provider::Bedrock, &path, body).text().contains(reason), "{model}");
    }
    let unknown = render(&long, Provider::Bedrock, "/model/ai21.jamba/invoke", prompt);
    assert_eq!(unknown.status, 404);
}
