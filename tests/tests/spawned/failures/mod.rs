//! What a failing test prints, from real test programs: one test for each way to fail.

mod advice;
mod app;
mod bodies;
mod calls;
mod misses;
mod others;
mod output;
