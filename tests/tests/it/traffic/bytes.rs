//! Any bytes, under every setting of chunks.

use llmock::MockSession;
use llmock::control::{Chunks, StreamControl};
use llmock_testkit::client::{End, chat, prompt};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::{Response, Upstream, replay};

use super::TEST;

/// Numbers that are the same in every run (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    /// Bytes that are likely to mean something: line ends, parts of characters, framing, JSON.
    fn bytes(&mut self) -> Vec<u8> {
        const PIECES: [&[u8]; 18] = [
            b"data: ",
            b"\n\n",
            b"\r\n",
            b"\r",
            b"\n",
            b"event: x\n",
            b": ping\n\n",
            b"{\"a\":1}",
            b"[",
            b"]",
            b",",
            b"\"",
            b"\\",
            "é".as_bytes(),
            "😀".as_bytes(),
            b"\xff\x80",
            b"\0\0\0\x14",
            b"\xef\xbb\xbf",
        ];
        let mut bytes = Vec::new();
        for _ in 0..=self.below(40) {
            match self.below(PIECES.len() + 4) {
                at if at < PIECES.len() => bytes.extend_from_slice(PIECES[at]),
                _ => bytes.push(u8::try_from(self.below(256)).unwrap()),
            }
        }
        bytes
    }
}

const TYPES: [&str; 6] = [
    "text/event-stream",
    "application/x-ndjson",
    "application/json",
    "application/vnd.amazon.eventstream",
    "application/octet-stream",
    "text/event-stream; charset=utf-8",
];

#[test]
fn any_bytes_record_and_replay_under_every_chunks_setting() {
    const CASES: usize = 48;
    alone(&[], |_| {
        let mut random = Random(0x1234_5678_9abc_def1);
        let bodies: Vec<Vec<Vec<u8>>> =
            (0..CASES).map(|_| (0..=random.below(5)).map(|_| random.bytes()).collect()).collect();
        let responses = bodies.iter().enumerate().map(|(at, chunks)| {
            let content_type = TYPES[at % TYPES.len()];
            Response::status(200).header("content-type", content_type).chunks(chunks.clone())
        });
        let (_folder, fixture) = place();
        let upstream = Upstream::start(responses);
        let ask = |mock: &MockSession, at: usize| {
            let body = prompt(&at.to_string()).replace("\"model\"", "\"stream\":true,\"model\"");
            chat(mock, &body).rest()
        };
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        for (at, body) in bodies.iter().enumerate() {
            let (got, end) = ask(&mock, at);
            assert_eq!((got.concat(), end), (body.concat(), End::Complete), "live {at}");
        }
        mock.finish().unwrap();
        for chunks in [
            Chunks::Recorded,
            Chunks::Event,
            Chunks::Whole,
            Chunks::Adversarial,
            Chunks::Lengths(vec![1, 5, 2, 13]),
        ] {
            let control = StreamControl::new().chunks(chunks.clone()).seed(9);
            let mock = replay(&fixture, TEST).fail_on_unused().stream(control).start().unwrap();
            for (at, body) in bodies.iter().enumerate() {
                let (got, end) = ask(&mock, at);
                assert_eq!((got.concat(), end), (body.concat(), End::Complete), "{chunks:?} {at}");
            }
            mock.finish().unwrap();
        }
    });
}
