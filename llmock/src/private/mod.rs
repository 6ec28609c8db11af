//! What the attribute's expansion calls. Not public: it may change with every version.

mod catch;
mod session;

pub use crate::config::intercept;
pub use crate::preload::preload;
pub use crate::session::open::Test;
pub use crate::site::Site;
pub use catch::{Body, Ended, Panic, Returned, Silent, replay, replay_sync};
pub use llmock_rules::{Field, Value};
pub use session::{End, Session};

/// The codes of all findings with their severities, for the test of the documentation.
pub fn findings() -> Vec<(&'static str, &'static str)> {
    llmock_rules::FINDINGS.iter().map(|code| (code.name, code.severity.as_str())).collect()
}
