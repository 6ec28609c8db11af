//! The session that a request is for: by the path of an address that llmock handed out, or by the host that it names.

use std::sync::Arc;

use http::request::Parts;

use super::foreign;
use super::handler::Handler;
use super::proxy::{self, Destination};
use super::refused::AddressedBy;
use super::registry::Registry;
use super::routing::{self, Route};
use crate::provider::Provider;

/// The session a request is for, and the provider it is meant for.
#[derive(Debug)]
pub(super) struct Addressee {
    /// `None` if it has ended, or no test is running.
    pub(super) session: Option<Arc<dyn Handler>>,
    pub(super) provider: Provider,
    /// What followed the provider's segment, or its host, query included.
    pub(super) rest: String,
    /// The host, if it is no provider's.
    pub(super) unknown_host: Option<String>,
    /// Why it is refused: a page of another host has sent it.
    pub(super) foreign: Option<String>,
    pub(super) by: AddressedBy,
}

/// A connection to a host through llmock, decrypted.
#[derive(Debug)]
pub(super) struct Tunnel {
    /// `api.openai.com:443`, or without the usual port.
    pub(super) authority: String,
    /// The session that the request for the tunnel named.
    pub(super) session: Option<Arc<dyn Handler>>,
}

/// Finds the addressee; returns the target if llmock did not hand it out.
pub(super) fn find(
    parts: &Parts,
    registry: &Registry,
    tunnel: Option<&Tunnel>,
) -> Result<Addressee, String> {
    let target = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    if let Some(tunnel) = tunnel {
        let origin = format!("https://{}", tunnel.authority);
        let destination = Destination { origin, target: target.to_owned() };
        return Ok(at_host(destination, tunnel.session.clone()));
    }
    if let Some(destination) = proxy::destination(&parts.uri, registry.own) {
        return Ok(at_host(destination, proxy::session(&parts.headers, registry)));
    }
    let Some(Route { id, provider, rest }) = routing::route(target) else {
        return Err(target.to_owned());
    };
    let (session, by) = if let Some(id) = id {
        (registry.session(id), AddressedBy::Handle)
    } else {
        let variable = provider.entry().variables.first().map_or("base URL", |(name, _)| name);
        (registry.env_session(), AddressedBy::Variable(variable))
    };
    let foreign = foreign::refusal(parts, by);
    Ok(Addressee { session, provider, rest, unknown_host: None, foreign, by })
}

fn at_host(
    Destination { origin, target }: Destination,
    session: Option<Arc<dyn Handler>>,
) -> Addressee {
    let by = AddressedBy::Variable(if origin.starts_with("https:") {
        "HTTPS_PROXY"
    } else {
        "HTTP_PROXY"
    });
    let found = session.as_ref().and_then(|session| session.provider_at(&origin, &target));
    match found {
        Some((provider, rest)) => {
            Addressee { session, provider, rest, unknown_host: None, foreign: None, by }
        }
        None => Addressee {
            session,
            provider: Provider::from_id(""),
            rest: target,
            unknown_host: Some(origin),
            foreign: None,
            by,
        },
    }
}
