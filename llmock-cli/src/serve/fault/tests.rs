use bytes::Bytes;
use http::HeaderMap;

use super::super::answer::{Answer, AnswerBody, End, Piece};
use super::*;

fn faults(rate: f64, kinds: &[&str], seed: u64) -> Faults {
    let kinds = kinds.iter().map(|kind| Kind::from_str(kind).unwrap()).collect();
    Faults { rate, kinds, seed: Some(seed) }
}

fn drawn(faults: &Faults, requests: u64) -> Vec<Option<Fault>> {
    (0..requests).map(|number| decide(faults, None, number).unwrap()).collect()
}

#[test]
fn parses_faults() {
    let status = |code, retry_after| Fault::Status {
        code: StatusCode::from_u16(code).unwrap(),
        retry_after,
    };
    let cases = [
        ("status=429", status(429, None), 1.0),
        ("status=503, retry-after=2", status(503, Some(2)), 1.0),
        ("status=500,retry-after=0,weight=3", status(500, Some(0)), 3.0),
        ("disconnect", Fault::Disconnect, 1.0),
        ("disconnect=before", Fault::Disconnect, 1.0),
        ("disconnect=midway, weight=0.5", Fault::DisconnectMidway, 0.5),
        ("truncate", Fault::Truncate, 1.0),
        ("malformed", Fault::Malformed, 1.0),
        ("slow=1.5s", Fault::Slow(Duration::from_millis(1_500)), 1.0),
    ];
    for (text, fault, weight) in cases {
        assert_eq!(Kind::from_str(text), Ok(Kind { fault, weight }), "{text}");
    }
}

#[test]
fn rejects_invalid_faults() {
    for wrong in [
        "",
        "boom",
        "status",
        "status=",
        "status=200",
        "status=600",
        "status=x",
        "slow",
        "slow=fast",
        "disconnect=later",
        "truncate=3x",
        "malformed, retry-after=1",
        "cut-after-event=x",
        "malformed-event=0",
        "stall-after-event=1, retry-after=1",
        "empty-body, weight=-1",
        "status=429, retry-after=soon",
        "status=429, weight=-1",
        "status=429; retry-after=2",
        "none, weight=2",
    ] {
        assert!(Kind::from_str(wrong).is_err(), "{wrong}");
        assert!(decide(&Faults::default(), Some(wrong), 0).is_err(), "{wrong}");
    }
}

#[test]
fn the_rate_is_the_share_of_requests_that_fail() {
    for (rate, least, most) in
        [(0.0, 0, 0), (0.1, 900, 1_100), (0.5, 4_800, 5_200), (1.0, 10_000, 10_000)]
    {
        let failed = drawn(&faults(rate, &["malformed"], 7), 10_000).iter().flatten().count();
        assert!((least..=most).contains(&failed), "{failed} of 10000 at {rate}");
    }
}

#[test]
fn draws_kinds_by_weight_and_never_at_zero() {
    let mix = faults(1.0, &["malformed, weight=3", "truncate", "disconnect, weight=0"], 7);
    let all = drawn(&mix, 10_000);
    let count = |fault| all.iter().filter(|one| **one == Some(fault)).count();
    assert!((7_300..7_700).contains(&count(Fault::Malformed)), "{}", count(Fault::Malformed));
    assert!((2_300..2_700).contains(&count(Fault::Truncate)), "{}", count(Fault::Truncate));
    assert_eq!(count(Fault::Disconnect), 0);
}

#[test]
fn a_rate_without_kinds_draws_usual_faults() {
    let all = drawn(&faults(1.0, &[], 7), 1_000);
    for usual in Faults::USUAL {
        assert!(all.contains(&Some(usual.fault)), "{usual:?}");
    }
}

#[test]
fn a_seed_fails_the_same_requests_again() {
    let mix = |seed| drawn(&faults(0.5, &["malformed", "truncate"], seed), 1_000);
    assert_eq!(mix(7), mix(7));
    assert_ne!(mix(7), mix(8));
}

#[test]
fn a_header_overrides_rate_and_kinds() {
    let always = faults(1.0, &["malformed"], 7);
    assert_eq!(decide(&always, Some("none"), 0), Ok(None));
    assert_eq!(decide(&always, Some(" truncate "), 0), Ok(Some(Fault::Truncate)));
    assert_eq!(decide(&Faults::default(), Some("disconnect"), 0), Ok(Some(Fault::Disconnect)));
}

const EVENTS: [&str; 4] = [
    "event: a\ndata: {\"a\":\"b:c\"}\n\n",
    "data: {\"d\":1}\n\n",
    "data: {\"e\":{\"f\":2}}\n\n",
    "data: [DONE]\n\n",
];

fn stream() -> Answer {
    let pieces =
        EVENTS.map(|event| Piece { after: None, bytes: Bytes::from_static(event.as_bytes()) });
    let body = AnswerBody::Stream { pieces: pieces.to_vec(), end: End::Complete };
    Answer { status: StatusCode::OK, headers: HeaderMap::new(), body, after: None }
}

fn whole(text: &'static str) -> Answer {
    let body = AnswerBody::Whole(Bytes::from_static(text.as_bytes()));
    Answer { status: StatusCode::OK, headers: HeaderMap::new(), body, after: None }
}

fn shown(answer: &Answer) -> (String, Option<End>) {
    match &answer.body {
        AnswerBody::Whole(body) => (String::from_utf8(body.to_vec()).unwrap(), None),
        AnswerBody::Stream { pieces, end } => {
            let bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.bytes.to_vec()).collect();
            (String::from_utf8(bytes).unwrap(), Some(*end))
        }
        AnswerBody::Live(_) | AnswerBody::Nothing => unreachable!("no case has one"),
    }
}

#[test]
fn faults_change_the_response() {
    let first_half = EVENTS[..2].concat();
    let cases = [
        (Fault::Truncate, stream(), first_half.as_str(), Some(End::Complete)),
        (Fault::DisconnectMidway, stream(), &first_half, Some(End::Cut)),
        (Fault::Truncate, whole(r#"{"a":12}"#), r#"{"a""#, None),
        (Fault::DisconnectMidway, whole(r#"{"a":12}"#), r#"{"a""#, Some(End::Cut)),
        (Fault::Malformed, whole(r#"{"a":{"b":1}}"#), r#"!"a":!"b":1}}"#, None),
        // Pretty-printed JSON: the start of every object and array is replaced, on every line.
        (
            Fault::Malformed,
            whole("[{\n  \"a\": [\n    1\n  ]\n}]\n"),
            "!!\n  \"a\": !\n    1\n  ]\n}]\n",
            None,
        ),
        (
            Fault::Malformed,
            stream(),
            "event: a\ndata: !\"a\":\"b:c\"}\n\ndata: !\"d\":1}\n\ndata: !\"e\":!\"f\":2}}\n\ndata: [DONE]\n\n",
            Some(End::Complete),
        ),
        (Fault::Slow(Duration::from_secs(1)), whole("{}"), "{}", None),
    ];
    for (fault, answer, text, end) in cases {
        assert_eq!(shown(&fault.apply(answer)), (text.to_owned(), end), "{fault:?}");
    }
}
