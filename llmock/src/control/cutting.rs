//! Where a streamed body is cut into chunks. Pure, and independent of how the body arrives.

use llmock_rules::Chunks;

use crate::random::SplitMix64;

/// One of so many ordinary places is cut by [`Chunks::Adversarial`].
const ORDINARY: usize = 24;

/// Decides about the places of one body.
#[derive(Debug)]
pub(crate) struct Cutter {
    at: usize,
    /// Where the last event ended.
    last_event: usize,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Recorded,
    Event,
    Whole,
    Lengths { lengths: Vec<usize>, next: usize, left: usize },
    Adversarial(Adversary),
}

/// Cuts where parsers go wrong: inside characters, line ends, and names of fields.
#[derive(Debug)]
struct Adversary {
    random: SplitMix64,
    previous: u8,
    /// Bytes of a character that are still missing.
    missing: usize,
    /// Kinds of places that were cut before: the first of each kind always is.
    seen: [bool; 4],
}

#[derive(Clone, Copy)]
enum Place {
    /// Between two bytes of a character.
    Character,
    /// Between CR and LF.
    CrLf,
    /// Between two line ends, of which the second ends an event.
    BlankLine,
    /// Behind a backslash.
    Escape,
}

impl Cutter {
    pub(crate) fn new(chunks: &Chunks, seed: u64) -> Self {
        let kind = match chunks {
            Chunks::Event => Kind::Event,
            Chunks::Whole => Kind::Whole,
            Chunks::Adversarial => Kind::Adversarial(Adversary::new(seed)),
            Chunks::Lengths(lengths) if lengths.iter().any(|length| *length > 0) => {
                Kind::Lengths { lengths: lengths.clone(), next: 0, left: 0 }
            }
            _ => Kind::Recorded,
        };
        Self { at: 0, last_event: 0, kind }
    }

    /// The places in the next bytes where a chunk ends, given where events end in them.
    pub(crate) fn read(&mut self, bytes: &[u8], events: &[usize]) -> Vec<usize> {
        let (start, last_event) = (self.at, self.last_event);
        self.at += bytes.len();
        self.last_event = events.last().copied().unwrap_or(last_event);
        match &mut self.kind {
            Kind::Recorded => vec![self.at],
            Kind::Event => events.to_vec(),
            Kind::Whole => Vec::new(),
            Kind::Lengths { lengths, next, left } => {
                let mut cuts = Vec::new();
                let mut at = start;
                loop {
                    if *left == 0 {
                        *left = lengths[*next % lengths.len()];
                        *next += 1;
                        continue;
                    }
                    let step = (*left).min(self.at - at);
                    at += step;
                    *left -= step;
                    if *left > 0 {
                        return cuts;
                    }
                    cuts.push(at);
                }
            }
            Kind::Adversarial(adversary) => {
                let places = bytes.iter().enumerate();
                let cuts = places.filter(|(offset, byte)| {
                    let at = start + offset;
                    let is_event_end = at == last_event || events.binary_search(&at).is_ok();
                    adversary.cuts_before(**byte, is_event_end) && start + offset > 0
                });
                cuts.map(|(offset, _)| start + offset).collect()
            }
        }
    }
}

impl Adversary {
    fn new(seed: u64) -> Self {
        Self { random: SplitMix64(seed), previous: 0, missing: 0, seen: [false; 4] }
    }

    fn cuts_before(&mut self, byte: u8, is_event_end: bool) -> bool {
        let place = self.place(byte);
        self.missing = match byte {
            0xc2..=0xdf => 1,
            0xe0..=0xef => 2,
            0xf0..=0xf4 => 3,
            0x80..=0xbf => self.missing.saturating_sub(1),
            _ => 0,
        };
        self.previous = byte;
        // Drawn for every byte, so that cuts do not depend on how the body arrives.
        let drawn = self.random.below(ORDINARY);
        match place {
            _ if is_event_end => false,
            Some(place) => {
                let is_first = !std::mem::replace(&mut self.seen[place as usize], true);
                is_first || drawn < ORDINARY / 2
            }
            None => drawn == 0,
        }
    }

    fn place(&self, byte: u8) -> Option<Place> {
        match (self.previous, byte) {
            (_, 0x80..=0xbf) if self.missing > 0 => Some(Place::Character),
            (b'\r', b'\n') => Some(Place::CrLf),
            (b'\n', b'\n' | b'\r') | (b'\r', b'\r') => Some(Place::BlankLine),
            (b'\\', _) => Some(Place::Escape),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stream::{Boundaries, Framing};

    /// The chunks of a body of server-sent events that arrives in pieces of this length.
    fn chunks(body: &[u8], step: usize, chunks: &Chunks, seed: u64) -> Vec<Vec<u8>> {
        let mut boundaries = Boundaries::new(Some(Framing::Sse));
        let mut cutter = Cutter::new(chunks, seed);
        let mut cuts = Vec::new();
        for piece in body.chunks(step) {
            let events = boundaries.read(piece);
            cuts.extend(cutter.read(piece, &events));
        }
        cuts.push(body.len());
        cuts.dedup();
        let mut start = 0;
        let chunk = |end: usize| body[std::mem::replace(&mut start, end)..end].to_vec();
        cuts.into_iter().map(chunk).collect()
    }

    fn texts(body: &str, step: usize, kind: &Chunks) -> Vec<String> {
        let chunks = chunks(body.as_bytes(), step, kind, 0);
        chunks.iter().map(|chunk| String::from_utf8_lossy(chunk).into_owned()).collect()
    }

    #[test]
    fn each_setting_cuts_in_its_way() {
        let body = "data: a\n\ndata: b\n\n";
        for (kind, step, expected) in [
            (Chunks::Recorded, 9, &["data: a\n\n", "data: b\n\n"][..]),
            (Chunks::Recorded, 12, &["data: a\n\ndat", "a: b\n\n"]),
            (Chunks::Event, 12, &["data: a\n\n", "data: b\n\n"]),
            (Chunks::Event, 1, &["data: a\n\n", "data: b\n\n"]),
            (Chunks::Whole, 5, &[body]),
            (Chunks::Lengths(vec![1, 5]), 4, &["d", "ata: ", "a", "\n\ndat", "a", ": b\n\n"]),
            (Chunks::Lengths(vec![100]), 4, &[body]),
        ] {
            assert_eq!(texts(body, step, &kind), expected, "{kind:?} by {step}");
        }
    }

    #[test]
    fn adversarial_cuts_hit_characters_line_ends_and_events() {
        let event = "data: {\"text\":\"Größe 😀\\n\"}\r\n\r\n";
        let body = event.repeat(6);
        for seed in 0..50 {
            let cut = chunks(body.as_bytes(), body.len(), &Chunks::Adversarial, seed);
            assert_eq!(cut.concat(), body.as_bytes());
            assert!(cut.iter().any(|chunk| std::str::from_utf8(chunk).is_err()), "{seed}");
            assert!(cut.iter().any(|chunk| chunk.ends_with(b"\r")), "{seed}");
            assert!(cut.iter().any(|chunk| chunk.ends_with(b"\\")), "{seed}");
            let mut at = 0;
            for chunk in &cut[..cut.len() - 1] {
                at += chunk.len();
                assert_ne!(at % event.len(), 0, "{seed} cuts between two events");
            }
        }
    }

    #[test]
    fn seeds_decide_about_adversarial_cuts() {
        let body = "data: {\"text\":\"Größe\"}\n\n".repeat(20);
        let of = |seed| chunks(body.as_bytes(), 1000, &Chunks::Adversarial, seed);
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    fn settings() -> impl Strategy<Value = Chunks> {
        prop_oneof![
            Just(Chunks::Recorded),
            Just(Chunks::Event),
            Just(Chunks::Whole),
            Just(Chunks::Adversarial),
            proptest::collection::vec(1_usize..20, 1..5).prop_map(Chunks::Lengths),
        ]
    }

    proptest! {
        #[test]
        fn no_byte_is_lost(
            body in proptest::collection::vec(any::<u8>(), 1..300),
            kind in settings(),
            step in 1_usize..50,
            seed in any::<u64>(),
        ) {
            let cut = chunks(&body, step, &kind, seed);
            prop_assert_eq!(cut.concat(), body);
            prop_assert!(cut.iter().all(|chunk| !chunk.is_empty()));
        }

        #[test]
        fn arrival_does_not_change_cuts(
            body in "(data: [a-cé😀]*|\r\n|\n|\\\\n)*x",
            step in 1_usize..9,
            seed in any::<u64>(),
        ) {
            // Where a CR may be half of a line end, only more bytes show the end of an event.
            let body = body.replace('\r', "");
            for kind in [Chunks::Event, Chunks::Whole, Chunks::Adversarial, Chunks::Lengths(vec![3, 1])] {
                let whole = chunks(body.as_bytes(), body.len(), &kind, seed);
                prop_assert_eq!(whole, chunks(body.as_bytes(), step, &kind, seed));
            }
        }
    }
}
