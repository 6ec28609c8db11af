//! TLS to hosts of providers, ended here: for clients whose `https` address is fixed.
//!
//! A client that reads `HTTPS_PROXY` asks us for a tunnel to its provider, and one that reads `SSL_CERT_FILE` trusts
//! the certificates of this process's own [`authority`]. Behind the feature `intercept`, on Linux: elsewhere clients
//! take certificates from the system alone. Every tunnel ends here, whatever its host: the request inside is judged
//! as one that came by `HTTP_PROXY`, and none goes out unseen.

#[cfg(all(feature = "intercept", target_os = "linux"))]
mod authority;
#[cfg(not(all(feature = "intercept", target_os = "linux")))]
#[path = "intercept/nothing.rs"]
mod authority;

use std::sync::Arc;

pub(crate) use authority::{Trust, trust};

use super::refused;
use super::server::{Router, refusal};
use crate::exchange::body::ResponseBody;
use crate::exchange::response::Response;
use crate::provider::Provider;

/// Answers a request for a tunnel (RFC 9110 §9.3.6): opens one whose other end is here, or says why not.
pub(super) fn connect(
    request: http::Request<hyper::body::Incoming>,
    router: Arc<Router>,
) -> Response {
    let authority = request.uri().authority().map_or("", http::uri::Authority::as_str).to_owned();
    if authority::open(request, router) {
        return http::Response::new(ResponseBody::full(""));
    }
    let mut response = refusal(Provider::OpenAI, "/", &refused::no_tunnel(&authority));
    *response.status_mut() = http::StatusCode::NOT_IMPLEMENTED;
    response
}
