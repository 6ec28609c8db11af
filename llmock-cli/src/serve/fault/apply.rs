//! The effect of a fault on an answer.

use bytes::Bytes;
use http::header::CONTENT_LENGTH;

use super::{Fault, live};
use crate::serve::answer::{Answer, AnswerBody, CutOff, End, Piece};

impl Fault {
    /// The answer with this fault. [`Fault::Status`], [`Fault::Disconnect`] and [`Fault::Slow`] do not change it: the
    /// first two replace it, the last one delays it. [`Fault::Placed`] changes its paced body.
    pub(crate) fn apply(self, mut answer: Answer) -> Answer {
        let is_cut = self == Self::DisconnectMidway;
        answer.body = match (self, answer.body) {
            (_, AnswerBody::Nothing) => AnswerBody::Nothing,
            (Self::DisconnectMidway | Self::Truncate, AnswerBody::Stream { mut pieces, end }) => {
                pieces.truncate(pieces.len() / 2);
                AnswerBody::Stream { pieces, end: if is_cut { End::Cut } else { end } }
            }
            (Self::DisconnectMidway | Self::Truncate, AnswerBody::Whole(body)) => {
                let bytes = body.slice(..body.len() / 2);
                if is_cut {
                    let pieces = vec![Piece { after: None, bytes }];
                    AnswerBody::Stream { pieces, end: End::Cut }
                } else {
                    AnswerBody::Whole(bytes)
                }
            }
            (Self::Malformed, AnswerBody::Stream { mut pieces, end }) => {
                for piece in &mut pieces {
                    piece.bytes = malformed(&piece.bytes);
                }
                AnswerBody::Stream { pieces, end }
            }
            (Self::Malformed, AnswerBody::Whole(body)) => AnswerBody::Whole(malformed(&body)),
            (Self::DisconnectMidway | Self::Truncate, AnswerBody::Live(body)) => {
                // It is the length of the complete body.
                answer.headers.remove(CONTENT_LENGTH);
                let begun = live::begun(body);
                AnswerBody::Live(if is_cut { CutOff::after(begun) } else { begun })
            }
            (Self::Malformed, AnswerBody::Live(body)) => AnswerBody::Live(live::malformed(body)),
            (Self::Status { .. } | Self::Disconnect | Self::Slow(_) | Self::Placed(_), body) => {
                body
            }
        };
        answer
    }
}

/// The same bytes with the beginning of every object and array replaced; framing has neither. A stream's `[DONE]` is
/// not an array and stays.
pub(super) fn malformed(bytes: &Bytes) -> Bytes {
    let changed = bytes.iter().enumerate().map(|(at, &byte)| match byte {
        b'{' => b'!',
        b'[' if bytes.get(at + 1) != Some(&b'D') => b'!',
        _ => byte,
    });
    changed.collect()
}
