//! Replies that a person writes, rendered into any provider's wire format.
//!
//! A [`Reply`] is the content of a response, a [`RequestShape`] the request that it responds to. The format and whether
//! the response is streamed follow from the request, as they do at the provider. There is no clock and no randomness:
//! the same request and reply give the same bytes.
//!
//! ```
//! use llmock::Provider;
//! use llmock::reply::{Reply, RequestShape};
//!
//! let body = r#"{"model":"gpt-5","messages":[{"role":"user","content":"Hello!"}]}"#;
//! let request = RequestShape::post("/v1/chat/completions", body);
//! let rendered = Reply::text("Hi.").render(Provider::OpenAI, &request);
//! assert!(rendered.text().contains(r#""content":"Hi.""#));
//! ```

mod condition;
mod extras;
mod pattern;
mod recording;
pub(crate) mod replies;
pub(crate) mod rules;
pub(crate) mod schema;
mod seen;
#[cfg(feature = "server")]
pub(crate) mod server;
#[cfg(test)]
mod tests;

pub use crate::wire::content::{Finish, Model, Reply};
pub use crate::wire::conversation::{Message, Role};
pub use crate::wire::pieces::Chunks;
pub use crate::wire::reading::{Reading, RequestShape};
pub use crate::wire::rendered::{Rendered, RenderedBody};
pub use crate::wire::target::Target;
pub use condition::{RequestMatcher, request};
pub use replies::Replies;
#[cfg(feature = "server")]
#[doc(hidden)]
pub use server::{BySchema, Demands, ToolUse, rejection};
#[cfg(feature = "server")]
pub use server::{CompressionError, Endpoint, Template, uncompressed};
