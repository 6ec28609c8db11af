//! How much one request may ask for, and how long its response is at most.

use super::super::{Reply, RequestShape};
use super::rendering::{CONVERSATIONS, at};
use crate::provider::Provider;
use crate::wire::requirements::COORDINATES;
use crate::wire::size::{LONGEST, bound};

/// A list of that many equal elements.
fn list(element: &str, count: usize) -> String {
    format!("[{}]", vec![element; count].join(","))
}

/// The answer to an embedding of a few texts has no more bytes a coordinate.
const COORDINATE: usize = 16;

#[test]
fn refuses_requests_above_each_limit() {
    let openai = |n: &str| format!(r#"{{"model":"m","messages":[],"prompt":"a","n":{n}}}"#);
    let input = |count: usize, dimensions: usize| {
        let input = list("\"a\"", count);
        format!(r#"{{"model":"m","input":{input},"dimensions":{dimensions}}}"#)
    };
    let named = |name: &str, element: &str, count: usize| {
        format!(r#"{{"model":"m","query":"q","{name}":{}}}"#, list(element, count))
    };
    let gemini = |count: usize, dimensions: usize| {
        let one = format!(r#"{{"content":{{}},"outputDimensionality":{dimensions}}}"#);
        format!(r#"{{"requests":{}}}"#, list(&one, count))
    };
    let vertex = |dimensions: usize| {
        format!(
            r#"{{"instances":[{{"content":"a"}}],"parameters":{{"outputDimensionality":{dimensions}}}}}"#
        )
    };
    let predict = "/v1/projects/p/locations/l/publishers/google/models/e:predict";
    let titan = |dimensions: usize| format!(r#"{{"inputText":"a","dimensions":{dimensions}}}"#);
    let texts = |count: usize, dimensions: usize| {
        format!(
            r#"{{"model":"m","texts":{},"output_dimension":{dimensions}}}"#,
            list("\"a\"", count)
        )
    };
    let short = |count: usize| format!(r#"{{"model":"m","input":{}}}"#, list("\"\"", count));
    let large = |count: usize| {
        format!(r#"{{"model":"text-embedding-3-large","input":{}}}"#, list("\"a\"", count))
    };
    for (id, path, taken, refused) in [
        ("openai", "/v1/chat/completions", openai("128"), openai("129")),
        ("openai", "/v1/chat/completions", openai("null"), openai("0")),
        ("openai", "/v1/completions", openai("1"), openai("\"2\"")),
        (
            "openai",
            "/v1/completions",
            named("prompt", "\"a\"", 2048),
            named("prompt", "\"a\"", 2049),
        ),
        ("openai", "/v1/embeddings", input(2048, 1536), input(2049, 1)),
        ("openai", "/v1/embeddings", input(1, 4096), input(1, 4097)),
        ("openai", "/v1/embeddings", input(1, 1), input(1, 0)),
        ("openai", "/v1/embeddings", input(768, 4096), input(769, 4096)),
        ("openai", "/v1/embeddings", large(1024), large(1025)),
        ("openai", "/v1/moderations", short(2048), short(2049)),
        ("gemini", "/v1beta/models/e:batchEmbedContents", gemini(768, 4096), gemini(769, 4096)),
        ("vertex", predict, vertex(4096), vertex(4097)),
        ("ollama", "/api/embed", input(2048, 1536), input(2048, 1537)),
        ("cohere", "/v2/embed", texts(2048, 1536), texts(2048, 1537)),
        (
            "cohere",
            "/v2/rerank",
            named("documents", "\"\"", 10_000),
            named("documents", "\"\"", 10_001),
        ),
        ("bedrock", "/model/amazon.titan-embed-text-v2/invoke", titan(4096), titan(4097)),
    ] {
        let provider = Provider::from_id(id);
        let refusal = |body: &str| {
            let reading = RequestShape::post(path, body).read(provider);
            reading.refusal().map(|refusal| reading.render(&refusal).status)
        };
        assert_eq!((refusal(&taken), refusal(&refused)), (None, Some(400)), "{id} {path}");
    }
    // the tokens of one text
    let tokens = format!(r#"{{"model":"m","input":{}}}"#, list("7", 8191));
    let reading = RequestShape::post("/v1/embeddings", &tokens).read(Provider::OpenAI);
    assert_eq!(reading.refusal(), None);
}

#[test]
fn responses_with_vectors_are_short() {
    let input = list("\"a b\"", 8);
    let body = format!(r#"{{"model":"m","input":{input},"dimensions":4096}}"#);
    let rendered =
        Reply::new().render(Provider::OpenAI, &RequestShape::post("/v1/embeddings", &body));
    let bytes = rendered.bytes().len();
    assert!(bytes < 8 * 4096 * COORDINATE, "{bytes}");
    // so that the largest answer has some 50 million
    const { assert!(COORDINATES * COORDINATE < 51_000_000) };
}

/// That many words.
fn words(count: usize) -> Reply {
    Reply::text(vec!["a"; count].join(" "))
}

#[test]
fn refuses_replies_above_the_longest_response() {
    const CHAT: &str = "/v1/chat/completions";
    const COMPLETIONS: &str = "/v1/completions";
    let chat = |more: &str| format!(r#"{{"model":"m","messages":[],{more}}}"#);
    let prompts = |count: usize, more: &str| {
        format!(r#"{{"model":"m","prompt":{},{more}}}"#, list("\"p\"", count))
    };
    for (path, body, least) in [
        (CHAT, chat(r#""n":128,"stream":true"#), 500),
        (CHAT, chat(r#""n":128"#), 100_000),
        (COMPLETIONS, prompts(16, r#""n":8,"stream":true"#), 500),
        (COMPLETIONS, prompts(2, r#""n":64,"echo":true"#), 100_000),
    ] {
        let reading = RequestShape::post(path, &body).read(Provider::OpenAI);
        // each word costs the same
        let measure = reading.target().operation.measure;
        let bound = |count: usize| bound(&reading.context(&words(count), None), measure, true);
        let (few, word) = (bound(100), bound(101) - bound(100));
        let (most, too_many) = (100 + (LONGEST - few) / word, 101 + (LONGEST - few) / word);
        assert!(
            bound(most) <= LONGEST && bound(too_many) > LONGEST && most > least,
            "{most} {body}"
        );
        let largest = reading.render(&words(most));
        assert_eq!(largest.status, 200, "{path} {body} {most}");
        let bytes = largest.bytes().len();
        assert!(bytes <= LONGEST && bytes > LONGEST / 4, "{path} {body} {most}: {bytes}");
        let refused = reading.render(&words(too_many));
        assert_eq!(refused.status, 400, "{path} {body}");
        let message = at(&refused.text(), &["error", "message"]).unwrap();
        assert!(message.ends_with("would be longer than 33554432 bytes"), "{message}");
    }
}

#[test]
fn responses_are_never_longer_than_estimated() {
    let long = || words(300).reasoning("Hm. ".repeat(300)).signature("s");
    let replies = [
        words(0),
        words(300),
        Reply::pieces(vec!["a"; 300]),
        Reply::refusal("no \u{1}\n\"".repeat(100)),
        (0..100).fold(Reply::new(), |all, _| all.tool_call("f", "")),
        long().tool_call("f", format!(r#"{{"t":"{}"}}"#, "x".repeat(3000))),
        long().failing("over"),
    ];
    for endpoint in CONVERSATIONS {
        for reply in &replies {
            for (path, body) in
                [(endpoint.path, endpoint.bodies[0]), (endpoint.stream_path, endpoint.bodies[1])]
            {
                let reading = RequestShape::post(path, body).read(endpoint.provider());
                let bytes = reading.render(reply).bytes().len();
                let measure = reading.target().operation.measure;
                let most = bound(&reading.context(reply, None), measure, true);
                assert!(bytes <= most, "{} {path}: {bytes} > {most} {reply:?}", endpoint.provider);
            }
        }
    }
}
