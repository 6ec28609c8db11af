//! The session as the attribute's expansion uses it: opened, concluded, or dropped on the way.

use std::panic::resume_unwind;

use crate::config::StaticSettings;
use crate::mock::LlmMock;
use crate::private::{Panic, Returned};
use crate::report::{Outcome, Report, render, sentences};
use crate::session::{self, announce, open};
use crate::site::Site;

/// What is known of a test at compile time, as one constant.
#[derive(Debug)]
pub struct Test {
    /// Where it stands.
    pub site: Site,
    /// What its attribute says.
    pub said: StaticSettings,
}

/// The session of one test.
#[derive(Debug)]
pub struct Session {
    inner: session::Session,
    mock: LlmMock,
    /// The words of its `#[should_panic]`, empty if it has none.
    should_panic: Option<&'static str>,
}

impl Session {
    /// Opens the session of a test: waits for its turn, reads its fixture.
    ///
    /// # Panics
    ///
    /// With the reason, at the attribute, when there can be no session.
    #[track_caller]
    pub fn open(Test { site, said }: &'static Test) -> Self {
        match open::attribute(site, said) {
            Ok(inner) => {
                let mut session = Self::over(inner);
                session.should_panic = said.should_panic;
                session
            }
            Err(failure) => panic!("\n{}", render::opening(&failure, open::style())),
        }
    }

    pub(crate) fn over(inner: session::Session) -> Self {
        let mock = LlmMock::new(inner.access());
        Self { inner, mock, should_panic: None }
    }

    /// The handle that the test takes as its parameter.
    pub fn mock(&self) -> LlmMock {
        self.mock.clone()
    }

    /// Ends the session and gives back what the body gave.
    ///
    /// # Panics
    ///
    /// With the report, if llmock has a reason to fail the test and the body had none; with the body's
    /// own payload, if it panicked.
    #[track_caller]
    pub fn conclude<T>(mut self, outcome: Result<T, Panic>, returned: Returned) -> T {
        let ended = match (&outcome, returned) {
            // then the test passes, and what it has recorded is as good as any
            (Err(panic), _) if self.expects(panic) => Outcome::Passed,
            (Err(_), _) => Outcome::Panicked,
            (Ok(_), Returned::Err) => Outcome::ReturnedErr,
            (Ok(_), Returned::Ok | Returned::Unknown) => Outcome::Passed,
        };
        let report = self.inner.end(ended);
        match outcome {
            Ok(value) => {
                if let Some(report) = report {
                    // A panic of ours would turn a bare `#[should_panic]` green.
                    judge(&report, ended, self.should_panic == Some(""));
                }
                value
            }
            Err(panic) => {
                if let Some(report) = report {
                    print(&report);
                }
                resume_unwind(panic)
            }
        }
    }

    /// Whether that is the panic for which the test is there.
    fn expects(&self, panic: &Panic) -> bool {
        self.should_panic.is_some_and(|words| text_of(panic).contains(words))
    }
}

/// What a panic says; those of `panic_any` say nothing.
fn text_of(panic: &Panic) -> &str {
    let literal = panic.downcast_ref::<&str>().copied();
    literal.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or_default()
}

/// Fails a test whose body is content, and otherwise leaves the last word to the body.
#[track_caller]
fn judge(report: &Report, ended: Outcome, only_print: bool) {
    if report.fails() && ended == Outcome::Passed && !only_print {
        fail(report);
    }
    print(report);
}

/// Shows the report of a test that fails for another reason too, and the notes of one that passes.
#[expect(
    clippy::print_stderr,
    reason = "belongs to the failing test, so libtest should capture it"
)]
fn print(report: &Report) {
    if let Some(block) = render::block(report, open::style()) {
        // Set apart from the panic message before it, and from libtest's `Error: …` after it.
        eprintln!("\n{block}\n");
    } else if let Some(line) = crate::report::notes::line(report) {
        if report.outcome == Outcome::Passed {
            announce::line(&line);
        } else {
            eprintln!("\n{line}\n");
        }
    }
}

#[track_caller]
fn fail(report: &Report) -> ! {
    // The newline sets the block apart from `thread … panicked at …:`.
    panic!("\n{}", render::block(report, open::style()).unwrap_or_default())
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(left) = self.inner.abandon() {
            announce::line(&sentences::cancelled(&left.test, left.kept.as_deref()));
        }
    }
}
