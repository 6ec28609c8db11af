//! Cassettes of VCR for Ruby, and of betamax and vcr-cassette, which share its format: `http_interactions`, with bodies
//! in `string` or `base64_string`. YAML or JSON.

use super::super::message::{Recorded, pair};
use super::super::request::Asked;
use super::super::source::Source;
use super::super::times;
use super::super::tree::Node;
use super::{ReadError, Recording, root};

pub(super) fn detect(source: &Source<'_>) -> bool {
    source.root().is_some_and(|root| root.has("http_interactions"))
}

pub(super) fn read(source: &Source<'_>, _: &Asked) -> Result<Recording, ReadError> {
    let interactions = root(source)?.get("http_interactions").map(Node::items);
    Recording::of(interactions.unwrap_or_default(), interaction)
}

fn interaction(one: &Node<'_>) -> Result<Recorded, String> {
    let request = one.some("request").ok_or("it has no request")?;
    let response = one.some("response").ok_or("it has no response")?;
    let mut recorded = pair(request, response)?;
    let time = one.text_of("recorded_at");
    recorded.recorded_at =
        time.and_then(|text| times::http_date(text).or_else(|| times::iso(text)));
    Ok(recorded)
}
