//! The names that an expansion uses, without an implementation: these cases fail to compile.

#![allow(dead_code, unused, clippy::all)]

use std::{future::Future, pin::Pin};

pub use llmock_rules::{Field, Value};

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

pub struct Test {
    pub site: Site,
    pub fixture: Option<&'static str>,
    pub module_fixture: Option<&'static str>,
    pub settings: &'static [(&'static str, Value<'static>)],
    pub should_panic: Option<&'static str>,
    pub handle: bool,
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

    pub fn body_end(&self) -> BodyEnd {
        BodyEnd
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

pub struct BodyEnd;

impl BodyEnd {
    pub fn reach(&self) {}
}
