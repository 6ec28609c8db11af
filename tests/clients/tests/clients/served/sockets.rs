//! Clients over WebSockets against a running server, which echoes.

use super::{server, v1};
use crate::sockets::{realtime, responses};

#[test]
fn rig_talks_over_sockets_of_responses() {
    let Some(url) = server::open() else { return };
    let texts = server::block_on(responses(&v1(&url), &["Hello!", "Again!"]));
    assert_eq!(texts, ["Hello!", "Again!"]);
}

#[test]
fn openai_api_rs_talks_over_sockets_of_realtime() {
    let Some(url) = server::open() else { return };
    let texts = server::block_on(realtime::talk(&v1(&url), &["Hello!", "Again!"]));
    assert_eq!(texts, ["Hello!", "Again!"]);
}
