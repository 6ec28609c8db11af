//! TLS to hosts of providers, terminated here, for clients whose `https` address is fixed.
//!
//! A client that reads `HTTPS_PROXY` opens a tunnel to its provider through llmock, and one that reads `SSL_CERT_FILE`
//! trusts the certificates of this process's own [`authority`]. This needs the feature `intercept` and Linux: elsewhere
//! clients take certificates from the system alone. Every tunnel ends here, whatever its host: a request inside is
//! handled like one that came through `HTTP_PROXY`, and none leaves unseen.

#[cfg(all(feature = "intercept", target_os = "linux"))]
mod authority;
#[cfg(not(all(feature = "intercept", target_os = "linux")))]
#[path = "intercept/nothing.rs"]
mod authority;

use std::pin::Pin;
use std::sync::Arc;

pub(super) use authority::open;
pub(crate) use authority::{Trust, trust};

use super::addressee::Tunnel;

/// A tunnel that is being opened; `None` if its client refuses the certificate.
type Opening = Pin<Box<dyn Future<Output = Option<(authority::Stream, Arc<Tunnel>)>> + Send>>;
