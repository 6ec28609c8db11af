//! The timer of a connection, set for each head of a request: made once, then only put forward.
//!
//! Hyper makes a new one for each head. To move one that is set is a number to be written; to make one and to take
//! it away again are two turns at a lock that all connections share.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};

/// A connection's timer; clones are the same one.
#[derive(Clone, Debug, Default)]
pub(crate) struct OneTimer {
    /// While nobody waits.
    idle: Arc<Mutex<Option<Pin<Box<tokio::time::Sleep>>>>>,
}

/// Somebody waits; gives the timer back when it is dropped.
struct Waiting {
    sleep: Option<Pin<Box<tokio::time::Sleep>>>,
    timer: OneTimer,
}

impl Timer for OneTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(Instant::now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).take();
        let sleep = match idle {
            Some(mut sleep) => {
                sleep.as_mut().reset(deadline.into());
                sleep
            }
            None => Box::pin(tokio::time::sleep_until(deadline.into())),
        };
        Box::pin(Waiting { sleep: Some(sleep), timer: self.clone() })
    }
}

impl Sleep for Waiting {}

impl Future for Waiting {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().poll(context),
            None => Poll::Ready(()),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        *self.timer.idle.lock().unwrap_or_else(PoisonError::into_inner) = self.sleep.take();
    }
}
