//! Sessions that record: what they send upstream, what they write, and what they refuse to write.

mod attempts;
mod bad_input;
mod bedrock;
mod disk;
mod errors_inside;
mod failures;
mod files;
mod http;
mod kills;
mod locking;
mod merges;
mod traffic;
