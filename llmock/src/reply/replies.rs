//! [`Replies`]: which replies a rule gives, and how often.

use std::fmt;
use std::sync::Arc;

use crate::exchange::sent::SentRequest;
use crate::wire::content::Reply;

/// Replies in their order: the first request gets the first one, the second request the second one.
///
/// Made from a [`Reply`], an array, or a `Vec`. Each is given once, so a request more is a miss, and one that was not
/// given fails the test.
///
/// ```
/// use llmock::reply::{Replies, Reply};
///
/// let retried = Replies::from([Reply::error(429, "slow down"), Reply::text("fine")]);
/// let for_ever = Reply::text("fine").repeat();
/// let three_times = Reply::error(503, "overloaded").times(3).then(Reply::text("fine"));
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Replies {
    replies: Vec<Scripted>,
    repeats: bool,
}

/// Where a reply comes from.
#[derive(Clone)]
pub(crate) enum Scripted {
    Written(Box<Reply>),
    /// An instance of the schema that the request asks for.
    BySchema,
    Computed(Closure),
}

type Closure = Arc<dyn Fn(&SentRequest) -> Reply + Send + Sync>;

impl Replies {
    pub(crate) fn by_schema() -> Self {
        Self { replies: vec![Scripted::BySchema], repeats: true }
    }

    pub(crate) fn computed(reply: impl Fn(&SentRequest) -> Reply + Send + Sync + 'static) -> Self {
        Self { replies: vec![Scripted::Computed(Arc::new(reply))], repeats: true }
    }

    /// Gives the last reply once, like the others.
    #[cfg(feature = "server")]
    pub(crate) fn once(self) -> Self {
        Self { repeats: false, ..self }
    }

    /// Gives the last reply to every further request.
    pub fn repeat(mut self) -> Self {
        self.repeats = true;
        self
    }

    /// Adds more replies.
    pub fn then(mut self, more: impl Into<Self>) -> Self {
        let more = more.into();
        self.replies.extend(more.replies);
        self.repeats = more.repeats;
        self
    }

    /// The reply to the request with this number, counted from zero.
    pub(crate) fn get(&self, number: usize) -> Option<&Scripted> {
        self.replies.get(number).or_else(|| self.replies.last().filter(|_| self.repeats))
    }

    /// How many requests must arrive.
    pub(crate) fn required(&self) -> usize {
        // What repeats may be given never, like a default.
        self.replies.len().saturating_sub(usize::from(self.repeats))
    }

    pub(crate) fn has_closure(&self) -> bool {
        self.replies.iter().any(|reply| matches!(reply, Scripted::Computed(_)))
    }
}

impl Reply {
    /// Gives this reply to every request.
    pub fn repeat(self) -> Replies {
        Replies::from(self).repeat()
    }

    /// Gives this reply to so many requests.
    pub fn times(self, requests: usize) -> Replies {
        Replies::from(vec![self; requests])
    }
}

impl From<Reply> for Replies {
    fn from(reply: Reply) -> Self {
        Self::from(vec![reply])
    }
}

impl From<Vec<Reply>> for Replies {
    fn from(replies: Vec<Reply>) -> Self {
        let replies = replies.into_iter().map(|reply| Scripted::Written(Box::new(reply)));
        Self { replies: replies.collect(), repeats: false }
    }
}

impl<const N: usize> From<[Reply; N]> for Replies {
    fn from(replies: [Reply; N]) -> Self {
        Self::from(Vec::from(replies))
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Written(reply) => reply.fmt(f),
            Self::BySchema => f.write_str("BySchema"),
            Self::Computed(_) => f.write_str("Computed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts of the first five replies, and how many are required.
    fn given(replies: impl Into<Replies>) -> (Vec<String>, usize) {
        let replies = replies.into();
        let text = |number| match replies.get(number)? {
            Scripted::Written(reply) => reply.text.clone(),
            _ => None,
        };
        ((0..5).map_while(text).collect(), replies.required())
    }

    #[test]
    fn gives_each_reply_once_unless_it_repeats() {
        let [a, b] = ["a", "b"].map(Reply::text);
        let none: [Reply; 0] = [];
        for (replies, texts, required) in [
            (Replies::from(a.clone()), &["a"][..], 1),
            (Replies::from([a.clone(), b.clone()]), &["a", "b"], 2),
            (Replies::from(none), &[], 0),
            (a.clone().repeat(), &["a"; 5], 0),
            (Replies::from([a.clone(), b.clone()]).repeat(), &["a", "b", "b", "b", "b"], 1),
            (a.clone().times(2).then(b.clone()), &["a", "a", "b"], 3),
            (a.times(2).then(b.repeat()), &["a", "a", "b", "b", "b"], 2),
        ] {
            assert_eq!(
                given(replies),
                (texts.iter().map(|text| (*text).into()).collect(), required)
            );
        }
    }
}
