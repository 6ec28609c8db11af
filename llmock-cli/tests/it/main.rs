//! The command `llmock`, run as a process.

mod care;
mod clear;
mod command;
mod dashboard;
mod import;
mod keep;
mod layers;
mod list;
mod notes;
mod run;
mod serve;
mod server;
mod show;
