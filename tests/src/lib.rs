//! Recorded traffic of real clients, which the test `corpus` and the program of that name play.

pub mod corpus;
