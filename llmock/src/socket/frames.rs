//! Sees how messages are divided into frames: <https://www.rfc-editor.org/rfc/rfc6455#section-5.2>.
//!
//! The library hands out whole messages. This reads the headers of frames on their way to it.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::sync::lock;

/// The lengths of the frames of each message; `None` for a message in one frame.
#[derive(Clone, Debug, Default)]
pub(super) struct Fragments(Arc<Mutex<Scanner>>);

impl Fragments {
    /// Of the next message.
    pub(super) fn next(&self) -> Option<Vec<usize>> {
        lock(&self.0).messages.pop_front().flatten()
    }
}

/// A connection whose incoming frames are seen.
#[derive(Debug)]
pub(super) struct Seen<Io> {
    io: Io,
    fragments: Fragments,
}

impl<Io> Seen<Io> {
    pub(super) fn new(io: Io) -> (Self, Fragments) {
        let fragments = Fragments::default();
        (Self { io, fragments: fragments.clone() }, fragments)
    }
}

#[derive(Debug, Default)]
struct Scanner {
    /// The header of the current frame, as far as it has come.
    header: Vec<u8>,
    /// What is left of its payload.
    payload: u64,
    /// The frames of the current message.
    frames: Vec<usize>,
    messages: VecDeque<Option<Vec<usize>>>,
}

impl Scanner {
    fn read(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.payload > 0 {
                let length = usize::try_from(self.payload).unwrap_or(usize::MAX).min(bytes.len());
                self.payload -= length as u64;
                bytes = &bytes[length..];
                continue;
            }
            self.header.push(bytes[0]);
            bytes = &bytes[1..];
            if let Some(length) = payload_length(&self.header) {
                self.frame(length);
            }
        }
    }

    /// A frame begins with the payload.
    fn frame(&mut self, length: u64) {
        let (is_final, opcode) = (self.header[0] & 0x80 != 0, self.header[0] & 0x0f);
        self.header.clear();
        self.payload = length;
        // The others are control frames, which may stand between the frames of a message.
        if opcode > 2 {
            return;
        }
        self.frames.push(usize::try_from(length).unwrap_or(usize::MAX));
        if is_final {
            let frames = std::mem::take(&mut self.frames);
            self.messages.push_back((frames.len() > 1).then_some(frames));
        }
    }
}

/// The length of the payload, once the header is complete.
fn payload_length(header: &[u8]) -> Option<u64> {
    let second = *header.get(1)?;
    let mask = if second & 0x80 == 0 { 0 } else { 4 };
    let extended = match second & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let bytes = header.get(2..2 + extended).filter(|_| header.len() == 2 + extended + mask)?;
    Some(match extended {
        0 => u64::from(second & 0x7f),
        _ => bytes.iter().fold(0, |length, byte| (length << 8) | u64::from(*byte)),
    })
}

impl<Io: AsyncRead + Unpin> AsyncRead for Seen<Io> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(context, buffer))?;
        lock(&self.fragments.0).read(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Seen<Io> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_frames_in_any_pieces() {
        let mut bytes = vec![0x81, 0x02, b'h', b'i'];
        // Three frames with a ping between them, the last with an extended length and a mask.
        bytes.extend([0x01, 0x01, b'a', 0x89, 0x00, 0x00, 0x02, b'b', b'c']);
        bytes.extend([0x80, 0xfe, 0x01, 0x00, 1, 2, 3, 4]);
        bytes.extend([0; 256]);
        bytes.extend([0x82, 127, 0, 0, 0, 0, 0, 0, 0, 1, 9]);
        for size in [1, 2, 3, 7, bytes.len()] {
            let mut scanner = Scanner::default();
            bytes.chunks(size).for_each(|piece| scanner.read(piece));
            let messages = Vec::from(scanner.messages);
            assert_eq!(messages, [None, Some(vec![1, 2, 256]), None], "in pieces of {size}");
        }
    }
}
