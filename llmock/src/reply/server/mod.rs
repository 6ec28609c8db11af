//! What only a server needs: which endpoints there are, request checks, the messages of a request, templates of
//! responses, scenarios. Nothing outside of this folder depends on it.

mod check;
mod conversation;
mod demands;
mod endpoint;
mod plain;
mod rejections;
pub(crate) mod scenarios;
mod template;

pub use demands::{BySchema, Demands, ToolUse};
pub use endpoint::Endpoint;
pub use plain::{CompressionError, uncompressed};
pub use rejections::rejection;
pub use template::Template;
