//! Every rendering is read by the modules that read real providers.

mod endpoints;
mod failures;
mod invoke;
mod limits;
mod non_streaming;
mod rendering;
mod round_trip;
mod streams;
mod templates;
