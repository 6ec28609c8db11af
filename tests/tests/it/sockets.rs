//! WebSockets are recorded and replayed message by message.

mod broken;
mod controlled;
mod limits;
mod replaying;
mod replies;
mod roundtrip;
mod routes;
mod scripts;
mod swept;
mod volumes;

use std::net::TcpStream;
use std::path::Path;

use llmock::{LlmMock, LlmMockBuilder, MockSession, Mode, Provider};
use llmock_testkit::sockets::{SocketServer, Step};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::stream::MaybeTlsStream;
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket, client};

const TEST: &str = "sockets::test";
const REALTIME: &str = "/v1/realtime?model=gpt-realtime";

type Client = WebSocket<MaybeTlsStream<TcpStream>>;

fn recorder(server: &SocketServer, fixture: &Path) -> LlmMockBuilder {
    LlmMock::builder()
        .fixture(fixture)
        .test(TEST)
        .mode(Mode::Record)
        .upstream(Provider::OpenAI, format!("{}/v1", server.url()))
}

fn replayer(fixture: &Path) -> LlmMockBuilder {
    LlmMock::builder().fixture(fixture).test(TEST).mode(Mode::Replay)
}

/// Opens a socket at a path below the provider's host, with these subprotocols.
fn open_with(mock: &LlmMock, path: &str, protocols: &str) -> Result<Client, Error> {
    let base = mock.ws_url(Provider::OpenAI);
    let url = base.strip_suffix("/v1").unwrap_or(&base).to_owned() + path;
    let mut request = url.into_client_request().unwrap();
    if !protocols.is_empty() {
        let value = HeaderValue::from_str(protocols).unwrap();
        request.headers_mut().insert("sec-websocket-protocol", value);
    }
    let address = request.uri().authority().unwrap().to_string();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let opened = client(request, MaybeTlsStream::Plain(stream));
    opened.map(|(client, _)| client).map_err(|error| match error {
        tokio_tungstenite::tungstenite::HandshakeError::Failure(error) => error,
        interrupted @ tokio_tungstenite::tungstenite::HandshakeError::Interrupted(_) => {
            panic!("{interrupted}")
        }
    })
}

fn open(mock: &MockSession) -> Client {
    open_with(mock, REALTIME, "").unwrap()
}

/// The next message, pings left out.
fn next(client: &mut Client) -> Message {
    loop {
        match client.read() {
            Ok(Message::Ping(_) | Message::Pong(_)) => {}
            Ok(message) => return message,
            Err(error) => panic!("no message: {error}"),
        }
    }
}

fn text(client: &mut Client) -> String {
    next(client).into_text().unwrap().to_string()
}

fn step(text: &str) -> Step {
    Step::text(text)
}
