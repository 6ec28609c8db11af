//! The tests of the guide. Each contains one mistake, which `SEEDED` switches on.

mod counts;
mod fields;
mod fixtures;
mod kiosk;
mod lines;
mod order;
mod prompts;
mod providers;
mod stress;
mod studio;
mod tours;
