//! Opens the provider's side of a WebSocket for a server, and records what both sides send.

use hyper::upgrade::OnUpgrade;

use super::attempts::RecordingKeeper;
use super::recorder::Prepared;
use super::{ForwardError, Recorder, Relayed, Request, Sent};
use crate::exchange::forward::Keeper as _;
use crate::exchange::transcript::Transcript;
use crate::playback::sockets::{ServedSocket, SocketEnd, SocketSettings};
use crate::socket::relay::{self, Terms};
use crate::socket::upstream::{self, Accepted, Handshake};

/// A WebSocket that the provider has accepted.
#[derive(Debug)]
pub struct RelayedSocket {
    accepted: Accepted,
    keeper: RecordingKeeper,
}

impl Recorder {
    /// Forwards a handshake. If the provider accepts it, the second value relays the messages.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`forward`](Self::forward).
    #[doc(hidden)]
    pub async fn forward_socket(
        &self,
        sent: &Sent<'_>,
        request: Request,
    ) -> Result<(Relayed, Option<RelayedSocket>), ForwardError> {
        let Prepared { job, base, sent, request } = self.prepared(sent, request).await?;
        let client = sent.headers.clone();
        let keeper = self.keeper(sent, request);
        let shown = self.redacted_url(&base);
        let opened = upstream::connect(&job.url, &job.headers).await;
        match opened.map_err(|error| self.forward_error(&base, &error))? {
            Handshake::Refused(response) => {
                let received = upstream::refusal(response).await;
                let relayed = Relayed::new(upstream::passed_on(&received), shown);
                keeper.keep(received).await;
                Ok((relayed, None))
            }
            Handshake::Accepted(accepted) => {
                let relayed = Relayed::new(relay::accepted(&client, &accepted.headers), shown);
                Ok((relayed, Some(RelayedSocket { accepted, keeper })))
            }
        }
    }
}

impl RelayedSocket {
    /// Relays the messages, and records them.
    #[must_use]
    pub fn serve(self, upgrade: OnUpgrade, settings: SocketSettings) -> ServedSocket {
        let Self { accepted, keeper } = self;
        let headers = accepted.headers.clone();
        let saving = keeper.saving(&headers);
        Box::pin(async move {
            let transcript = Transcript::new();
            let terms = Terms { limit: settings.limit(), saving: saving.clone(), allow: None };
            let ends = (upgrade, accepted);
            let relayed = relay::run(ends, &transcript, keeper.in_flight(), terms).await;
            let ended = match relayed {
                relay::Relayed::Nothing => SocketEnd::Closed,
                relay::Relayed::Broken(why) | relay::Relayed::Stopped(why) => {
                    SocketEnd::Broken(why)
                }
                relay::Relayed::Whole => {
                    let socket = relay::socket(&headers, &transcript);
                    keeper.keep_socket(&headers, socket).await;
                    SocketEnd::Closed
                }
            };
            drop(saving);
            ended
        })
    }
}
