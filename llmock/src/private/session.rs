//! The session as the attribute's expansion uses it: opened, concluded, or dropped on the way.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use crate::mock::LlmMock;
use crate::private::{Panic, Returned};
use crate::report::{Outcome, Report, render, sentences, style};
use crate::session::open::{self, Test};
use crate::session::sweep::{Prepared, Swept};
use crate::session::{self, announce};

/// The session of one test.
#[derive(Debug)]
pub struct Session {
    inner: session::Session,
    mock: LlmMock,
    /// The text that a panic must contain by `#[should_panic]`.
    should_panic: Option<&'static str>,
    end: End,
}

/// The end of a body, which an early `return` does not reach: `end.reach()` stands before its last expression.
#[derive(Clone, Debug, Default)]
pub struct End(Arc<OnceLock<AtomicBool>>);

impl End {
    /// The body has come to its end.
    pub fn reach(&self) {
        if let Some(is_reached) = self.0.get() {
            is_reached.store(true, Ordering::Release);
        }
    }
}

impl Session {
    /// Opens the session of a test: waits for the environment, reads the fixture.
    ///
    /// # Panics
    ///
    /// With the reason, at the attribute, when there can be no session.
    #[track_caller]
    pub fn open(test: &'static Test) -> Self {
        // In a closure the panic would be at this line, not at the attribute.
        match Self::try_open(test) {
            Ok(session) => session,
            Err(reason) => panic!("\n{reason}"),
        }
    }

    /// The same for a test with `#[should_panic]`, which the panic would turn green: prints the reason.
    #[track_caller]
    pub fn open_should_panic(test: &'static Test) -> Option<Self> {
        match Self::try_open(test) {
            Err(reason) if test.should_panic.is_some() => {
                print_block(&reason);
                None
            }
            Ok(session) => Some(session),
            Err(reason) => panic!("\n{reason}"),
        }
    }

    fn try_open(test: &'static Test) -> Result<Self, String> {
        let opened = open::attribute(test);
        let inner = opened.map_err(|failure| render::opening(&failure, open::style()))?;
        let mut session = Self::over(inner);
        session.should_panic = test.should_panic;
        Ok(session)
    }

    pub(crate) fn over(inner: session::Session) -> Self {
        let mock = LlmMock::new(inner.access());
        Self { inner, mock, should_panic: None, end: End::default() }
    }

    /// What the body calls at its end.
    pub fn body_end(&self) -> End {
        self.end.0.get_or_init(AtomicBool::default);
        self.end.clone()
    }

    fn note_end(&self) {
        let is_reached = self.end.0.get().map(|is_reached| is_reached.load(Ordering::Acquire));
        self.inner.note_end(is_reached);
    }

    /// The handle that the test takes as its parameter.
    pub fn mock(&self) -> LlmMock {
        self.mock.clone()
    }

    /// Ends the session and returns what the body returned.
    ///
    /// # Panics
    ///
    /// With the report, if llmock has a reason to fail the test and the body had none; with the body's own payload,
    /// if the body panicked.
    #[track_caller]
    pub fn conclude<T>(mut self, outcome: Result<T, Panic>, returned: Returned) -> T {
        let ended = match (&outcome, returned) {
            (Err(_), _) => Outcome::Panicked,
            (Ok(_), Returned::Err) => Outcome::ReturnedErr,
            (Ok(_), Returned::Ok | Returned::Unknown) => Outcome::Passed,
        };
        let sweep = self.inner.sweep().filter(|_| ended == Outcome::Passed);
        let words = outcome.as_ref().err().map(text_of).unwrap_or_default();
        self.note_end();
        let report = self.inner.end_with(ended, words);
        if let Some(report) = report {
            if report.fails() && ended == Outcome::Passed {
                fail(&report);
            }
            print(&report);
        }
        if let Some(swept) = sweep.map(Prepared::run) {
            report_sweep(&swept);
        }
        outcome.unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// The same for a test with `#[should_panic]`, which any panic can turn green: if llmock has a reason to fail the
    /// test, it prints the report and keeps the body's panic, so that the test harness misses a panic.
    ///
    /// # Panics
    ///
    /// With the body's own payload, unless it is kept.
    #[track_caller]
    pub fn conclude_should_panic(mut self, outcome: Result<(), Panic>) {
        // A `cfg_attr` may have taken the attribute away.
        let Some(text) = self.should_panic else { return self.conclude(outcome, Returned::Ok) };
        let (ended, is_expected) = match &outcome {
            // The test passes, and what it has recorded is as good as any.
            Err(panic) if text_of(panic).contains(text) => (Outcome::Passed, true),
            Err(_) => (Outcome::Panicked, false),
            Ok(()) => (Outcome::Passed, false),
        };
        let words = outcome.as_ref().err().map(text_of).unwrap_or_default();
        self.note_end();
        let report = self.inner.end_with(ended, words);
        let fails = report.as_ref().is_some_and(Report::fails);
        if let Some(report) = report {
            print(&report);
        }
        if fails && is_expected {
            print_block(sentences::PANIC_KEPT);
        } else if let Err(panic) = outcome {
            resume_unwind(panic)
        }
    }
}

/// The message of a panic; empty for other payloads.
fn text_of(panic: &Panic) -> &str {
    let literal = panic.downcast_ref::<&str>().copied();
    literal.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or_default()
}

/// Prints the report of a test that fails for another reason too, or the notes of one that passes.
fn print(report: &Report) {
    if let Some(block) = render::block(report, open::style()) {
        print_block(&block);
    } else if let Some(line) = crate::report::notes::lines(report) {
        if report.outcome == Outcome::Passed {
            announce::line(&line);
        } else {
            print_block(&open::style().paint(style::DIM, &line));
        }
    }
}

/// Sets a text apart from the panic message before it and from libtest's `Error: …` after it.
#[expect(
    clippy::print_stderr,
    reason = "belongs to the failing test, so libtest should capture it"
)]
fn print_block(text: &str) {
    eprintln!("\n{text}\n");
}

/// Fails the test if the sweep has a reason to.
#[track_caller]
fn report_sweep(swept: &Swept) {
    match swept {
        Swept::Done(report) if report.fails() => panic!("\n{}", report.block()),
        Swept::Done(report) => announce::line(&report.line()),
        Swept::Refused { why, fails: true } => panic!("\n{why}"),
        Swept::Refused { why, fails: false } => announce::line(why),
    }
}

#[track_caller]
fn fail(report: &Report) -> ! {
    // The newline sets the block apart from `thread … panicked at …:`.
    panic!("\n{}", render::block(report, open::style()).unwrap_or_default())
}
