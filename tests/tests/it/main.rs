//! The library and the attribute, in this process or in a copy of it that runs one test.

mod architecture;
mod attribute_orders;
mod audit;
mod boundary;
mod builder;
mod child_process;
mod connections;
mod control;
mod corpus;
mod declared;
mod encryption;
mod event_stream;
#[cfg(all(feature = "intercept", target_os = "linux"))]
mod intercept;
mod layers;
mod links;
mod matching;
mod network;
mod packages;
mod pages;
mod providers_page;
mod proxy;
mod queues;
mod readme;
mod recording;
mod replaying;
mod scenarios;
mod secrets;
mod similar;
mod sockets;
mod traffic;
mod wiremock;
