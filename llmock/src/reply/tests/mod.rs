//! Every rendering is read by the modules that read real providers.

mod ask;
mod endpoints;
mod failures;
mod invoke;
mod limits;
mod round_trip;
mod streams;
mod templates;
mod wholes;
