//! Replies of the test over a WebSocket of Responses: each `response.create` is a request, and its events are messages.
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::exchange::RespondedBy;
use crate::exchange::client::Client;
use crate::exchange::response::Response;
use crate::exchange::transcript::Transcript;
use crate::fixture::socket::{Close, Message, Side};
use crate::front::handler::{Handler as _, Incoming};
use crate::session::pending::Pending;
use crate::session::state::State;
use crate::socket::api::{self, Kind};
use crate::socket::connection::{self, Received};
use crate::socket::responses;

/// Whether the replies of the test respond on this socket: none is recorded at its path.
pub(super) fn is_due(state: &State, pending: &Pending) -> bool {
    let path = &pending.request.path;
    api::at(path).kind == Kind::Responses
        && !state.scripts.is_empty()
        && !state.fixture.is_recorded_handshake(pending.incoming.provider, path)
}

/// Accepts a handshake; its messages are responded to as requests.
pub(super) fn respond(state: &Arc<State>, pending: &Pending, upgrade: OnUpgrade) -> Response {
    let number = pending.number;
    let transcript = Transcript::new();
    {
        let mut ledger = state.ledger();
        let exchange = ledger.exchange(number);
        exchange.sent.responded_by = RespondedBy::Reply;
        exchange.socket.transcript = Some(transcript.clone());
        // Its messages are counted.
        exchange.is_side = true;
    }
    let incoming = &pending.incoming;
    let accepted = connection::accepted(&incoming.headers, None, HeaderMap::new());
    let turn = Turn {
        state: Arc::clone(state),
        path: incoming.rest.split('?').next().unwrap_or_default().to_owned(),
        provider: incoming.provider,
        arrival: incoming.arrival.clone(),
    };
    let state = Arc::clone(state);
    tokio::spawn(async move {
        if let Ok(io) = upgrade.await {
            let socket = connection::open(TokioIo::new(io), Role::Server, state.max_message());
            let (mut sender, mut source) = socket.await;
            tokio::select! {
                () = turn.serve(&transcript, &mut sender, &mut source) => {}
                () = state.traffic.closed() => {
                    sender.close(Some(1001), "llmock: the test has ended").await;
                }
            }
        }
        transcript.end();
        state.activity.note();
    });
    accepted
}

/// What a message needs to become a request.
struct Turn {
    state: Arc<State>,
    path: String,
    provider: crate::provider::Provider,
    arrival: crate::front::arrival::Arrival,
}

impl Turn {
    async fn serve<Io>(
        &self,
        transcript: &Transcript,
        sender: &mut connection::Sender<Io>,
        source: &mut connection::Receiver<Io>,
    ) where
        Io: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    {
        loop {
            let (is_binary, bytes) = match source.next().await {
                Received::Message { is_binary, bytes, .. } => (is_binary, bytes),
                Received::Close { code, reason } => {
                    let ms = transcript.ms();
                    transcript.close(Close::Frame { from: Side::Client, ms, code, reason });
                    return;
                }
                Received::Gone => return,
                Received::Broken(broken) => {
                    return sender.close(Some(broken.code), &broken.why).await;
                }
            };
            let message =
                Message::received(Side::Client, transcript.ms(), is_binary, bytes.clone());
            transcript.add(message);
            let body = std::str::from_utf8(&bytes).ok().and_then(responses::request_body);
            let events = if let Some(body) = body {
                self.events(body).await
            } else {
                let why = "llmock: replies respond to messages of the type `response.create`";
                vec![api::at(&self.path).error(why).unwrap_or_default()]
            };
            for event in events {
                let bytes = Bytes::from(event);
                let message =
                    Message::received(Side::Server, transcript.ms(), false, bytes.clone());
                transcript.add(message);
                if sender.message(false, bytes, None).await.is_err() {
                    return;
                }
            }
        }
    }

    /// The events of the response to a message.
    async fn events(&self, body: String) -> Vec<String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let incoming = Incoming {
            provider: self.provider,
            method: Method::POST,
            rest: self.path.clone(),
            unknown_host: None,
            foreign: None,
            headers,
            body: Ok(body.into()),
            received: Instant::now(),
            arrival: self.arrival.clone(),
            client: Client::default(),
            upgrade: None,
        };
        let Ok(response) = Arc::clone(&self.state).respond(incoming).await else {
            return Vec::new();
        };
        let status = response.status().as_u16();
        let mut body = response.into_body();
        let mut bytes = Vec::new();
        while let Some(Ok(piece)) = body.next().await {
            bytes.extend_from_slice(&piece.bytes);
        }
        if status >= 400 {
            return vec![responses::error_message(status, &String::from_utf8_lossy(&bytes))];
        }
        responses::Events::default().read(&bytes)
    }
}
