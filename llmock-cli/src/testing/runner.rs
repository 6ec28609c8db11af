//! The arguments of every command that runs the tests.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use crate::problem::Problem;
use crate::testing::TestCommand;
use crate::testing::cost::use_prices;

/// How the tests run, and how the result is printed.
#[derive(Args, Debug)]
pub(crate) struct Runner {
    /// Prices that count before llmock's table; see docs/recording.md
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,

    /// Run `cargo nextest run` instead of `cargo test`
    #[arg(long)]
    nextest: bool,

    /// Print JSON; the output of the tests goes to standard error
    #[arg(long)]
    pub(crate) json: bool,

    /// Arguments for `cargo test`, or a whole command such as `cargo nextest run -p api`
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

impl Runner {
    /// The command, which runs all tests also after one has failed. The prices count here and in the tests.
    pub(crate) fn command(&self) -> Result<TestCommand, Problem> {
        use_prices(self.prices.as_deref())?;
        let command = TestCommand::parse(&self.command, self.nextest).until_the_end();
        let Some(prices) = &self.prices else { return Ok(command) };
        let prices = std::path::absolute(prices).unwrap_or_else(|_| prices.clone());
        Ok(command.variable("LLMOCK_PRICES", prices))
    }
}
