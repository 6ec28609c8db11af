//! wiremock together with llmock.

mod in_a_session;
mod itself;
mod mount;
mod requests;
