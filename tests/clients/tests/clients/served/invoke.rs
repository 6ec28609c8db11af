//! Bedrock's `invoke`, which speaks as the model's maker does, in one piece and as a stream.

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::primitives::Blob;
use aws_sdk_bedrockruntime::types::ResponseStream;
use serde_json::{Value, json};

use super::answers::{HELLO, WORDS};
use super::{bedrock, server};

/// A model, what it is asked with, where its answer has the text, and where an event of its stream has it.
struct Maker {
    model: &'static str,
    body: fn(&str) -> Value,
    whole: &'static str,
    piece: &'static str,
}

fn messages(text: &str) -> Value {
    json!({
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 32,
        "messages": [{ "role": "user", "content": text }],
    })
}

const MAKERS: [Maker; 6] = [
    Maker { model: bedrock::MODEL, body: messages, whole: "/content/0/text", piece: "/delta/text" },
    Maker {
        model: "amazon.nova-lite-v1:0",
        body: |text| json!({ "messages": [{ "role": "user", "content": [{ "text": text }] }] }),
        whole: "/output/message/content/0/text",
        piece: "/contentBlockDelta/delta/text",
    },
    Maker {
        model: "amazon.titan-text-express-v1",
        body: |text| json!({ "inputText": text }),
        whole: "/results/0/outputText",
        piece: "/outputText",
    },
    Maker {
        model: "meta.llama3-8b-instruct-v1:0",
        body: |text| json!({ "prompt": text }),
        whole: "/generation",
        piece: "/generation",
    },
    Maker {
        model: "mistral.mistral-7b-instruct-v0:2",
        body: |text| json!({ "prompt": text }),
        whole: "/outputs/0/text",
        piece: "/outputs/0/text",
    },
    Maker {
        model: "cohere.command-r-v1:0",
        body: |text| json!({ "message": text }),
        whole: "/text",
        piece: "/text",
    },
];

async fn whole(client: &Client, maker: &Maker) -> String {
    let body = Blob::new((maker.body)(HELLO).to_string());
    let answer = client.invoke_model().model_id(maker.model).body(body).send().await.unwrap();
    let answer: Value = serde_json::from_slice(answer.body.as_ref()).unwrap();
    let text = answer.pointer(maker.whole).and_then(Value::as_str);
    text.unwrap_or_else(|| panic!("{}: {answer}", maker.model)).to_owned()
}

async fn pieces(client: &Client, maker: &Maker) -> Vec<String> {
    let body = Blob::new((maker.body)(WORDS).to_string());
    let request = client.invoke_model_with_response_stream().model_id(maker.model).body(body);
    let mut events = request.send().await.unwrap().body;
    let mut pieces = Vec::new();
    while let Some(event) = events.recv().await.unwrap() {
        let ResponseStream::Chunk(chunk) = event else { panic!("{event:?}") };
        let event: Value = serde_json::from_slice(chunk.bytes.unwrap().as_ref()).unwrap();
        // the whole text once more
        if event["event_type"] == "stream-end" {
            continue;
        }
        pieces.extend(event.pointer(maker.piece).and_then(Value::as_str).map(str::to_owned));
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

#[test]
fn aws_sdk_reads_text_of_every_model_family() {
    let Some(url) = server::open() else { return };
    let client = bedrock::at(&url);
    for maker in &MAKERS {
        assert_eq!(server::block_on(whole(&client, maker)), HELLO, "{}", maker.model);
    }
}

#[test]
fn aws_sdk_reads_streams_of_every_model_family() {
    let Some(url) = server::open() else { return };
    let client = bedrock::at(&url);
    for maker in &MAKERS {
        let pieces = server::block_on(pieces(&client, maker));
        assert_eq!(pieces.concat(), WORDS, "{}", maker.model);
        assert!(pieces.len() > 1, "{}: {pieces:?}", maker.model);
    }
}
