//! Clients of language models, as applications use them, with llmock in front of the model.

#[cfg(feature = "provider-clients")]
mod adapters;
mod apps;
mod checks;
#[cfg(feature = "provider-clients")]
mod providers;
mod recorded;
mod road;
mod scenarios;
#[cfg(feature = "provider-clients")]
mod served;
mod sockets;
mod templates;
mod written;
