//! Recordings of Datadog's test agent for APM: one JSON file for each exchange, named by a hash of its request.

use super::super::message::pair;
use super::super::request::Asked;
use super::super::source::Source;
use super::{ReadError, Recording, root};

pub(super) fn detect(source: &Source<'_>) -> bool {
    source.root().is_some_and(|root| {
        let request = root.get("request");
        let status = root.get("response").and_then(|response| response.get("status"));
        request.is_some_and(|it| it.has("method") && it.has("url"))
            && status.is_some_and(|status| status.has("code"))
    })
}

pub(super) fn read(source: &Source<'_>, _: &Asked) -> Result<Recording, ReadError> {
    let root = root(source)?;
    Recording::of([root], |root| {
        pair(
            root.some("request").ok_or("it has no request")?,
            root.some("response").ok_or("it has no response")?,
        )
    })
}
