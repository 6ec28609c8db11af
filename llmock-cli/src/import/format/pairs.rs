//! Other recorders that keep a request beside its response: PHP-VCR (a list), DVR (`interactions` with a `url`),
//! `OkReplay` and Betamax for Java (a tape), Keploy (`spec` with `req` and `resp`).

use super::super::message::{Recorded, pair};
use super::super::request::Asked;
use super::super::source::Source;
use super::super::times;
use super::super::tree::Node;
use super::{ReadError, Recording, documents};

pub(super) fn detect(source: &Source<'_>) -> bool {
    let Ok(documents) = &source.documents else { return false };
    let found = entries(documents);
    !found.is_empty() && found.iter().any(|entry| halves(entry).is_some())
}

pub(super) fn read(source: &Source<'_>, _: &Asked) -> Result<Recording, ReadError> {
    Recording::of(entries(documents(source)?), |entry| exchange(entry))
}

fn exchange(entry: &Node<'_>) -> Result<Recorded, String> {
    let (request, response) = halves(entry).ok_or("it is no request with a response")?;
    let mut recorded = pair(request, response)?;
    let time = ["recorded_at", "recorded", "created"].iter().find_map(|name| entry.get(name));
    recorded.recorded_at = time.and_then(|time| {
        let text = time.text()?;
        times::iso(text)
            .or_else(|| times::http_date(text))
            .or_else(|| times::unix(time.number().filter(|seconds| *seconds > 1e9)?))
    });
    Ok(recorded)
}

fn entries<'n, 'a>(documents: &'n [Node<'a>]) -> Vec<&'n Node<'a>> {
    let mut all = Vec::new();
    for document in documents {
        match document {
            Node::List(items) => all.extend(items),
            Node::Map(_) => {
                let lists = ["interactions", "entries", "recordings", "tracks", "episodes"];
                match lists.iter().find_map(|name| document.get(name)) {
                    Some(list) => all.extend(list.items()),
                    None => all.push(document),
                }
            }
            _ => {}
        }
    }
    all
}

fn halves<'n, 'a>(entry: &'n Node<'a>) -> Option<(&'n Node<'a>, &'n Node<'a>)> {
    let spec = entry.get("spec").unwrap_or(entry);
    let half = |names: [&str; 2]| {
        names.iter().find_map(|name| spec.some(name)).filter(|node| matches!(node, Node::Map(_)))
    };
    let (request, response) = (half(["request", "req"])?, half(["response", "resp"])?);
    let has_url = ["uri", "url", "path"].iter().any(|name| request.has(name));
    let has_status = ["status", "status_code", "code"].iter().any(|name| response.has(name));
    (has_url && has_status).then_some((request, response))
}
