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

use super::body::FrontBody;
use super::{Desk, refusal};
use crate::provider::Provider;
use crate::report::refusals;

/// Whether `intercept = true` can hold in this build, on this system; if not, why.
pub(crate) const AVAILABLE: Result<(), &str> = if cfg!(not(target_os = "linux")) {
    Err("works on Linux alone, where clients read `SSL_CERT_FILE`")
} else if cfg!(not(feature = "intercept")) {
    Err("needs the feature `intercept` of llmock")
} else {
    Ok(())
};

/// What the expansion writes for `intercept = true`: where that cannot hold, the test does not compile.
pub const fn intercept() -> bool {
    match AVAILABLE {
        Ok(()) => true,
        Err(_) if cfg!(not(target_os = "linux")) => {
            panic!("`intercept = true` works on Linux alone, where clients read `SSL_CERT_FILE`")
        }
        Err(_) => panic!("`intercept = true` needs the feature `intercept` of llmock"),
    }
}

/// Answers a request for a tunnel (RFC 9110 §9.3.6): opens one whose other end is here, or says why not.
pub(super) fn connect(
    request: http::Request<hyper::body::Incoming>,
    desk: Arc<Desk>,
) -> http::Response<FrontBody> {
    let authority = request.uri().authority().map_or("", http::uri::Authority::as_str).to_owned();
    if authority::open(request, desk) {
        return http::Response::new(FrontBody::full(""));
    }
    let mut answer = refusal(Provider::OpenAI, "/", &refusals::no_tunnel(&authority));
    *answer.status_mut() = http::StatusCode::NOT_IMPLEMENTED;
    answer
}
