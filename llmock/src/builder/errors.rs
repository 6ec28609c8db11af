//! Why a session did not open, and why it failed.

use crate::fixture::store::LoadError;
use crate::report::values::chain;
use crate::report::{Failure, Miss, MissReason, Report, render};
use crate::session::elsewhere;
use crate::session::open::{self, NotOpened};

/// Why a session could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is no fixture to replay.
    #[error("{}{hint}", chain(cause))]
    Missing {
        /// Which file.
        cause: LoadError,
        /// How to record it.
        hint: String,
    },
    /// The fixture cannot be read; it is left as it is.
    #[error("{}{hint}", chain(cause))]
    Unreadable {
        /// Which file, and where: line, column, and what was expected.
        cause: LoadError,
        /// How to record it again.
        hint: String,
    },
    /// Recording is refused, because this is a CI machine.
    #[error("{report}")]
    RecordRefused {
        /// What requested recording, and how to allow it.
        report: String,
    },
    /// A setting or an environment variable is invalid.
    #[error("{report}")]
    InvalidSettings {
        /// Which one, where it was set, and what was expected.
        report: String,
    },
    /// No port could be opened on 127.0.0.1.
    #[error("{report}")]
    Server {
        /// What the operating system reported.
        report: String,
    },
}

/// Why a session failed; displayed as the report that a failing test prints.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FinishError {
    /// Requests matched no interaction.
    #[error("{report}")]
    Missed {
        /// How many.
        requests: usize,
        /// The requests, the closest recordings, and how to record the test again.
        report: String,
    },
    /// No request reached llmock.
    #[error("{report}")]
    NoRequests {
        /// How clients reach the mock server.
        report: String,
    },
    /// Anything else: the provider, the disk, unmet expectations of mocks.
    #[error("{report}")]
    Failed {
        /// What happened.
        report: String,
    },
}

impl From<NotOpened> for StartError {
    fn from(reason: NotOpened) -> Self {
        let failure = match reason {
            NotOpened::NoFixture(cause @ LoadError::Missing { .. }, command) => {
                let similar = elsewhere::sibling(cause.path());
                let similar = similar.map(|path| path.display().to_string());
                return Self::Missing { hint: command.record_hint(similar.as_deref()), cause };
            }
            NotOpened::NoFixture(cause, command) => {
                return Self::Unreadable { cause, hint: command.record_again_hint() };
            }
            NotOpened::Failed(failure) => failure,
        };
        let report = render::opening(&failure, open::style());
        match failure {
            Failure::ServerFailed { .. } => Self::Server { report },
            Failure::CiRecord { .. } => Self::RecordRefused { report },
            _ => Self::InvalidSettings { report },
        }
    }
}

impl From<Report> for FinishError {
    fn from(report: Report) -> Self {
        let text = render::block(&report, open::style()).unwrap_or_default();
        let is_miss = |miss: &&Miss| !matches!(miss.reason, MissReason::UpstreamFailed { .. });
        let requests = report.misses.iter().filter(is_miss).count();
        let nothing = |failure: &Failure| matches!(failure, Failure::NoRequests(_));
        if requests > 0 {
            Self::Missed { requests, report: text }
        } else if report.failures.iter().any(nothing) {
            Self::NoRequests { report: text }
        } else {
            Self::Failed { report: text }
        }
    }
}
