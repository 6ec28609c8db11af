//! What the attribute's expansion calls. Not public: it may change with every version.

mod catch;
mod session;

pub use crate::config::StaticSettings;
pub use crate::env::preload::preload;
pub use crate::site::Site;
pub use catch::{Panic, Probe, Returned, Silent, catch, catch_sync};
pub use session::Session;
