//! Sessions that record: what they send upstream, what they write, and what they refuse to write.

mod bad_input;
mod bedrock;
mod failures;
mod files;
mod http;
mod merges;
mod traffic;
