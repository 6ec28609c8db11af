#![doc = include_str!("../README.md")]
// On docs.rs each item shows the feature it takes.
#![cfg_attr(docsrs, feature(doc_cfg))]
// What only recording calls stays in a build without it: a `cfg` on each piece would hide the code behind switches.
#![cfg_attr(not(feature = "record"), allow(dead_code, unused_imports))]

mod audit;
mod builder;
#[cfg(feature = "check")]
mod check;
mod config;
pub mod control;
mod diff;
mod encryption;
mod env;
mod exchange;
mod fixture;
mod front;
#[cfg(any(test, feature = "__fuzz"))]
mod fuzzing;
mod hex;
#[cfg(feature = "server")]
mod inspect;
mod json;
mod layer;
mod matching;
mod mock;
mod mode;
#[cfg(feature = "wiremock")]
mod mount;
#[cfg_attr(not(feature = "wiremock"), path = "overlay/none.rs")]
mod overlay;
#[cfg(feature = "server")]
pub mod playback;
mod preload;
mod private;
mod provider;
mod random;
pub mod reply;
mod report;
#[cfg(feature = "wiremock")]
mod responder;
#[cfg(any(feature = "server", feature = "wiremock"))]
mod rules;
mod session;
mod site;
#[cfg(feature = "websocket")]
mod socket;
mod stream;
mod sync;
mod waiting;
mod wire;

/// What the attribute's expansion calls; it may change with every version.
#[doc(hidden)]
pub mod __private {
    pub use crate::private::*;
}

/// What the command's server needs beside the public API; it may change with every version.
#[cfg(feature = "server")]
#[doc(hidden)]
pub mod __server {
    pub use crate::control::server::{ClientFinding, PlacedFault, Reaction, judge_client};
    pub use crate::env::{client_variables, meant_by, of_the_library, placeholder_keys};
    pub use crate::exchange::watched::Watched;
    #[cfg(feature = "record")]
    pub use crate::playback::imported;
    #[cfg(feature = "record")]
    pub use crate::playback::recorded_sockets::RelayedSocket;
    pub use crate::playback::sockets::{
        OnMessage, PlayedSocket, Replying, ServedSocket, SocketEnd, SocketReplies, SocketReply,
        SocketSettings, SpokenSocket, handshake, handshake_method,
    };
    pub use crate::provider::recognise::{HeaderHints, recognise};
    pub use crate::reply::{BySchema, Demands, ToolUse, rejection};

    /// Why no recording matches, and the paths that `ignore` needs for the closest one to match.
    #[must_use]
    pub fn examine_miss(
        playback: &crate::playback::Playback,
        request: &crate::playback::Request,
    ) -> (String, Vec<String>) {
        playback.examine_miss(request)
    }
    pub use crate::reply::server::scenarios::{
        Given, Progress, Scenarios, computed, has_result, in_session, json_reply,
        last_user_matches, sent,
    };

    /// The provider's own error for a request that it would reject today, by the table of the contract: of a server with
    /// `strict: true`.
    #[must_use]
    pub fn contract_error(request: &crate::SentRequest) -> Option<crate::reply::Reply> {
        let found = request.rejections(crate::CONTRACT_DATE).into_iter().next()?;
        let reply = crate::reply::Reply::error(found.status, found.message.trim_end());
        Some(reply.kind(found.kind))
    }

    /// A request as a test would see it, without its secrets.
    #[must_use]
    pub fn sent_request(
        provider: crate::Provider,
        method: &str,
        target: &str,
        headers: &http::HeaderMap,
        body: &[u8],
    ) -> crate::SentRequest {
        use crate::exchange::sent::Hidden;
        let is_shown = |name: &str| !crate::provider::is_secret_header(name);
        let shown = headers.iter().filter(|(name, _)| is_shown(name.as_str()));
        let shown = shown.filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        });
        crate::SentRequest {
            provider,
            method: method.to_ascii_uppercase(),
            path: crate::provider::canonical_path(provider, target),
            headers: shown.collect(),
            body: bytes::Bytes::copy_from_slice(body),
            hidden: Hidden::of(headers, target),
            responded_by: crate::RespondedBy::Nothing,
        }
    }

    /// The secrets of this process, for what a server shows and logs.
    #[derive(Clone, Debug)]
    pub struct Secrets(crate::fixture::redact::Redactor);

    impl Secrets {
        /// Reads the variables of the process, and adds a key that it has from elsewhere.
        #[must_use]
        pub fn of_process(key: Option<&str>) -> Self {
            Self(crate::exchange::secrets::redactor_with(key))
        }

        /// The text without secrets; JSON stays JSON.
        #[must_use]
        pub fn redacted<'t>(&self, text: &'t str) -> std::borrow::Cow<'t, str> {
            self.0.json(text)
        }
    }

    /// Whether a path has a segment `.` or `..` in any spelling that a server resolves.
    #[must_use]
    pub fn has_dot_segment(path_and_query: &str) -> bool {
        crate::provider::has_dot_segment(path_and_query)
    }

    /// Whether the query parameter of that name carries a key, as `?key=` of Gemini's older clients does.
    #[must_use]
    pub fn is_secret_query(name: &str) -> bool {
        crate::provider::is_secret_query(name)
    }
}

/// What the commands for fixtures need beside the public API; it may change with every version.
#[cfg(feature = "server")]
#[doc(hidden)]
pub mod __command {
    /// The day of the prices.
    pub const PRICES_DATE: &str = crate::audit::prices::PRICES_DATE;
    pub use crate::audit::prices::prices_date;
    pub use crate::config::prices::{PricesError, use_file as use_prices};
    pub use crate::encryption::{decrypted, is_encrypted_path, recipients_of, sealed};
    pub use crate::fixture::read_text;
    pub use crate::inspect::*;
    pub use crate::layer::cache::{Place, files, folder as cache_folder, location};
    pub use crate::layer::manifest::{
        File as LayerFile, Manifest, ManifestError, NAME as MANIFEST, sha256,
    };
    pub use crate::layer::{LayerError, OpenLayer};
    pub use crate::matching::lexical::{Lexicon, are_opposed};

    /// The `similar` of the `llmock.toml` of a folder.
    pub fn similar_in(folder: &std::path::Path) -> Option<f64> {
        crate::config::file::load(folder).ok()??.semantic.similar.value
    }

    /// The layers that the `llmock.toml` of a folder names.
    ///
    /// # Errors
    ///
    /// If the file is invalid.
    pub fn layers_in(folder: &std::path::Path) -> Result<Vec<llmock_rules::Layer>, String> {
        let loaded = crate::config::file::load(folder).map_err(|error| error.to_string())?;
        Ok(loaded.map(|settings| settings.layers.value.clone()).unwrap_or_default())
    }
}

/// What the fuzz targets run; it may change with every version.
#[cfg(feature = "__fuzz")]
#[doc(hidden)]
pub mod __fuzz {
    pub use crate::fuzzing::run;
}

pub use audit::contract::{Rejection, TABLE_DATE as CONTRACT_DATE, retirement};
pub use audit::prefix::{CacheBreak, CacheReport};
pub use audit::prices::price_of;
pub use builder::{FinishError, LlmMockBuilder, MockSession, StartError};
#[cfg(feature = "check")]
pub use check::check;
#[cfg(feature = "websocket")]
pub use exchange::SocketMessage;
pub use exchange::{Exchange, ReceivedResponse, RespondedBy, ResponseEvent, SentRequest};
pub use fixture::{
    EditError, Fixture, FormatError, Interaction, KeepError, LoadError, Origin, RemoveError,
    SaveError,
};
#[cfg(feature = "macros")]
pub use llmock_macros::llm_replay;
pub use llmock_rules::{Mode, Problem};
pub use mock::replies::{ReplyRule, When};
pub use mock::{LlmMock, current, skip};
pub use provider::{OtherProvider, Provider};
#[cfg(feature = "wiremock")]
pub use responder::ReplyResponder;
#[cfg(any(feature = "server", feature = "wiremock"))]
pub use rules::{RuleError, Rules};
#[cfg(feature = "websocket")]
pub use socket::script::{SocketData, SocketScript};
pub use wire::tools::{Tool, ToolResult};
pub use wire::usage::TokenUsage;
/// The mock server inside a session; re-exported so that its types are the ones that llmock uses.
#[cfg(feature = "wiremock")]
pub use wiremock;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_types_are_send_and_sync() {
        fn check<T: Send + Sync>() {}
        check::<CacheReport>();
        check::<Exchange>();
        check::<Rejection>();
        check::<ReceivedResponse>();
        check::<RespondedBy>();
        check::<FinishError>();
        check::<Fixture>();
        check::<Interaction>();
        check::<LlmMock>();
        check::<LlmMockBuilder>();
        check::<LoadError>();
        check::<MockSession>();
        check::<Provider>();
        check::<RemoveError>();
        check::<EditError>();
        check::<KeepError>();
        check::<SaveError>();
        check::<SentRequest>();
        check::<StartError>();
        check::<control::Fault>();
        check::<control::Gate>();
        check::<control::Hold>();
        check::<control::StreamControl>();
        check::<reply::Reply>();
        #[cfg(feature = "wiremock")]
        check::<ReplyResponder>();
        #[cfg(feature = "server")]
        check::<playback::Playback>();
        #[cfg(feature = "server")]
        check::<playback::PlaybackSession>();
        #[cfg(all(feature = "server", feature = "record"))]
        check::<playback::Recorder>();
    }
}
