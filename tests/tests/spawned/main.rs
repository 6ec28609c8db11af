//! Tests that build scratch workspaces with Cargo: what a user's project does, and what its tests print.

mod bad_input;
mod failures;
mod features;
mod guide;
mod isolation;
mod keys;
mod layouts;
mod mistakes;
mod sweep;
