//! The command `llmock`, run as a process.

mod care;
mod check;
mod clear;
mod command;
mod dashboard;
mod encrypted;
mod import;
mod init;
mod keep;
mod layers;
mod list;
mod merge;
mod notes;
mod program;
mod review;
mod robust;
mod run;
mod serve;
mod server;
mod show;
mod similar;
mod snapshots;
mod terminal;
mod verify;
