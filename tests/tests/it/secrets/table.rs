//! Every kind of secret at every place of a recording: none is left.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use llmock::{LlmMock, Mode, Provider};
use llmock_testkit::client::{JSON, send};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{interactions, place};
use llmock_testkit::upstream::{Response, Upstream};
use serde_json::{Value, json};

use super::kinds::{self, Kind};

/// One exchange with a secret in it.
struct Planted {
    method: &'static str,
    target: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    response: Response,
}

type Plant = fn(&Kind, &str) -> Planted;

/// All bytes but letters and digits as `%XX`.
fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn escaped(text: &str) -> String {
    text.chars().map(|letter| format!("\\u{:04x}", u32::from(letter))).collect()
}

/// Without line breaks, for headers and names.
fn line(text: &str) -> String {
    text.replace('\n', " ")
}

fn pieces(text: &str) -> [&str; 3] {
    let third = text.len() / 3;
    [&text[..third], &text[third..2 * third], &text[2 * third..]]
}

fn delta(text: &str) -> String {
    let event = json!({"id": "c", "choices": [{"index": 0, "delta": {"content": text}}]});
    format!("data: {event}\n\n")
}

fn asked(body: Vec<u8>, response: Response) -> Planted {
    let target = "/chat/completions".to_owned();
    let headers = vec![("content-type", "application/json".to_owned())];
    Planted { method: "POST", target, headers, body, response }
}

fn chat(prompt: &str, response: Response) -> Planted {
    let body = json!({"model": "m", "messages": [{"role": "user", "content": prompt}]});
    asked(body.to_string().into_bytes(), response)
}

fn call(tag: &str, arguments: &Value) -> Planted {
    let function = json!({"name": "f", "arguments": arguments.to_string()});
    let call = json!({"id": "call_1", "type": "function", "function": function});
    let body = json!({"messages": [{"role": "assistant", "content": tag, "tool_calls": [call]}]});
    asked(body.to_string().into_bytes(), ok())
}

fn get(target: String, response: Response) -> Planted {
    Planted { method: "GET", target, headers: Vec::new(), body: Vec::new(), response }
}

fn form(disposition: &str, value: &str, tag: &str) -> Planted {
    let body = format!(
        "--XX\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{value}\r\n--XX--\r\n"
    );
    let headers = vec![("content-type", "multipart/form-data; boundary=XX".to_owned())];
    Planted {
        method: "POST",
        target: format!("/files?tag={tag}"),
        headers,
        body: body.into_bytes(),
        response: ok(),
    }
}

fn ok() -> Response {
    Response::json(r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"ok"}}]}"#)
}

fn text_stream(chunks: [String; 2]) -> Response {
    Response::status(200).header("content-type", "text/plain").chunks(chunks)
}

fn streamed(events: Vec<String>) -> Response {
    let events = [vec![delta("it is ")], events, vec![delta(" ok"), "data: [DONE]\n\n".to_owned()]];
    Response::sse(events.concat())
}

/// The places of a recording, each with a way to put a secret there; the tag finds the interaction again.
#[rustfmt::skip]
const PLACES: [(&str, Plant); 25] = [
    ("request header", |kind, tag| {
        let mut planted = chat(tag, ok());
        planted.headers.push(("x-custom", line(&kind.planted)));
        planted
    }),
    ("query", |kind, tag| get(format!("/files?tag={tag}&q={}", percent(&kind.planted)), ok())),
    ("query, a secret parameter", |kind, tag| get(format!("/files?tag={tag}&key={}", percent(&kind.planted)), ok())),
    ("path", |kind, tag| get(format!("/files/{tag}/{}", percent(&kind.planted)), ok())),
    ("prompt", |kind, tag| chat(&format!("{tag} use {} please", kind.planted), ok())),
    ("tool arguments", |kind, tag| call(tag, &json!({"token": kind.planted}))),
    ("tool arguments, behind a line break", |kind, tag| {
        call(tag, &json!({"file": format!("first line\n{}\nlast", kind.planted)}))
    }),
    ("tool arguments, JSON once more", |kind, tag| {
        call(tag, &json!({"file": json!({"text": format!("a\n{}\nb", kind.planted)}).to_string()}))
    }),
    ("JSON with escapes", |kind, tag| {
        let body = format!(r#"{{"messages":[{{"content":"{tag} {} x"}}]}}"#, escaped(&kind.planted));
        asked(body.into_bytes(), ok())
    }),
    ("a member that ends in id", |kind, tag| {
        let body = json!({"messages": [{"content": tag}], "x": {"access_key_id": kind.planted}});
        asked(body.to_string().into_bytes(), ok())
    }),
    ("base64", |kind, tag| {
        chat(&format!("{tag} data:text/plain;base64,{} x", STANDARD.encode(&kind.planted)), ok())
    }),
    ("percent-encoded in a body", |kind, tag| chat(&format!("{tag} see a={} x", percent(&kind.planted)), ok())),
    ("urlencoded form", |kind, tag| Planted {
        method: "POST",
        target: format!("/token?tag={tag}"),
        headers: vec![("content-type", "application/x-www-form-urlencoded".to_owned())],
        body: format!("grant_type=x&note={}", percent(&kind.planted)).into_bytes(),
        response: ok(),
    }),
    ("form field", |kind, tag| form("name=\"purpose\"", &kind.planted, tag)),
    ("name of a file", |kind, tag| {
        let name = line(&kind.planted).replace('"', "'");
        form(&format!("name=\"file\"; filename=\"{tag}-{name}\""), "abc", tag)
    }),
    ("bytes", |kind, tag| {
        let body = [b"\xff\xfe ".as_slice(), tag.as_bytes(), b" ", kind.planted.as_bytes(), b" \xff"].concat();
        Planted { target: format!("/files?tag={tag}"), headers: Vec::new(), ..asked(body, ok()) }
    }),
    ("response header, a link", |kind, tag| {
        let link = format!("https://h.example/{}", percent(&kind.planted));
        chat(tag, ok().header("location", &link))
    }),
    ("response header", |kind, tag| {
        let value = line(&kind.planted);
        chat(tag, ok().header("x-ratelimit-tag", &value).header("link", &value).header("set-cookie", &value))
    }),
    ("response", |kind, tag| {
        let message = json!({"role": "assistant", "content": format!("it is {} ok", kind.planted)});
        chat(tag, Response::json(json!({"choices": [{"index": 0, "message": message}]}).to_string()))
    }),
    ("response, text", |kind, tag| {
        let response = Response::status(200).header("content-type", "text/plain");
        chat(tag, response.body(format!("it is {} ok\n", kind.planted)))
    }),
    ("one event", |kind, tag| chat(tag, streamed(vec![delta(&kind.planted)]))),
    ("split over events", |kind, tag| {
        chat(tag, streamed(pieces(&kind.planted).map(delta).to_vec()))
    }),
    ("split over single characters", |kind, tag| {
        chat(tag, streamed(kind.planted.chars().map(|letter| delta(&letter.to_string())).collect()))
    }),
    ("split over chunks", |kind, tag| {
        let (begin, end) = kind.planted.split_at(kind.planted.len() / 2);
        chat(tag, text_stream([format!("it is {begin}"), format!("{end} ok\n")]))
    }),
    ("error", |kind, tag| {
        let error = json!({"message": format!("Incorrect key provided: {}.", kind.planted)});
        chat(tag, Response::json(json!({"error": error}).to_string()).with_status(400))
    }),
];

/// Every text of an interaction: its strings, what they encode, and the joined pieces of its stream.
fn texts(interaction: &Value) -> String {
    fn collect(value: &Value, out: &mut String) {
        match value {
            Value::String(text) => {
                *out = format!("{out}\n{text}");
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, out)),
            Value::Object(members) => {
                for (name, value) in members {
                    *out = format!("{out}\n{name}");
                    if let ("base64", Value::String(text)) = (name.as_str(), value) {
                        let bytes = STANDARD.decode(text).unwrap();
                        out.push_str(&String::from_utf8_lossy(&bytes));
                    }
                    collect(value, out);
                }
            }
            _ => {}
        }
    }
    let mut out = interaction.to_string();
    collect(interaction, &mut out);
    let events =
        interaction["response"]["stream"]["events"].as_array().cloned().unwrap_or_default();
    out.push('\n');
    for event in &events {
        let text = &event["data"]["choices"][0]["delta"]["content"];
        out.push_str(text.as_str().unwrap_or_default());
    }
    out.push('\n');
    for event in &events {
        out.push_str(event["raw"].as_str().unwrap_or_default());
    }
    out
}

/// The tag of an interaction: `T00042T`.
fn tag_of(text: &str) -> Option<String> {
    let is_tag =
        |tag: &[u8]| tag[0] == b'T' && tag[6] == b'T' && tag[1..6].iter().all(u8::is_ascii_digit);
    let at = text.as_bytes().windows(7).position(is_tag)?;
    Some(text[at..at + 7].to_owned())
}

/// Whether a part of a secret can be read in a text, in any spelling.
fn is_readable(text: &str, kind: &Kind) -> bool {
    let coded = STANDARD.encode(&kind.planted);
    let middle = &coded[coded.len() - 24..coded.len() - 4];
    let spellings = [
        kind.needle.clone(),
        percent(&kind.needle),
        escaped(&kind.needle),
        middle.to_owned(),
        json!(kind.needle).to_string().trim_matches('"').to_owned(),
    ];
    spellings.iter().any(|spelling| text.contains(spelling.as_str()))
}

/// The kinds that are left at each place.
fn leaks(kinds: &[Kind]) -> BTreeMap<&'static str, Vec<&'static str>> {
    let (_folder, fixture) = place();
    let mut planted = Vec::new();
    for (number, kind) in kinds.iter().enumerate() {
        assert!(is_readable(&kind.planted, kind), "{}", kind.name);
        for (at, (_, plant)) in PLACES.iter().enumerate() {
            let tag = format!("T{:05}T", number * PLACES.len() + at);
            planted.push((plant(kind, &tag), tag));
        }
    }
    let upstream = Upstream::start(planted.iter().map(|(planted, _)| planted.response.clone()));
    let builder = upstream.session(Mode::Record, &fixture, "secrets::table");
    let mock = builder.allow_all_errors().start().unwrap();
    for (planted, _) in &planted {
        let url = format!("{}{}", mock.base_url(Provider::OpenAI), planted.target);
        let headers: Vec<_> =
            planted.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        send(planted.method, &url, &headers, &planted.body).bytes();
    }
    let shown = shown(&mock);
    // Responses were changed, so nothing is recorded, and everything is kept.
    let error = mock.finish().unwrap_err().to_string();
    assert!(error.contains("allow_redacted("), "{error}");
    let kept = fixture.with_extension("json.failed");
    let recorded: BTreeMap<String, String> = interactions(&kept)
        .iter()
        .map(texts)
        .map(|text| (tag_of(&text).expect("every interaction has its tag"), text))
        .collect();
    let mut leaks: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (number, kind) in kinds.iter().enumerate() {
        for (at, (place, _)) in PLACES.iter().enumerate() {
            let tag = &planted[number * PLACES.len() + at].1;
            let found = recorded
                .get(tag)
                .unwrap_or_else(|| panic!("{} at {place} is not recorded", kind.name));
            let left = leaks.entry(place).or_default();
            if is_readable(found, kind) {
                left.push(kind.name);
            }
        }
        for (place, text) in [("report", &error), ("requests()", &shown)] {
            let left = leaks.entry(place).or_default();
            if is_readable(text, kind) {
                left.push(kind.name);
            }
        }
    }
    leaks
}

/// What a test is shown of the requests that it sent.
fn shown(mock: &LlmMock) -> String {
    let mut shown = String::new();
    for sent in mock.requests() {
        let headers: Vec<_> = sent.headers().collect();
        shown = format!("{shown}{} {headers:?} {}\n", sent.path(), sent.text());
    }
    shown
}

/// The same with a miss: the response, and the report.
fn leaks_of_misses(kinds: &[Kind]) -> BTreeMap<&'static str, Vec<&'static str>> {
    let (_folder, fixture) = place();
    let recorded = json!({"messages": [{"content": "recorded"}]}).to_string();
    let upstream = Upstream::start([ok()]);
    let mock = upstream.session(Mode::Record, &fixture, "secrets::table").start().unwrap();
    let url = format!("{}/chat/completions", mock.base_url(Provider::OpenAI));
    send("POST", &url, &JSON, recorded.as_bytes()).bytes();
    mock.finish().unwrap();
    let mut leaks: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for kind in kinds {
        for (place, on_path) in [("miss on a body", false), ("miss on a path", true)] {
            let mock = upstream.session(Mode::Replay, &fixture, "secrets::table").start().unwrap();
            let base = mock.base_url(Provider::OpenAI);
            let response = if on_path {
                let url = format!("{base}/files/{}", percent(&kind.planted));
                send("GET", &url, &[], b"").collect()
            } else {
                let prompt = format!("use {} please", kind.planted);
                let body = json!({"messages": [{"content": prompt}]}).to_string();
                send("POST", &format!("{base}/chat/completions"), &JSON, body.as_bytes()).collect()
            };
            let error = mock.finish().unwrap_err();
            let text = format!("{}\n{error}\n{error:?}", response.text());
            let left = leaks.entry(place).or_default();
            if is_readable(&text, kind) {
                left.push(kind.name);
            }
        }
    }
    leaks
}

/// What the sessions of this process left in the file about the last run.
fn leaks_of_the_last_run(kinds: &[Kind]) -> Vec<&'static str> {
    let program = std::env::current_exe().unwrap();
    let target = program.ancestors().nth(3).unwrap();
    let text = std::fs::read_to_string(target.join("llmock/last-run.jsonl")).unwrap();
    kinds.iter().filter(|kind| is_readable(&text, kind)).map(|kind| kind.name).collect()
}

/// Prints the table and asserts that it is all zeros.
#[expect(clippy::print_stdout, reason = "the table is for those who read the output of the test")]
fn check(title: &str, kinds: &[Kind]) {
    let mut leaks = leaks(kinds);
    leaks.extend(leaks_of_misses(kinds));
    leaks.insert("last-run.jsonl", leaks_of_the_last_run(kinds));
    println!("{title}: leaks of {} kinds", kinds.len());
    for (place, left) in &leaks {
        println!("  {place:40} {:2} {}", left.len(), left.join(", "));
    }
    let total: usize = leaks.values().map(Vec::len).sum();
    assert_eq!(total, 0, "{title}: {leaks:#?}");
}

#[test]
fn no_kind_of_secret_is_left_at_any_place() {
    alone(&[], |_| {
        let kinds = kinds::all();
        assert!(kinds.len() >= 53, "{}", kinds.len());
        check("no variable", &kinds);
    });
}

#[test]
fn no_value_of_a_variable_is_left_at_any_place() {
    let kinds = kinds::all();
    let names: Vec<String> =
        (0..kinds.len()).map(|number| format!("PLANTED_{number}_KEY")).collect();
    let values =
        names.iter().zip(&kinds).map(|(name, kind)| (name.as_str(), kind.planted.as_str()));
    alone(&values.collect::<Vec<_>>(), |_| check("values of variables", &kinds::all()));
}
