//! The names that an expansion calls, without anything behind them: these cases fail before they would run.

#![allow(dead_code, unused, clippy::all)]

use std::{any::Any, future::Future, marker::PhantomData, pin::Pin};

#[derive(Clone)]
pub struct LlmMock;

pub type Panic = Box<dyn Any + Send>;

pub struct Site {
    pub file: &'static str,
    pub hop: &'static str,
    pub manifest_dir: Option<&'static str>,
    pub remapped: &'static [(&'static str, &'static str)],
    pub module: &'static str,
    pub function: &'static str,
    pub line: u32,
}

pub struct StaticSettings {
    pub fixture: Option<&'static str>,
    pub module_fixture: Option<&'static str>,
    pub mode: Option<&'static str>,
    pub order: Option<&'static str>,
    pub unused: Option<&'static str>,
    pub calls: Option<u32>,
    pub match_on: Option<&'static [&'static str]>,
    pub ignore: &'static [&'static str],
    pub normalize: &'static [(&'static str, &'static str, &'static str)],
    pub side: &'static [&'static str],
    pub allow_errors: Option<&'static [u16]>,
    pub env: &'static [(&'static str, &'static str)],
    pub providers: &'static [&'static str],
    pub bare_should_panic: bool,
    pub handle: bool,
    pub blocking: bool,
}

impl StaticSettings {
    pub const NONE: Self = Self {
        fixture: None,
        module_fixture: None,
        mode: None,
        order: None,
        unused: None,
        calls: None,
        match_on: None,
        ignore: &[],
        normalize: &[],
        side: &[],
        allow_errors: None,
        env: &[],
        providers: &[],
        bare_should_panic: false,
        handle: false,
        blocking: false,
    };
}

pub struct Session(LlmMock);

impl Session {
    pub fn open(_: &'static Site, _: &'static StaticSettings) -> Self {
        Self(LlmMock)
    }

    pub fn mock(&self) -> &LlmMock {
        &self.0
    }

    pub fn conclude<T>(self, outcome: Result<T, Panic>, _: ()) -> T {
        outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

pub async fn catch<F: Future>(body: Pin<&mut F>) -> Result<F::Output, Panic> {
    Ok(body.await)
}

pub fn catch_sync<T>(body: impl FnOnce() -> T) -> Result<T, Panic> {
    Ok(body())
}

pub struct Probe<'a, T>(PhantomData<&'a T>);

impl<'a, T> Probe<'a, T> {
    pub fn of(_: &'a Result<T, Panic>) -> Self {
        Self(PhantomData)
    }

    pub fn returned(&self) {}
}
