//! Every rendering is read by the modules that read real providers.

mod endpoints;
mod extras;
mod failures;
mod invoke;
#[cfg(feature = "server")]
mod limits;
mod non_streaming;
mod rendering;
mod round_trip;
mod streams;
#[cfg(feature = "server")]
mod templates;
