//! codex: streams that a test writes, in sequence, with gates, and readers of what was sent.
//!
//! | of its support, for 1,982 tests | lines | here |
//! |---|---|---|
//! | `responses.rs`: builders of events (`ev_*`), mounting, readers of requests | 1,718 | `Reply`, `mock.reply`, `mock.when`, `SentRequest`: none |
//! | `streaming_sse.rs`: a server with gates | 709 | `mock.hold_stream()`: none |
//! | `context_snapshot.rs`: snapshots of requests | 740 | `mock.exchanges()` with insta: none |
//! | `test_codex.rs`: starts the agent | 1,287 | [`agent`], as long as the agent under test needs |
//!
//! `harness` has one test for each facility of its harness; the others are tests as codex has them, of a small agent on
//! `reqwest`, which is codex's own client.

mod agent;
mod faults;
mod harness;
mod requests;
mod streams;
mod turns;
