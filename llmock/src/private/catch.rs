//! Runs a test's body to its end, whatever that end is, and tells what it was.
//!
//! The expansion of `#[llm_replay]` puts [`catch`] or [`catch_sync`] around the body and asks [`Probe`] what came
//! back, so that `Session::conclude` can judge before a panic travels on or an `Err` is returned.

use std::any::Any;
use std::fmt;
use std::future::{Future, poll_fn};
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::process::ExitCode;
use std::task::{Context, Poll};

/// What a body panicked with, kept whole so that `resume_unwind` can go on with it.
pub type Panic = Box<dyn Any + Send>;

/// Polls a pinned body to its end and keeps its panic.
///
/// The body stays in the caller's frame: nothing is allocated, and the result is `Send` exactly when the body is.
/// It may be looked at after a panic only by `conclude`, which reads none of the body's own state; hence the
/// assertion of unwind safety.
pub async fn catch<F: Future>(mut body: Pin<&mut F>) -> Result<F::Output, Panic> {
    poll_fn(|context| poll_caught(body.as_mut(), context)).await
}

/// Behind a pointer, so that unwinding is compiled once for each type that bodies return and not for each body.
fn poll_caught<T>(
    body: Pin<&mut dyn Future<Output = T>>,
    context: &mut Context<'_>,
) -> Poll<Result<T, Panic>> {
    match catch_unwind(AssertUnwindSafe(|| body.poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
        Err(panic) => Poll::Ready(Err(panic)),
    }
}

/// Runs a plain body to its end and keeps its panic.
pub fn catch_sync<T>(body: impl FnOnce() -> T) -> Result<T, Panic> {
    catch_unwind(AssertUnwindSafe(body))
}

/// What a body that did not panic returned, as far as its type tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returned {
    /// `()`, `Ok(_)` or `ExitCode::SUCCESS`: the test has passed so far.
    Ok,
    /// `Err(_)` or another exit code: the test fails by itself, and its own words come first.
    Err,
    /// Nothing to return after a panic, or a type that says nothing.
    Unknown,
}

/// Looks at what a body left behind: `Probe::of(&outcome).returned()`.
///
/// The method is found by autoref specialisation: for the types that can say something it stands on `Probe` itself,
/// for all others the call dereferences to [`Silent`]. So no trait must be in scope in the user's function, and an
/// error needs no `Debug`.
pub struct Probe<'a, T>(Option<&'a T>);

impl<'a, T> Probe<'a, T> {
    /// Looks at what `catch` or `catch_sync` gave.
    pub fn of(outcome: &'a Result<T, Panic>) -> Self {
        Self(outcome.as_ref().ok())
    }

    fn judge(&self, passed: impl FnOnce(&T) -> bool) -> Returned {
        match self.0.map(passed) {
            Some(true) => Returned::Ok,
            Some(false) => Returned::Err,
            None => Returned::Unknown,
        }
    }
}

impl<T> fmt::Debug for Probe<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Probe").field(&self.0.map(|_| std::any::type_name::<T>())).finish()
    }
}

impl<T, E> Probe<'_, Result<T, E>> {
    /// `Ok` or `Err`, as the body returned.
    pub fn returned(&self) -> Returned {
        self.judge(Result::is_ok)
    }
}

impl Probe<'_, ()> {
    /// `Ok`: a body that came to its end without a panic has passed.
    pub fn returned(&self) -> Returned {
        self.judge(|()| true)
    }
}

impl Probe<'_, ExitCode> {
    /// `Ok` for success, `Err` for every other code, which is how the test harness judges it.
    pub fn returned(&self) -> Returned {
        self.judge(|code| *code == ExitCode::SUCCESS)
    }
}

/// Where a [`Probe`] of any other type ends.
#[derive(Debug)]
pub struct Silent;

impl Silent {
    /// Always [`Returned::Unknown`].
    pub fn returned(&self) -> Returned {
        Returned::Unknown
    }
}

impl<T> Deref for Probe<'_, T> {
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

    /// Polls until ready; the bodies here wake nobody, so each `Pending` is simply asked again.
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

    #[test]
    fn a_value_passes_through_unchanged() {
        let body = pin!(async {
            yield_once().await;
            String::from("kept")
        });
        assert_eq!(block_on(catch(body)).ok().as_deref(), Some("kept"));
        assert_eq!(catch_sync(|| 7).ok(), Some(7));
    }

    #[test]
    fn a_panic_keeps_its_payload() {
        let sync = catch_sync(|| std::panic::panic_any(41_u8)).map(|(): ()| ());
        let body = pin!(async {
            yield_once().await;
            std::panic::panic_any(42_u8);
        });
        let later = block_on(catch(body)).map(|(): ()| ());
        assert_eq!(sync.unwrap_err().downcast_ref::<u8>(), Some(&41));
        assert_eq!(later.unwrap_err().downcast_ref::<u8>(), Some(&42));
    }

    #[test]
    fn a_body_drops_its_own_values_before_its_panic_is_handed_out() {
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

    #[test]
    fn a_caught_body_is_as_much_send_as_it_was() {
        fn sent<T: Send>(value: T) -> T {
            value
        }
        let send = sent(async { catch(pin!(async { 1 })).await.ok() });
        let not_send = async { catch(pin!(async { *std::rc::Rc::new(2) })).await.ok() };
        assert_eq!((block_on(send), block_on(not_send)), (Some(1), Some(2)));
    }

    #[test]
    fn what_was_returned_is_told_from_the_type_alone() {
        let ok: Result<Result<u8, String>, Panic> = Ok(Ok(1));
        let err: Result<Result<u8, String>, Panic> = Ok(Err("no".into()));
        let err_without_debug: Result<Result<(), Mute>, Panic> = Ok(Err(Mute));
        let boxed: Result<Result<(), Box<dyn std::error::Error>>, Panic> = Ok(Err("no".into()));
        let unit: Result<(), Panic> = Ok(());
        let success: Result<ExitCode, Panic> = Ok(ExitCode::SUCCESS);
        let failure: Result<ExitCode, Panic> = Ok(ExitCode::from(3));
        let other: Result<Mute, Panic> = Ok(Mute);
        let panicked: Result<Result<(), String>, Panic> = Err(Box::new("boom"));

        assert_eq!(Probe::of(&ok).returned(), Returned::Ok);
        assert_eq!(Probe::of(&err).returned(), Returned::Err);
        assert_eq!(Probe::of(&err_without_debug).returned(), Returned::Err);
        assert_eq!(Probe::of(&boxed).returned(), Returned::Err);
        assert_eq!(Probe::of(&unit).returned(), Returned::Ok);
        assert_eq!(Probe::of(&success).returned(), Returned::Ok);
        assert_eq!(Probe::of(&failure).returned(), Returned::Err);
        assert_eq!(Probe::of(&other).returned(), Returned::Unknown);
        assert_eq!(Probe::of(&panicked).returned(), Returned::Unknown);
    }

    #[test]
    fn an_opaque_or_generic_type_says_nothing() {
        fn opaque() -> impl Termination {
            ExitCode::FAILURE
        }
        fn generic<T>(value: T) -> Returned {
            Probe::of(&Ok(value)).returned()
        }
        assert_eq!(Probe::of(&catch_sync(opaque)).returned(), Returned::Unknown);
        assert_eq!(generic(Err::<(), ()>(())), Returned::Unknown);
    }
}
