//! The command `llmock`, run as a process.

mod clear;
mod command;
mod list;
mod serve;
mod server;
