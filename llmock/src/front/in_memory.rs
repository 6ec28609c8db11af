//! The front without a port, for fuzz targets and tests.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use super::handler::Handler;
use super::registry::Registry;
use super::server;
use crate::exchange::watched::Watched;

/// Serves one connection to its end. `handler` is the session with that id, and the one at the address of the variables.
pub(crate) async fn serve(
    io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    id: &'static str,
    handler: Arc<dyn Handler>,
) {
    let registry = Arc::new(Registry::new(SocketAddr::from(([127, 0, 0, 1], 4000))));
    registry.register(id, Arc::clone(&handler));
    registry.begin_env_session(handler, id);
    server::serve_connection(Watched::new(io), registry, None, None).await;
}
