//! [`StreamControl`]: pace and chunks of streamed responses.

use llmock_rules::{Chunks, Pace, StreamRule};

/// Pace and chunks of streamed responses, for [`LlmMock::stream`](crate::LlmMock::stream) and the builder. What is not
/// set stays as it is.
///
/// ```
/// use llmock::control::{Chunks, Pace, StreamControl};
///
/// let slow = StreamControl::new().pace(Pace::Recorded);
/// let hard = StreamControl::new().chunks(Chunks::Adversarial).seed(7);
/// # let _ = (slow, hard);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "it takes effect in `LlmMock::stream` or the builder"]
pub struct StreamControl {
    pub(crate) rule: StreamRule,
}

impl StreamControl {
    /// Changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// When pieces of a response are sent: [`Pace::Recorded`] keeps the recorded times, [`Pace::Times`] divides them.
    /// A body in one piece is sent when its recording had arrived.
    ///
    /// # Panics
    ///
    /// If the factor of [`Pace::Times`] is not a number above zero.
    #[track_caller]
    pub fn pace(mut self, pace: Pace) -> Self {
        if let Pace::Times(factor) = pace {
            assert!(
                Pace::times(factor).is_some(),
                "invalid pace `{factor}`: it must be above zero"
            );
        }
        self.rule.pace = Some(pace);
        self
    }

    /// How streams are cut into chunks.
    ///
    /// # Panics
    ///
    /// If [`Chunks::Lengths`] has no length, or one of zero.
    #[track_caller]
    pub fn chunks(mut self, chunks: Chunks) -> Self {
        if let Chunks::Lengths(lengths) = &chunks
            && let Err(problem) = Chunks::lengths(lengths)
        {
            panic!("{problem}");
        }
        self.rule.chunks = Some(chunks);
        self
    }

    /// Decides where [`Chunks::Adversarial`] cuts. Without it every run cuts elsewhere, and the report of a failing test
    /// names the seed.
    pub fn seed(mut self, seed: u64) -> Self {
        self.rule.seed = Some(seed);
        self
    }
}
