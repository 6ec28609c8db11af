//! The suites of rig and Meilisearch in llmock's terms, with real clients. What their harnesses need for it is in the table of
//! `tests/it/scenarios`: 4,264 lines, and 238 kB of embeddings.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use llmock::control::{Chunks, StreamControl};
use llmock::{Fixture, LlmMock, Mode, Provider};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::{Response, Upstream, replay};
use rig_core::completion::CompletionRequest;
use rig_core::driver::DynModel;
use rig_core::operation::Completion;
use rig_core::providers::openai;
use serde_json::{Value, json};

const TEST: &str = "scenarios::test";

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(future)
}

fn stream() -> Response {
    let chunk = |delta: &Value, finish: Option<&str>| {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
        let chunk = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o",
            "choices": [choice]});
        format!("data: {chunk}\n\n")
    };
    let texts = ["Gr\u{fc}\u{df}e, ", "Welt"].map(|text| chunk(&json!({"content": text}), None));
    let end = [chunk(&json!({}), Some("stop")), "data: [DONE]\n\n".to_owned()];
    Response::sse(texts.into_iter().chain(end))
}

fn rig(mock: &LlmMock) -> DynModel<Completion> {
    let config = openai::OpenAIConfig::new(&*mock.api_key(Provider::OpenAI));
    config.with_base_url(mock.base_url(Provider::OpenAI)).client().chat("gpt-4o").erase()
}

fn greets(mock: &LlmMock) {
    let answer = block_on(async {
        rig(mock).stream(CompletionRequest::new("Hi").max_tokens(64)).unwrap().finish().await
    });
    assert_eq!(answer.unwrap().text(), "Gr\u{fc}\u{df}e, Welt");
}

/// rig's cassettes: strict, the same assertions while recording and in replay, streams cut anywhere, and a reader.
#[test]
fn rig_records_a_cassette_and_reads_it() {
    alone(&[("OPENAI_API_KEY", "sk-live-1234567890abcdef")], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([stream()]);
        let mock = upstream.record(&fixture, TEST).strict_order().fail_on_unused().start().unwrap();
        assert_eq!(mock.mode(), Mode::Record);
        greets(&mock);
        assert!(mock.exchanges()[0].request().has_credentials());
        mock.finish().unwrap();
        for chunks in
            [Chunks::Event, Chunks::Adversarial, Chunks::Lengths(vec![1, 5, 2, 13, 3, 8, 21])]
        {
            let control = StreamControl::new().chunks(chunks);
            let mock = replay(&fixture, TEST).strict_order().fail_on_unused().stream(control);
            let mock = mock.start().unwrap();
            greets(&mock);
            let exchanges = mock.exchanges();
            assert_eq!(exchanges[0].response().unwrap().events().len(), 4);
            mock.finish().unwrap();
        }
        let cassette = Fixture::load(&fixture).unwrap();
        let [interaction] = cassette.interactions() else { panic!("one") };
        assert_eq!(interaction.response().events().last().unwrap().data(), "[DONE]");
    });
}

fn embed(mock: &LlmMock, texts: &[&str]) -> Vec<Value> {
    let config = OpenAIConfig::new().with_api_base(mock.base_url(Provider::OpenAI));
    let config = config.with_api_key(&*mock.api_key(Provider::OpenAI));
    let body = json!({"model": "text-embedding-3-small", "input": texts});
    let client = Client::with_config(config);
    let answer: Value = block_on(client.embeddings().create_byot(body)).unwrap();
    let data = answer["data"].as_array().unwrap().iter();
    data.map(|one| one["embedding"].clone()).collect()
}

/// Meilisearch's map of embeddings: found by text, whatever batches the index makes.
#[test]
fn embeddings_are_found_in_any_batch() {
    alone(&[("OPENAI_API_KEY", "sk-live-1234567890abcdef")], |_| {
        let upstream = Upstream::scripted(|_, request| {
            let body: Value = serde_json::from_str(&request.text()).unwrap();
            let texts = body["input"].as_array().unwrap().iter().enumerate();
            let data = texts.map(|(index, text)| {
                let length = text.as_str().unwrap().len();
                json!({"object": "embedding", "index": index, "embedding": [length, 0.5]})
            });
            let data: Vec<_> = data.collect();
            let usage = json!({"prompt_tokens": 9, "total_tokens": 9});
            let body = json!({"object": "list", "model": "m", "data": data, "usage": usage});
            Response::json(body.to_string())
        });
        let (_folder, fixture) = place();
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        embed(&mock, &["kefir", "intel", "a", "bb"]);
        mock.finish().unwrap();
        let mock = replay(&fixture, TEST).start().unwrap();
        for batch in [&["a", "kefir"][..], &["bb"], &["intel", "bb", "a", "kefir"]] {
            let expected: Vec<_> = batch.iter().map(|text| json!([text.len(), 0.5])).collect();
            assert_eq!(embed(&mock, batch), expected, "{batch:?}");
        }
        mock.finish().unwrap();
    });
}
