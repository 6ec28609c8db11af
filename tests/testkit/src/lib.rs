//! What the tests of this workspace share.

use std::time::Duration;

pub mod bombs;
pub mod client;
pub mod model;
pub mod process;
pub mod recorded;
pub mod scratch;
pub mod signature;
pub mod socket_client;
pub mod sockets;
pub mod source;
pub mod upstream;

/// Nothing in a test takes longer than this, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);
