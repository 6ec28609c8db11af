//! The longest a response may become, so that a short request cannot cost a server its memory.
//!
//! No provider has this limit: they stop at a number of tokens, and an echo of the request does not.

use super::content::Reply;
use super::context::RenderContext;
use super::pieces::Chunks;

/// The most bytes that a response may have: a stream of some 100,000 words.
pub(crate) const LONGEST: usize = 32 << 20;

/// The most bytes of an event without its text and the name of the model.
const EVENT: usize = 400;

/// The most bytes of a response without the reply, and without the request that some quote.
const HEAD: usize = 4096;

/// How often a stream repeats the same text: Responses closes part, item, and response with it.
const TIMES: usize = 6;

/// Why the response would be too long, in a sentence for the provider's `message`.
pub(crate) fn too_long(context: &RenderContext<'_>, measure: Measure) -> Option<String> {
    // most replies are so short that their exact length does not matter
    if [false, true].into_iter().any(|is_exact| bound(context, measure, is_exact) <= LONGEST) {
        return None;
    }
    Some(format!("the answer to this request would be longer than {LONGEST} bytes"))
}

/// How many bytes the response has at most, without what it quotes of the request.
pub(crate) fn bound(context: &RenderContext<'_>, measure: Measure, is_exact: bool) -> usize {
    let chunks = is_exact.then_some(context.reply.chunks);
    let mut size = OutputSize { choices: 0, bytes: 0, pieces: 0, chunks };
    measure(context, &mut size);
    size.in_bytes(context)
}

/// Adds up how much of a reply a response contains.
pub(crate) type Measure = fn(&RenderContext<'_>, &mut OutputSize);

pub(crate) struct OutputSize {
    choices: usize,
    /// As JSON, with escapes.
    bytes: usize,
    pieces: usize,
    /// How texts are divided; `None` assumes the worst without reading them.
    chunks: Option<Chunks>,
}

impl OutputSize {
    /// Adds all texts of a reply, each as often as there are choices.
    pub(super) fn add_reply(&mut self, reply: &Reply, choices: usize) {
        let texts = [&reply.text, &reply.refusal, &reply.reasoning].into_iter().flatten();
        let calls = reply.calls.iter().flat_map(|call| [&call.name, &call.arguments]);
        let (mut bytes, mut pieces) = (0_usize, 0_usize);
        for text in texts.chain(calls) {
            let (more_bytes, more_pieces) = self.of_text(text);
            bytes += more_bytes;
            pieces += more_pieces;
        }
        pieces = pieces.max(reply.pieces.as_ref().map_or(0, Vec::len));
        self.add(choices, bytes, pieces);
    }

    /// Adds a text that the response has in so many choices and at least that many pieces.
    pub(super) fn add_text(&mut self, text: &str, choices: usize, least_pieces: usize) {
        let (bytes, pieces) = self.of_text(text);
        self.add(choices, bytes, pieces.max(least_pieces));
    }

    /// The bytes and the pieces of a text.
    fn of_text(&self, text: &str) -> (usize, usize) {
        let Some(chunks) = self.chunks else { return (ESCAPE * text.len(), text.len()) };
        let pieces = chunks.of(text).len().max(chunks.of_arguments(text).len());
        (escaped_length(text), pieces)
    }

    fn add(&mut self, choices: usize, bytes: usize, pieces: usize) {
        self.choices += choices;
        self.bytes = self.bytes.saturating_add(choices.saturating_mul(bytes));
        self.pieces = self.pieces.saturating_add(choices.saturating_mul(pieces));
    }

    fn in_bytes(&self, context: &RenderContext<'_>) -> usize {
        // each call and each choice begins and ends with events of its own
        let calls = context.reply.calls.len().saturating_mul(self.choices).saturating_mul(8);
        let frames = calls.saturating_add(self.choices.saturating_mul(8));
        let all = if context.streams {
            let event = EVENT.saturating_add(escaped_length(&context.model));
            let events = self.pieces.saturating_add(frames);
            self.bytes.saturating_mul(TIMES).saturating_add(events.saturating_mul(event))
        } else {
            self.bytes.saturating_add(frames.saturating_mul(EVENT / 8))
        };
        all.saturating_add(HEAD)
    }
}

/// The most bytes that JSON makes of one: `\u001f`.
const ESCAPE: usize = 6;

/// The bytes of a text in JSON, without its quotes.
fn escaped_length(text: &str) -> usize {
    let bytes = text.bytes().map(|byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 2,
        ..b' ' => ESCAPE,
        _ => 1,
    });
    bytes.sum()
}
