//! Runs the tests of a workspace, by cargo or nextest or another program, and reads what they left behind.
//!
//! `runner` has the arguments of such a command, and `command` the program with its arguments and a filter. `run_log` is the file that the tests of a
//! run write to, `last_run` what llmock wrote about each test, `cost` shows what responses cost, `changed` the tests that git's HEAD does not have in this form, `difference` what a run changed in the fixtures, and `renamed` the tests
//! whose recordings belong to an earlier name.

pub(crate) mod changed;
pub(crate) mod command;
pub(crate) mod cost;
pub(crate) mod difference;
pub(crate) mod last_run;
pub(crate) mod renamed;
pub(crate) mod run_log;
pub(crate) mod runner;

pub(crate) use command::TestCommand;
pub(crate) use last_run::{LastRun, Tested};
pub(crate) use run_log::RunLog;
pub(crate) use runner::Runner;
