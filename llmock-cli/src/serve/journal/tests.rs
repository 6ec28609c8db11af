use std::collections::BTreeSet;

use http::Method;
use serde_json::Value;

use super::*;

fn entry(path: &str) -> Entry {
    Entry {
        method: Method::POST,
        path: path.into(),
        arrived: SystemTime::UNIX_EPOCH + Duration::from_millis(1_500),
        status: 200,
        provider: Provider::OpenAI,
        model: Some("m".to_owned()),
        session: SessionId::Default,
        answered_by: "MirrorStrategy",
        took: Duration::from_micros(2_500),
        headers: [("user-agent".into(), "a/1".into())].into(),
        source: None,
    }
}

const BODY: &[u8] = br#"{"model":"m","n":1.0}"#;

fn shown(journal: &Journal, query: &str) -> Vec<Value> {
    let json: Value = serde_json::from_slice(&journal.shown(query, None).unwrap()).unwrap();
    json["requests"].as_array().unwrap().clone()
}

fn paths(journal: &Journal, query: &str) -> Vec<String> {
    let requests = shown(journal, query);
    requests.iter().map(|request| request["path"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn entries_show_the_request_and_its_outcome() {
    let journal = Journal::new(10);
    journal.record(entry("/v1/chat/completions"), BODY);
    let expected = concat!(
        r#"{"requests":[{"method":"POST","path":"/v1/chat/completions","body":{"model":"m","n":1.0},"#,
        r#""timestamp":"1970-01-01T00:00:01.500Z","status":200,"provider":"openai","model":"m","#,
        r#""session":"default","answered_by":"MirrorStrategy","ms":2,"headers":{"user-agent":"a/1"}}]}"#
    );
    assert_eq!(String::from_utf8(journal.shown("", None).unwrap()).unwrap(), expected);
}

#[test]
fn shows_bodies_as_json_or_text() {
    let journal = Journal::new(10);
    let long = format!("\"{}\"", "x".repeat(2 * KEPT));
    let cases: [(&[u8], Value); 5] = [
        (b"", Value::Null),
        (b"[1, 2]", serde_json::json!([1, 2])),
        (b"not json", "not json".into()),
        (b"\xff\"", "\u{fffd}\"".into()),
        (long.as_bytes(), long[..KEPT].into()),
    ];
    for (body, expected) in cases {
        journal.clear(None);
        journal.record(entry("/"), body);
        assert_eq!(shown(&journal, "")[0]["body"], expected);
    }
}

#[test]
fn redacts_keys_in_the_query() {
    let journal = Journal::new(10);
    for (sent, expected) in [
        ("/m?key=secret", "/m?key=[REDACTED]"),
        ("/m?alt=sse&k%65y=secret&a=b", "/m?alt=sse&k%65y=[REDACTED]&a=b"),
        ("/m?api-version=1&access_token=secret", "/m?api-version=1&access_token=[REDACTED]"),
        ("/m?keys=2", "/m?keys=2"),
    ] {
        journal.clear(None);
        journal.record(entry(sent), BODY);
        assert_eq!(paths(&journal, ""), [expected]);
    }
}

#[test]
fn drops_the_oldest_requests_first() {
    let journal = Journal::new(3);
    for number in 0..5 {
        journal.record(entry(&format!("/{number}")), BODY);
    }
    assert_eq!(paths(&journal, ""), ["/2", "/3", "/4"]);
    assert_eq!(paths(&journal, "limit=2"), ["/3", "/4"]);
    assert_eq!(paths(&journal, "limit=0"), [""; 0]);
    journal.clear(None);
    assert_eq!(paths(&journal, ""), [""; 0]);
    journal.record(entry("/5"), BODY);
    assert_eq!(paths(&journal, ""), ["/5"]);
}

#[test]
fn filters_select_matching_requests() {
    let journal = Journal::new(10);
    journal.record(entry("/v1/chat/completions"), BODY);
    journal.record(Entry { method: Method::GET, ..entry("/v1/models") }, BODY);
    journal.record(Entry { provider: Provider::Groq, status: 429, ..entry("/groq/v1/chat") }, BODY);
    journal.record(
        Entry { session: SessionId::Named("b c".to_owned()), ..entry("/v1/responses") },
        BODY,
    );
    let cases: [(&str, &[usize]); 11] = [
        ("", &[0, 1, 2, 3]),
        ("method=get", &[1]),
        ("method=POST&path=/v1/", &[0, 3]),
        ("path=%2Fv1%2Fmodels", &[1]),
        ("provider=groq", &[2]),
        ("status=429", &[2]),
        ("status=200&limit=1", &[3]),
        ("session=b+c", &[3]),
        ("session=b%20c", &[3]),
        ("provider=unknown", &[]),
        ("key=of-the-server", &[0, 1, 2, 3]),
    ];
    let all = paths(&journal, "");
    for (query, expected) in cases {
        let expected: Vec<&String> = expected.iter().map(|at| &all[*at]).collect();
        assert_eq!(paths(&journal, query).iter().collect::<Vec<_>>(), expected, "{query}");
    }
    for wrong in ["status=ok", "limit=-1", "methods=GET"] {
        assert!(journal.shown(wrong, None).is_err(), "{wrong}");
    }
}

#[test]
fn does_not_record_requests_for_the_history() {
    let journal = Journal::new(1);
    for path in ["/health", "/history", "/metrics"] {
        assert!(!journal.wants(&Method::GET, path), "{path}");
    }
    assert!(!journal.wants(&Method::OPTIONS, "/v1/models"));
    assert!(journal.wants(&Method::GET, "/v1/models"));
    assert!(!Journal::new(0).wants(&Method::GET, "/v1/models"), "switched off");
}

#[test]
fn concurrent_requests_are_all_recorded() {
    let journal = Journal::new(800);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let journal = &journal;
            scope.spawn(move || {
                for number in 0..100 {
                    journal.record(entry(&format!("/{thread}/{number}")), BODY);
                }
            });
        }
    });
    assert_eq!(paths(&journal, "").into_iter().collect::<BTreeSet<_>>().len(), 800);
}

#[test]
fn shortens_long_paths_and_models() {
    let journal = Journal::new(10);
    let long = format!("/{}", "é".repeat(1 << 20));
    journal.record(Entry { model: Some(long.clone()), ..entry(&long) }, BODY);
    let kept = &shown(&journal, "")[0];
    for text in [kept["path"].as_str().unwrap(), kept["model"].as_str().unwrap()] {
        assert!(text.starts_with("/éé") && text.ends_with("é…") && text.len() <= LONGEST + 3);
    }
}
