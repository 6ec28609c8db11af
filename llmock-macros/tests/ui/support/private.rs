//! The names that an expansion calls, without anything behind them: these cases fail before they would run.

#![allow(dead_code, unused, clippy::all)]

use std::{future::Future, pin::Pin};

#[derive(Clone)]
pub struct LlmMock;

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
    pub declared: &'static [(&'static str, &'static str)],
    pub proxy: Option<bool>,
    pub intercept: Option<bool>,
    pub should_panic: Option<&'static str>,
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
        declared: &[],
        proxy: None,
        intercept: None,
        should_panic: None,
        handle: false,
        blocking: false,
    };
}

pub struct Test {
    pub site: Site,
    pub said: StaticSettings,
}

pub struct Session;

impl Session {
    pub fn open(_: &'static Test) -> Self {
        Self
    }

    pub fn open_should_panic(_: &'static Test) -> Option<Self> {
        Some(Self)
    }

    pub fn mock(&self) -> LlmMock {
        LlmMock
    }
}

pub async fn replay<T>(body: Pin<&mut dyn Future<Output = T>>, _: Session) -> Ended<T> {
    Ended(body.await)
}

pub fn replay_sync<T>(body: impl FnOnce() -> T, _: Session) -> Ended<T> {
    Ended(body())
}

pub struct Ended<T>(T);

impl Ended<()> {
    pub fn conclude_should_panic(self) {}
}

impl<T> Ended<T> {
    pub fn returned(&self) {}

    pub fn conclude(self, _: ()) -> T {
        self.0
    }
}
