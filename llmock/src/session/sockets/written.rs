//! Replies of the test over a WebSocket: what each message of the client stands for is a request, and the response to it
//! becomes messages.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use http::{HeaderMap, HeaderValue, Method, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::control::sockets::Control;
use crate::exchange::RespondedBy;
use crate::exchange::client::Client;
use crate::exchange::response::Response;
use crate::exchange::transcript::Transcript;
use crate::front::arrival::Arrival;
use crate::front::handler::{Handler as _, Incoming};
use crate::provider::Provider;
use crate::session::pending::Pending;
use crate::session::state::State;
use crate::socket::connection;
use crate::socket::dialogue::{self, Dialogue};
use crate::socket::talk::{Answered, Answering, Talk};

/// The dialogue on this socket, if the replies of the test respond on it: none is recorded at its path.
pub(super) fn dialogue(state: &State, pending: &Pending) -> Option<Box<dyn Dialogue>> {
    let Pending { incoming, request, number, .. } = pending;
    if state.scripts.is_empty()
        || state.fixture.is_recorded_handshake(incoming.provider, &request.path)
    {
        return None;
    }
    dialogue::at(&incoming.rest, &incoming.headers, number.number() as u64)
}

/// Accepts a handshake; its messages are responded to as requests.
pub(super) fn respond(
    state: &Arc<State>,
    pending: &Pending,
    upgrade: OnUpgrade,
    dialogue: Box<dyn Dialogue>,
    control: Control,
) -> Response {
    let transcript = Transcript::new();
    {
        let mut ledger = state.ledger();
        let exchange = ledger.exchange(pending.number);
        exchange.sent.responded_by = RespondedBy::Reply;
        exchange.socket.transcript = Some(transcript.clone());
        // Its messages are counted.
        exchange.is_side = true;
    }
    let incoming = &pending.incoming;
    let accepted = connection::accepted(
        &incoming.headers,
        connection::answer(&incoming.headers),
        HeaderMap::new(),
    );
    let turn = Turn {
        state: Arc::clone(state),
        provider: incoming.provider,
        arrival: incoming.arrival.clone(),
    };
    let talk = Talk {
        dialogue,
        transcript: transcript.clone(),
        control: Mutex::new(control),
        respond: Box::new(move |path, body| turn.answered(path, body)),
    };
    let state = Arc::clone(state);
    tokio::spawn(async move {
        if let Ok(io) = upgrade.await {
            let socket = connection::open(TokioIo::new(io), Role::Server, state.message_limit());
            let (mut sender, mut source) = socket.await;
            let broken = tokio::select! {
                broken = talk.run(&mut sender, &mut source) => broken,
                () = state.traffic.closed() => {
                    sender.close(Some(1001), "llmock: the test has ended").await;
                    None
                }
            };
            if let Some(broken) = broken {
                connection::break_off(sender, source, &broken).await;
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
    provider: Provider,
    arrival: Arrival,
}

impl Turn {
    fn answered(&self, path: String, body: String) -> Answering {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let incoming = Incoming {
            provider: self.provider,
            method: Method::POST,
            rest: path,
            unknown_host: None,
            foreign: None,
            headers,
            body: Ok(body.into()),
            received: Instant::now(),
            arrival: self.arrival.clone(),
            client: Client::default(),
            upgrade: None,
        };
        let state = Arc::clone(&self.state);
        Box::pin(async move {
            let mut answered = Answered::default();
            let Ok(response) = state.respond(incoming).await else {
                return Answered { is_cut: true, ..answered };
            };
            answered.status = response.status().as_u16();
            let mut body = response.into_body();
            let mut bytes = Vec::new();
            while let Some(piece) = body.next().await {
                match piece {
                    Ok(piece) => bytes.extend_from_slice(&piece.bytes),
                    Err(_) => answered.is_cut = true,
                }
            }
            answered.body = bytes.into();
            answered
        })
    }
}
