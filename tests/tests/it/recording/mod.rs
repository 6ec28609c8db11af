//! Sessions that record: what they send upstream, what they write, and what they refuse to write.

mod attempts;
mod bad_input;
mod bedrock;
mod bombs;
mod conversations;
mod disk;
mod editing;
mod endings;
mod errors_inside;
mod failures;
mod faults;
mod files;
mod http;
mod kills;
mod locking;
mod merges;
mod refresh;
mod traffic;
mod verification;
