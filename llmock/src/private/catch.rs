//! Runs a test's body to its end and keeps the outcome.
//!
//! The expansion of `#[llm_replay]` passes the body to [`replay`] or [`replay_sync`] and gets [`Ended`], whose
//! `conclude` runs before a panic continues or an `Err` is returned. Generic code here is compiled once for each type
//! that bodies return, not for each test.

use std::any::Any;
use std::future::poll_fn;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::process::ExitCode;
use std::task::{Context, Poll};

use crate::private::session::Session;

/// The payload of a panic, for `resume_unwind`.
pub type Panic = Box<dyn Any + Send>;

/// A pinned body of an `async` test, which stays in the test's own frame.
pub type Body<'a, T> = Pin<&'a mut (dyn Future<Output = T> + 'a)>;

/// Polls a body to its end and keeps its panic together with the session, which has yet to be concluded. Dropped before
/// that, it drops the session, which reports that the test was cancelled.
pub async fn replay<T>(mut body: Body<'_, T>, session: Session) -> Ended<T> {
    let outcome = poll_fn(|context| poll_caught(body.as_mut(), context)).await;
    Ended { outcome, session }
}

/// Runs a plain body to its end and keeps its panic together with the session, which has yet to be concluded.
pub fn replay_sync<T>(body: impl FnOnce() -> T, session: Session) -> Ended<T> {
    Ended { outcome: catch_unwind(AssertUnwindSafe(body)), session }
}

/// Only `conclude` sees the body after a panic, and it reads none of its state; hence the assertion of unwind safety.
fn poll_caught<T>(body: Body<'_, T>, context: &mut Context<'_>) -> Poll<Result<T, Panic>> {
    match catch_unwind(AssertUnwindSafe(|| body.poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
        Err(panic) => Poll::Ready(Err(panic)),
    }
}

/// What a body returned, as far as its type shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returned {
    /// `()`, `Ok(_)` or `ExitCode::SUCCESS`: the test has passed so far.
    Ok,
    /// `Err(_)` or another exit code: the test fails by itself, and its own error comes first.
    Err,
    /// The body panicked, or its type does not show whether it failed.
    Unknown,
}

/// A body at its end, and its session: `ended.conclude(ended.returned())`.
///
/// `returned` is found by autoref specialization: for types that show whether the test failed it is a method of
/// `Ended`, for all others the call dereferences to [`Silent`]. So no trait must be in scope in the user's function, and
/// an error needs no `Debug`.
#[derive(Debug)]
#[must_use]
pub struct Ended<T> {
    outcome: Result<T, Panic>,
    session: Session,
}

impl<T> Ended<T> {
    /// Ends the session and returns what the body returned; see [`Session::conclude`].
    #[track_caller]
    pub fn conclude(self, returned: Returned) -> T {
        self.session.conclude(self.outcome, returned)
    }

    fn judge(&self, passed: impl FnOnce(&T) -> bool) -> Returned {
        match self.outcome.as_ref().map(passed) {
            Ok(true) => Returned::Ok,
            Ok(false) => Returned::Err,
            Err(_) => Returned::Unknown,
        }
    }
}

impl<T, E> Ended<Result<T, E>> {
    /// `Ok` or `Err`, as the body returned.
    pub fn returned(&self) -> Returned {
        self.judge(Result::is_ok)
    }
}

impl Ended<()> {
    /// Ends the session of a test with `#[should_panic]`; see [`Session::conclude_should_panic`].
    #[track_caller]
    pub fn conclude_should_panic(self) {
        self.session.conclude_should_panic(self.outcome);
    }

    /// `Ok`: a body without a panic has passed.
    pub fn returned(&self) -> Returned {
        self.judge(|()| true)
    }
}

impl Ended<ExitCode> {
    /// `Ok` for success, `Err` for every other code, as for the test harness.
    pub fn returned(&self) -> Returned {
        self.judge(|code| *code == ExitCode::SUCCESS)
    }
}

/// Where an [`Ended`] of any other type ends.
#[derive(Debug)]
pub struct Silent;

impl Silent {
    /// Always [`Returned::Unknown`].
    pub fn returned(&self) -> Returned {
        Returned::Unknown
    }
}

impl<T> Deref for Ended<T> {
    type Target = Silent;

    fn deref(&self) -> &Silent {
        &Silent
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::pin::pin;
    use std::process::Termination;
    use std::task::Waker;

    use super::*;
    use crate::session;

    /// Polls until ready; the bodies here never wake, so each `Pending` is polled again.
    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
                return value;
            }
        }
    }

    /// Is pending once.
    async fn yield_once() {
        let mut yielded = false;
        poll_fn(|_| {
            if std::mem::replace(&mut yielded, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    struct Mute;

    async fn catch<T>(mut body: Body<'_, T>) -> Result<T, Panic> {
        poll_fn(|context| poll_caught(body.as_mut(), context)).await
    }

    #[test]
    fn values_pass_unchanged() {
        let body = pin!(async {
            yield_once().await;
            String::from("kept")
        });
        assert_eq!(block_on(catch(body)).ok().as_deref(), Some("kept"));
    }

    #[test]
    fn panics_keep_their_payload() {
        let body = pin!(async {
            yield_once().await;
            std::panic::panic_any(42_u8);
        });
        let outcome = block_on(catch(body)).map(|(): ()| ());
        assert_eq!(outcome.unwrap_err().downcast_ref::<u8>(), Some(&42));
    }

    #[test]
    fn a_body_drops_its_values_before_its_panic_continues() {
        struct Note<'a>(&'a RefCell<Vec<&'static str>>);
        impl Drop for Note<'_> {
            fn drop(&mut self) {
                self.0.borrow_mut().push("dropped");
            }
        }
        let seen = RefCell::new(Vec::new());
        let body = pin!(async {
            let _note = Note(&seen);
            yield_once().await;
            panic!("on purpose");
        });
        let outcome: Result<(), Panic> = block_on(catch(body));
        seen.borrow_mut().push("caught");
        assert!(outcome.is_err());
        assert_eq!(*seen.borrow(), ["dropped", "caught"]);
    }

    fn untouched() -> Session {
        Session::over(session::Session::off(Vec::new(), None))
    }

    fn ended<T>(outcome: Result<T, Panic>) -> Ended<T> {
        Ended { outcome, session: untouched() }
    }

    #[test]
    fn the_type_shows_whether_the_test_failed() {
        let ok: Ended<Result<u8, String>> = ended(Ok(Ok(1)));
        let err: Ended<Result<u8, String>> = ended(Ok(Err("no".into())));
        let err_without_debug: Ended<Result<(), Mute>> = ended(Ok(Err(Mute)));
        let boxed: Ended<Result<(), Box<dyn std::error::Error>>> = ended(Ok(Err("no".into())));
        let unit: Ended<()> = ended(Ok(()));
        let success: Ended<ExitCode> = ended(Ok(ExitCode::SUCCESS));
        let failure: Ended<ExitCode> = ended(Ok(ExitCode::from(3)));
        let other: Ended<Mute> = ended(Ok(Mute));
        let panicked: Ended<Result<(), String>> = ended(Err(Box::new("boom")));

        assert_eq!(ok.returned(), Returned::Ok);
        assert_eq!(err.returned(), Returned::Err);
        assert_eq!(err_without_debug.returned(), Returned::Err);
        assert_eq!(boxed.returned(), Returned::Err);
        assert_eq!(unit.returned(), Returned::Ok);
        assert_eq!(success.returned(), Returned::Ok);
        assert_eq!(failure.returned(), Returned::Err);
        assert_eq!(other.returned(), Returned::Unknown);
        assert_eq!(panicked.returned(), Returned::Unknown);
    }

    #[test]
    fn opaque_and_generic_types_show_nothing() {
        fn opaque() -> impl Termination {
            ExitCode::FAILURE
        }
        fn generic<T>(value: T) -> Returned {
            ended(Ok(value)).returned()
        }
        assert_eq!(replay_sync(opaque, untouched()).returned(), Returned::Unknown);
        assert_eq!(generic(Err::<(), ()>(())), Returned::Unknown);
    }
}
