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
async fn a_boxed_error() -> Result<(), Box<dyn Error>> {
    pause().await;
    let number: u8 = "7".parse()?;
    ran("returns::a_boxed_error");
    match number {
        7 => Ok(()),
        8 => return Err("eight".into()),
        _ => Err(Box::new(std::fmt::Error)),
    }
}

#[llm_replay(calls = 0)]
#[test]
fn an_error_of_ones_own() -> Result<(), Mute> {
    let _: u8 = "7".parse()?;
    ran("returns::an_error_of_ones_own");
    Ok(())
}

#[llm_replay(calls = 0)]
#[tokio::test]
async fn an_exit_code(_mock: LlmMock) -> ExitCode {
    ran("returns::an_exit_code");
    pause().await;
    ExitCode::SUCCESS
}

#[llm_replay(calls = 0)]
#[test]
fn something_that_terminates() -> impl Termination {
    ran("returns::something_that_terminates");
    Ok::<(), String>(())
}
