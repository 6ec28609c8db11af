//! What a green test is worth: versions of the API, the contract of the provider, the prompt cache, and the usage.

mod age;
mod cache;
mod contract;
mod corpus;
mod drift;
mod local;
mod verified;
mod versions;
