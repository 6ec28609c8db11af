//! What the attribute's expansion calls. Not public: it may change with every version.

mod catch;
mod session;

pub use crate::config::intercept;
pub use crate::preload::preload;
pub use crate::session::open::Test;
pub use crate::site::Site;
pub use catch::{Body, Ended, Panic, Returned, Silent, replay, replay_sync};
pub use llmock_rules::Value;
pub use session::Session;
