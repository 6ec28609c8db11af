//! What the attribute's expansion calls. Not public: it may change with every version.

mod catch;
mod session;

pub use crate::config::{StaticSettings, intercept};
pub use crate::preload::preload;
pub use crate::site::Site;
pub use catch::{Body, Ended, Panic, Replay, Returned, Silent, replay, replay_sync};
pub use session::{Session, Test};
