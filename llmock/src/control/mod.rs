//! What happens to a response on its way to the client: pace, chunks, gates, and faults.
//!
//! It is the same for every source: a recording, a reply, a wiremock `Mock`, or a provider whose response is being
//! recorded. The bytes stay the same unless a fault says otherwise.
//!
//! ```no_run
//! use llmock::control::{Chunks, Fault, StreamControl};
//! use llmock::{LlmMock, llm_replay};
//!
//! #[llm_replay(fixture = "chat")]
//! #[tokio::test]
//! async fn survives_a_slow_start(mock: &LlmMock) {
//!     mock.stream(StreamControl::new().chunks(Chunks::Adversarial));
//!     mock.fault(Fault::status(429).retry_after(1));
//!     let gate = mock.hold_stream().at_event(3).start();
//!     // ... start the program ...
//!     gate.reached().await;
//!     // ... the program has received three events, and waits for the fourth ...
//!     gate.release_all();
//! }
//! ```
//!
//! The attribute, `llmock.toml` and the builder have the keys `stream` and `fault`.

mod cutting;
mod deliver;
mod fault;
pub(crate) mod gate;
mod hold;
pub(crate) mod plan;
pub(crate) mod reaction;
pub(crate) mod requests;
#[cfg(feature = "server")]
pub(crate) mod server;
#[cfg(feature = "websocket")]
pub(crate) mod sockets;
mod stream;
pub(crate) mod sweep;
pub(crate) mod traffic;

pub use fault::Fault;
pub use gate::Gate;
pub use hold::Hold;
pub use llmock_rules::{Chunks, Pace};
pub use stream::StreamControl;
