//! One side of a WebSocket, as a client or as a server.
//!
//! Pings and pongs belong to the connection: each side answers its own, and none is recorded. No extension is negotiated,
//! so frames hold what was sent.

use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message as Wire, Utf8Bytes};

use super::frames::{Fragments, Seen};
use super::play::GOODBYE;
use crate::exchange::body::ResponseBody;
use crate::exchange::request;
use crate::exchange::response::{self, Response};
use crate::report::sentences::size;

/// Thousands of idle sockets must not take much memory.
const BUFFER: usize = 4 << 10;

/// How much is taken at once of what does not count any more.
const TAKEN: usize = 64 << 10;

/// The longest reason of a close frame: RFC 6455, section 5.5.
const LONGEST_REASON: usize = 123;

/// The most bytes of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    pub(crate) bytes: usize,
    /// What raises it: `LLMOCK_MAX_BODY`.
    pub(crate) setting: &'static str,
}

/// Receives messages.
#[derive(Debug)]
pub(crate) struct Receiver<Io> {
    messages: SplitStream<WebSocketStream<Seen<Io>>>,
    fragments: Fragments,
    limit: Limit,
}

/// Sends messages.
#[derive(Debug)]
pub(crate) struct Sender<Io>(SplitSink<WebSocketStream<Seen<Io>>, Wire>);

/// What the other side did.
#[derive(Clone, Debug)]
pub(crate) enum Received {
    Message {
        is_binary: bool,
        bytes: Bytes,
        fragments: Option<Vec<usize>>,
    },
    /// It closed the socket, with a code or without.
    Close {
        code: Option<u16>,
        reason: String,
    },
    /// The connection has ended.
    Gone,
    /// It broke a rule of the protocol, or a limit.
    Broken(Broken),
}

/// Why a connection cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) code: u16,
    pub(crate) why: String,
}

impl Broken {
    /// A client that closes the socket because it needs what llmock does not have: RFC 6455, section 7.4.1.
    pub(crate) fn of_code(code: u16) -> Option<Self> {
        let why = "the client requires an extension, such as `permessage-deflate`, and llmock negotiates none; \
                   make it optional in the client";
        (code == 1010).then(|| Self { code: 1000, why: why.to_owned() })
    }
}

/// The other side does not receive any more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gone;

/// Opens a socket over a connection that was upgraded; no message may be larger than `limit`.
pub(crate) async fn open<Io: AsyncRead + AsyncWrite + Unpin>(
    io: Io,
    role: Role,
    limit: Limit,
) -> (Sender<Io>, Receiver<Io>) {
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER)
        .write_buffer_size(0)
        .max_message_size(Some(limit.bytes))
        .max_frame_size(Some(limit.bytes));
    let (seen, fragments) = Seen::new(io);
    let (sender, messages) =
        WebSocketStream::from_raw_socket(seen, role, Some(config)).await.split();
    (Sender(sender), Receiver { messages, fragments, limit })
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Receiver<Io> {
    /// Waits for the next message. May be dropped and called again.
    pub(crate) async fn next(&mut self) -> Received {
        loop {
            let (is_binary, bytes) = match self.messages.next().await {
                Some(Ok(Wire::Text(text))) => (false, Bytes::from(text)),
                Some(Ok(Wire::Binary(bytes))) => (true, bytes),
                Some(Ok(Wire::Close(frame))) => {
                    let (code, reason) = frame.map_or((None, String::new()), |frame| {
                        (Some(u16::from(frame.code)), frame.reason.as_str().to_owned())
                    });
                    return Received::Close { code, reason };
                }
                Some(Ok(_)) => continue,
                Some(Err(error)) => return broken(&error, self.limit),
                None => return Received::Gone,
            };
            return Received::Message { is_binary, bytes, fragments: self.fragments.next() };
        }
    }
}

fn broken(error: &Error, limit: Limit) -> Received {
    let (code, why) = match error {
        Error::Capacity(CapacityError::MessageTooLong { size: length, max_size }) => {
            let [length, most] = [*length, *max_size].map(|bytes| size(bytes as u64));
            let setting = limit.setting;
            let why = format!(
                "a message has {length}, and the limit is {most}; to raise it, set {setting}"
            );
            (1009, why)
        }
        Error::Protocol(ProtocolError::UnmaskedFrameFromClient) => {
            let why =
                "the client sent a frame without a mask, which RFC 6455, section 5.1, requires";
            (1002, why.to_owned())
        }
        Error::Protocol(ProtocolError::NonZeroReservedBits) => {
            let why = "a frame uses an extension, such as compression, and none was negotiated";
            (1002, why.to_owned())
        }
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)
        | Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Io(_) => return Received::Gone,
        Error::Utf8(_) => (1007, "a text message is not valid UTF-8".to_owned()),
        other => (1002, format!("a frame is not valid: {other}")),
    };
    Received::Broken(Broken { code, why })
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Sender<Io> {
    /// Sends a message, in frames of these lengths if they add up.
    pub(crate) async fn message(
        &mut self,
        is_binary: bool,
        bytes: Bytes,
        fragments: Option<&[usize]>,
    ) -> Result<(), Gone> {
        let fits = |lengths: &&[usize]| lengths.iter().sum::<usize>() == bytes.len();
        if let Some(lengths) = fragments.filter(fits) {
            return self.fragments(is_binary, bytes, lengths).await;
        }
        let message = if is_binary {
            Wire::Binary(bytes)
        } else {
            Wire::Text(Utf8Bytes::try_from(bytes).map_err(|_| Gone)?)
        };
        self.0.send(message).await.map_err(|_| Gone)
    }

    async fn fragments(
        &mut self,
        is_binary: bool,
        mut bytes: Bytes,
        lengths: &[usize],
    ) -> Result<(), Gone> {
        for (at, length) in lengths.iter().enumerate() {
            let data = match (at, is_binary) {
                (0, true) => Data::Binary,
                (0, false) => Data::Text,
                _ => Data::Continue,
            };
            let part = bytes.split_to(*length);
            let frame = Frame::message(part, OpCode::Data(data), at + 1 == lengths.len());
            self.0.send(Wire::Frame(frame)).await.map_err(|_| Gone)?;
        }
        Ok(())
    }

    /// Closes the socket.
    pub(crate) async fn close(&mut self, code: Option<u16>, reason: &str) {
        let mut end = reason.len().min(LONGEST_REASON);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        let reason = &reason[..end];
        let frame = code.map(|code| CloseFrame {
            code: CloseCode::from(code),
            reason: Utf8Bytes::from(reason),
        });
        let _ = self.0.send(Wire::Close(frame)).await;
    }
}

/// Closes a socket whose client broke a rule, and takes what it still sends: otherwise its system would drop the close
/// frame with the connection.
pub(crate) async fn break_off<Io: AsyncRead + AsyncWrite + Unpin>(
    mut sender: Sender<Io>,
    receiver: Receiver<Io>,
    broken: &Broken,
) {
    sender.close(Some(broken.code), &format!("llmock: {}", broken.why)).await;
    let Ok(mut whole) = receiver.messages.reunite(sender.0) else { return };
    let mut taken = vec![0; TAKEN];
    let rest = async { while let Ok(1..) = whole.get_mut().read(&mut taken).await {} };
    let _ = timeout(GOODBYE, rest).await;
}

/// The subprotocols that a client offers, in its order.
pub(crate) fn offered(headers: &HeaderMap) -> Vec<&str> {
    let values = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).into_iter();
    let values = values.filter_map(|value| value.to_str().ok());
    let names = values.flat_map(|value| value.split(',').map(str::trim));
    names.filter(|name| !name.is_empty()).collect()
}

/// The subprotocol that a provider would select: the one of its name. The others are credentials and settings:
/// <https://developers.openai.com/api/docs/guides/realtime-websocket>.
pub(crate) fn answer(headers: &HeaderMap) -> Option<&'static str> {
    offered(headers).contains(&"realtime").then_some("realtime")
}

/// The response that accepts a handshake: <https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2>.
pub(crate) fn accepted(
    request: &HeaderMap,
    protocol: Option<&str>,
    mut own: HeaderMap,
) -> Response {
    let key = request::text(request, header::SEC_WEBSOCKET_KEY.as_str()).unwrap_or_default();
    for name in [header::CONTENT_LENGTH, header::CONTENT_TYPE, header::SEC_WEBSOCKET_EXTENSIONS] {
        own.remove(name);
    }
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            own.insert(name, value);
        }
    };
    set(header::CONNECTION, "Upgrade");
    set(header::UPGRADE, "websocket");
    set(header::SEC_WEBSOCKET_ACCEPT, &derive_accept_key(key.as_bytes()));
    if let Some(protocol) = protocol {
        set(header::SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    response::response(StatusCode::SWITCHING_PROTOCOLS, own, ResponseBody::full(""))
}
