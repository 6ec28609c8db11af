//! `llmock serve`: a server as a process, and clients that talk to it over sockets.

mod access;
mod apis;
mod bad_input;
#[cfg(feature = "bedrock")]
mod bedrock;
mod bombs;
mod boundary;
mod config;
mod connections;
pub(crate) mod container;
mod errors_inside;
mod exchanges;
mod fixtures;
#[cfg(unix)]
mod kills;
mod limits;
mod links;
mod log;
mod matching;
mod memory;
mod misses;
mod physics;
mod quotas;
mod record;
mod rejections;
mod repeats;
mod requested;
mod running;
mod rust_clients;
mod scenarios;
mod schemas;
mod sessions;
mod shapes;
mod sockets;
mod sockets_broken;
mod sockets_volume;
#[cfg(all(feature = "otel", unix))]
mod spans;
mod stored;
mod stored_elsewhere;
mod strategies;
mod tls;
mod verdict;
mod writing;
