//! What the tests of this workspace share.

pub mod client;
pub mod model;
pub mod process;
pub mod recorded;
pub mod scratch;
pub mod signature;
pub mod source;
pub mod upstream;
