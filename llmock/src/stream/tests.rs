//! The law of this module: whatever arrived leaves again, byte for byte and chunk for chunk.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const FRAMINGS: [Framing; 5] =
    [Framing::Sse, Framing::Ndjson, Framing::JsonArray, Framing::AwsEventStream, Framing::Bytes];

/// Cuts `body` into chunks of the given lengths, taken in turns, that come 10 ms apart.
fn chunks_of(body: &[u8], lengths: &[usize]) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut rest = body;
    for (ms, length) in (0..).step_by(10).zip(lengths.iter().cycle()) {
        if rest.is_empty() {
            break;
        }
        let (bytes, after) = rest.split_at((*length).clamp(1, rest.len()));
        chunks.push(Chunk { ms, bytes: bytes.to_vec() });
        rest = after;
    }
    chunks
}

/// Everything that must hold for any body in any division.
fn assert_law(framing: Framing, chunks: &[Chunk]) {
    let body: Vec<u8> = chunks.iter().flat_map(|chunk| chunk.bytes.clone()).collect();
    let stream = Stream::from_chunks(framing, chunks, End::Complete);
    assert_eq!(stream.to_bytes(), body);
    let sent = stream.to_chunks();
    let bytes = |chunks: &[Chunk]| chunks.iter().map(|c| c.bytes.clone()).collect::<Vec<_>>();
    assert_eq!(bytes(&sent), bytes(chunks));

    let arrival = |end: usize| {
        let mut arrived = 0;
        let came = chunks.iter().find(|chunk| {
            arrived += chunk.bytes.len();
            arrived >= end
        });
        came.map(|chunk| chunk.ms)
    };
    let by_event = stream.event_chunks();
    assert_eq!(by_event.len(), stream.events.len(), "an event without bytes");
    let mut end = 0;
    for event in &by_event {
        end += event.bytes.len();
        assert_eq!(Some(event.ms), arrival(end), "the time of the event that ends at {end}");
    }
    assert!(sent.is_sorted_by_key(|chunk| chunk.ms));
    assert_eq!(stream.chunks.is_none(), bytes(&by_event) == bytes(chunks));

    if framing != Framing::Bytes {
        let again = Stream::from_chunks(framing, &by_event, End::Complete);
        assert_eq!(again, Stream { chunks: None, ..stream });
    }
}

fn lengths() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![vec(1..4_usize, 1..4), vec(1..60_usize, 1..8), Just(vec![usize::MAX])]
}

/// Pieces of every grammar, sound and broken, in any order.
fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let fragment = prop::sample::select(vec![
        "data: {\"a\": 1}",
        "data:x",
        "data",
        "event: ping",
        "id: 7",
        ": note",
        "retry: 3",
        "é😀",
        "\n",
        "\n\n",
        "\r\n",
        "\r\n\r\n",
        "\r",
        " ",
        "\u{feff}",
        "{\"a\":[1,\"]\\\"\"]}",
        "1",
        "[",
        "]",
        ",",
        ",\r\n",
        "\n]",
        "\"",
        "\\",
        "{",
        "}",
        "\0",
    ]);
    let bytes = prop_oneof![
        20 => fragment.prop_map(|text| text.as_bytes().to_vec()),
        1 => Just(vec![0xff]),
    ];
    vec(bytes, 0..40).prop_map(|parts| parts.concat())
}

fn sse_items() -> impl Strategy<Value = Vec<Item>> {
    let word = || proptest::option::of("[^\r\n ]{0,6}");
    let item = (word(), word(), "([^\r\n ][^\r\n]{0,12}\n?){0,3}");
    vec(item.prop_map(|(event, id, data)| Item::Sse { event, id, data }), 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_leave_as_they_came(body in vec(any::<u8>(), 0..200), lengths in lengths()) {
        for framing in FRAMINGS {
            assert_law(framing, &chunks_of(&body, &lengths));
        }
    }

    #[test]
    fn anything_like_a_stream_leaves_as_it_came(body in fragments(), lengths in lengths()) {
        for framing in FRAMINGS {
            assert_law(framing, &chunks_of(&body, &lengths));
        }
    }

    #[test]
    fn sse_in_one_dialect_is_understood_completely(
        items in sse_items(),
        eol in prop::sample::select(vec![Eol::Lf, Eol::CrLf, Eol::Cr]),
        space_after_colon: bool,
        field_order in Just(Dialect::FIELD_ORDER).prop_shuffle(),
    ) {
        let dialect = Dialect { eol, space_after_colon, field_order, ..Dialect::default() };
        let events = items.into_iter().map(|item| Event { ms: 0, item }).collect();
        let end = End::Complete;
        let written = Stream { framing: Framing::Sse, dialect, events, chunks: None, end };
        let read = Stream::from_chunks(Framing::Sse, &written.to_chunks(), End::Complete);
        prop_assert_eq!(read.events, written.events);
    }

    #[test]
    fn frames_of_strings_are_understood_completely(
        headers in vec((".{1,20}", ".{0,40}"), 0..4),
        payload in ".{0,80}",
    ) {
        let mut body = Vec::new();
        aws::write(&headers, &payload, &mut body);
        let chunk = Chunk { ms: 0, bytes: body };
        let read = Stream::from_chunks(Framing::AwsEventStream, &[chunk], End::Complete);
        prop_assert_eq!(read.events, [Event { ms: 0, item: Item::Frame { headers, payload } }]);
    }
}

/// Sound streams of every framing, as seeds for damage.
fn seeds() -> [(Framing, Vec<u8>); 5] {
    let mut frames = Vec::new();
    for payload in [r#"{"bytes":"e30="}"#, r#"{"p":"é"}"#, ""] {
        let headers = [(":event-type".to_owned(), "chunk".to_owned())];
        aws::write(&headers, payload, &mut frames);
    }
    let sse = "event: start\nid: 1\ndata: {\"é\":1}\n\ndata: x\ndata: y\n\ndata: [DONE]\n\n";
    let ndjson = "{\"done\":false}\n{\"text\":\"é\\n\"}\n{\"done\":true}\n";
    let array = "[{\n  \"a\": \"é]\"\n}\n,\r\n{\n  \"b\": [1, 2]\n}\n]";
    [
        (Framing::Sse, sse.into()),
        (Framing::Sse, "data: 1\r\n\r\ndata: 2\r\n\r\n".into()),
        (Framing::Ndjson, ndjson.into()),
        (Framing::JsonArray, array.into()),
        (Framing::AwsEventStream, frames),
    ]
}

#[test]
fn damaged_streams_leave_as_they_came() {
    // A fixed sequence (Knuth's MMIX generator), so that a failure can be repeated.
    let mut state = 1_u64;
    let mut below = |bound: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % bound.max(1)
    };
    for round in 0..400 {
        for (_, mut body) in seeds() {
            for _ in 0..=round % 4 {
                let at = below(body.len());
                match below(4) {
                    0 if !body.is_empty() => body[at] ^= 1 << below(8),
                    1 => body.truncate(at),
                    2 => body.insert(at, b"\n\r,:\"[]{}\0\xff "[below(12)]),
                    _ => drop(body.drain(at..(at + below(9)).min(body.len()))),
                }
            }
            let chunks = chunks_of(&body, &[1 + below(50), 1 + below(9)]);
            for framing in FRAMINGS {
                assert_law(framing, &chunks);
            }
        }
    }
}

#[test]
fn the_seeds_of_the_damage_are_sound() {
    for (framing, body) in seeds() {
        let stream = Stream::from_chunks(framing, &chunks_of(&body, &[7]), End::Complete);
        assert!(stream.events.len() > 1);
        for event in stream.events {
            assert!(!matches!(event.item, Item::Raw(_) | Item::RawBytes(_)), "{event:?}");
        }
    }
}

#[test]
fn an_event_has_the_time_of_the_chunk_that_completes_it() {
    let parts =
        [(5, "data: 1\n\nda"), (9, "ta: "), (12, ""), (20, "2\n\ndata: 3\n\n"), (31, ": x")];
    let chunk = |(ms, text): (u64, &str)| Chunk { ms, bytes: text.as_bytes().to_vec() };
    let stream = Stream::from_chunks(Framing::Sse, &parts.map(chunk), End::Cut);
    assert_eq!(stream.events.iter().map(|event| event.ms).collect::<Vec<_>>(), [5, 20, 20, 31]);
    assert_eq!(stream.chunks, Some(vec![11, 4, 12, 3]));
    let sent: Vec<_> = stream.to_chunks().iter().map(|c| (c.ms, c.bytes.len())).collect();
    assert_eq!(sent, [(5, 11), (20, 4), (20, 12), (31, 3)]);
}

#[test]
fn lengths_that_no_longer_add_up_are_ignored() {
    let chunk = |text: &str| Chunk { ms: 3, bytes: text.as_bytes().to_vec() };
    let body = [chunk("data: 1\n\nda"), chunk("ta: 2\n\n")];
    let mut stream = Stream::from_chunks(Framing::Sse, &body, End::Complete);
    assert_eq!(stream.to_chunks(), body);
    let Item::Sse { data, .. } = &mut stream.events[0].item else { panic!("not understood") };
    data.push_str("00");
    assert_eq!(stream.to_chunks(), [chunk("data: 100\n\n"), chunk("data: 2\n\n")]);
    stream.chunks = Some(vec![usize::MAX, 2]);
    assert_eq!(stream.to_chunks().len(), 2);
}

#[test]
fn a_stream_without_bytes_has_no_events_and_no_chunks() {
    for framing in FRAMINGS {
        let empty = [Chunk { ms: 1, bytes: Vec::new() }];
        let stream = Stream::from_chunks(framing, &empty, End::Cut);
        assert_eq!((stream.events.len(), stream.to_chunks().len(), stream.chunks), (0, 0, None));
    }
}

#[test]
fn bytes_without_structure_stay_as_they_were_divided() {
    let body = "héllo".as_bytes();
    let stream = Stream::from_chunks(Framing::Bytes, &chunks_of(body, &[2, 4]), End::Complete);
    let items: Vec<_> = stream.events.into_iter().map(|event| event.item).collect();
    assert_eq!(items, [Item::RawBytes(vec![b'h', 0xc3]), Item::RawBytes(b"\xa9llo".to_vec())]);
    assert_eq!(
        (Item::raw(b"ok\n"), Item::raw(b"\x1b[")),
        (Item::Raw("ok\n".to_owned()), Item::RawBytes(b"\x1b[".to_vec()),)
    );
}
