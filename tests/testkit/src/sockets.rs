//! A provider whose WebSockets follow a script, frame by frame.
//!
//! It uses threads and plain sockets, so that a test decides about every byte.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::PATIENCE;
use crate::client::{find, read_head};

/// One step of a scripted socket.
#[derive(Clone, Debug)]
pub enum Step {
    /// Waits for a message of the client, whatever it is.
    Receive,
    /// Sends a frame: its first byte (`FIN` and opcode), and its payload.
    Frame(u8, Vec<u8>),
    /// Sends a text message made of the one that was received last.
    Answer(fn(&[u8]) -> Vec<u8>),
    /// Waits.
    Pause(Duration),
    /// Ends the connection without a close frame.
    Drop,
}

impl Step {
    /// A text message in one frame.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Frame(0x81, text.into().into_bytes())
    }

    /// A binary message in one frame.
    pub fn binary(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Frame(0x82, bytes.into())
    }

    /// A close frame.
    pub fn close(code: u16, reason: &str) -> Self {
        Self::Frame(0x88, [&code.to_be_bytes()[..], reason.as_bytes()].concat())
    }
}

/// The scripted provider.
#[derive(Debug)]
pub struct SocketServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    handshakes: Vec<(String, Vec<(String, String)>)>,
    received: Vec<Vec<u8>>,
}

impl SocketServer {
    /// Serves every connection by the same script, and selects `protocol`, if there is one.
    pub fn start(protocol: Option<&str>, script: Vec<Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::<Mutex<State>>::default();
        let (served, protocol) = (Arc::clone(&state), protocol.map(str::to_owned));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (served, script, protocol) =
                    (Arc::clone(&served), script.clone(), protocol.clone());
                std::thread::spawn(move || serve(stream, &served, protocol.as_deref(), script));
            }
        });
        Self { address, state }
    }

    /// The base URL for an HTTP client.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Target and headers of each handshake.
    pub fn handshakes(&self) -> Vec<(String, Vec<(String, String)>)> {
        self.state.lock().unwrap().handshakes.clone()
    }

    /// The payloads of the frames that clients have sent, control frames left out.
    pub fn received(&self) -> Vec<Vec<u8>> {
        self.state.lock().unwrap().received.clone()
    }
}

fn serve(mut stream: TcpStream, state: &Mutex<State>, protocol: Option<&str>, script: Vec<Step>) {
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    // Otherwise each small frame waits for the confirmation of the one before.
    stream.set_nodelay(true).expect("an option");
    let mut reader = std::io::BufReader::new(stream.try_clone().expect("a second handle"));
    let Some((first, headers)) = read_head(&mut reader) else { return };
    let target = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let key = find(&headers, "sec-websocket-key").unwrap_or_default().to_owned();
    state.lock().unwrap().handshakes.push((target, headers));
    let accept = derive_accept_key(key.as_bytes());
    let selected = protocol.map(|name| format!("Sec-WebSocket-Protocol: {name}\r\n"));
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         x-request-id: req_1\r\nSec-WebSocket-Accept: {accept}\r\n{}\r\n",
        selected.unwrap_or_default()
    );
    let _ = stream.write_all(head.as_bytes());
    for step in script {
        match step {
            Step::Receive => loop {
                let Some((opcode, payload)) = read_frame(&mut reader) else { return };
                if opcode < 8 {
                    state.lock().unwrap().received.push(payload);
                    break;
                }
            },
            Step::Frame(first, payload) => {
                if stream.write_all(&frame(first, &payload)).is_err() {
                    return;
                }
            }
            Step::Answer(answer) => {
                let last = state.lock().unwrap().received.last().cloned().unwrap_or_default();
                if stream.write_all(&frame(0x81, &answer(&last))).is_err() {
                    return;
                }
            }
            Step::Pause(time) => std::thread::sleep(time),
            Step::Drop => return,
        }
    }
    // Until the client closes, which is confirmed.
    while let Some((opcode, payload)) = read_frame(&mut reader) {
        if opcode == 8 {
            let _ = stream.write_all(&frame(0x88, &payload));
            return;
        }
        if opcode < 8 {
            state.lock().unwrap().received.push(payload);
        }
    }
}

/// A frame without a mask.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        short @ 0..126 => bytes.push(u8::try_from(short).unwrap()),
        middle @ 126..65536 => {
            bytes.push(126);
            bytes.extend(u16::try_from(middle).unwrap().to_be_bytes());
        }
        long => {
            bytes.push(127);
            bytes.extend((long as u64).to_be_bytes());
        }
    }
    bytes.extend(payload);
    bytes
}

/// The opcode and the payload of a frame of a client.
fn read_frame(reader: &mut impl std::io::Read) -> Option<(u8, Vec<u8>)> {
    let mut head = [0; 2];
    reader.read_exact(&mut head).ok()?;
    let length = match head[1] & 0x7f {
        126 => {
            let mut bytes = [0; 2];
            reader.read_exact(&mut bytes).ok()?;
            u64::from(u16::from_be_bytes(bytes))
        }
        127 => {
            let mut bytes = [0; 8];
            reader.read_exact(&mut bytes).ok()?;
            u64::from_be_bytes(bytes)
        }
        short => u64::from(short),
    };
    assert!(head[1] & 0x80 != 0, "a client masks its frames");
    let mut mask = [0; 4];
    reader.read_exact(&mut mask).ok()?;
    let mut payload = vec![0; usize::try_from(length).ok()?];
    reader.read_exact(&mut payload).ok()?;
    payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
    Some((head[0] & 0x0f, payload))
}
