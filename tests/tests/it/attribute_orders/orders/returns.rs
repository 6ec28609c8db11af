//! Whatever a test returns.

use std::error::Error;
use std::process::{ExitCode, Termination};

use super::*;

struct Mute;

impl From<std::num::ParseIntError> for Mute {
    fn from(_: std::num::ParseIntError) -> Self {
        Self
    }
}

impl std::fmt::Debug for Mute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mute")
    }
}

#[llm_replay(calls = 0)]
#[tokio::test]
async fn returns_a_boxed_error() -> Result<(), Box<dyn Error>> {
    pause().await;
    let number: u8 = "7".parse()?;
    ran("returns::returns_a_boxed_error");
    match number {
        7 => Ok(()),
        8 => return Err("eight".into()),
        _ => Err(Box::new(std::fmt::Error)),
    }
}

#[llm_replay(calls = 0)]
#[test]
fn returns_a_custom_error() -> Result<(), Mute> {
    let _: u8 = "7".parse()?;
    ran("returns::returns_a_custom_error");
    Ok(())
}

#[llm_replay(calls = 0)]
#[tokio::test]
async fn returns_an_exit_code(_mock: LlmMock) -> ExitCode {
    ran("returns::returns_an_exit_code");
    pause().await;
    ExitCode::SUCCESS
}

#[llm_replay(calls = 0)]
#[test]
fn returns_a_custom_termination() -> impl Termination {
    ran("returns::returns_a_custom_termination");
    Ok::<(), String>(())
}
