//! Replies that a test writes: `mock.reply(..)` and `mock.when(..).reply(..)`.

use std::panic::Location;

use super::LlmMock;
use crate::exchange::{Exchange, SentRequest};
use crate::reply::replies::Replies;
use crate::reply::rules::{RuleNumber, Turn};
use crate::reply::{Reply, RequestMatcher};

impl LlmMock {
    /// Replies to the next requests: the first one gets the first reply, the second one the second reply.
    ///
    /// A request more is a miss, and a reply that no request got fails the test; [`Reply::repeat`] replies to all. The
    /// reply has the wire format of the request's provider, and is streamed if the request asks for that. Replies take
    /// precedence over the fixture, and the user's wiremock `Mock`s take precedence over replies. When the replies are
    /// used up, the fixture responds to what it has recorded.
    ///
    /// ```no_run
    /// # use llmock::{LlmMock, llm_replay, reply::Reply};
    /// # async fn summarize(mock: &LlmMock) -> String { String::new() }
    /// #[llm_replay(scripted = true)]
    /// #[tokio::test]
    /// async fn tries_again_when_the_quota_is_used_up(mock: &LlmMock) {
    ///     mock.reply([
    ///         Reply::error(429, "slow down").header("retry-after", "0"),
    ///         Reply::text("fine"),
    ///     ]);
    ///     assert_eq!(summarize(mock).await, "fine");
    /// }
    /// ```
    ///
    /// A reply that the format of the provider cannot express is refused, and fails the test. While recording, a request
    /// that got a reply is neither forwarded nor recorded. In mode `off` replies have no effect.
    #[track_caller]
    pub fn reply(&self, replies: impl Into<Replies>) -> ReplyRule {
        self.add(Location::caller(), None, Turn::BeforeFixture, replies.into())
    }

    /// Replies to every request with what a function returns. A panic in it fails the test, with its message.
    ///
    /// ```no_run
    /// # fn check(mock: &llmock::LlmMock) {
    /// use llmock::reply::Reply;
    ///
    /// mock.reply_with(|request| Reply::text(format!("{} messages", request.messages().len())));
    /// # }
    /// ```
    #[track_caller]
    pub fn reply_with(
        &self,
        reply: impl Fn(&SentRequest) -> Reply + Send + Sync + 'static,
    ) -> ReplyRule {
        self.add(Location::caller(), None, Turn::BeforeFixture, Replies::computed(reply))
    }

    /// Replies to every request with an instance of the JSON schema that it asks for, or with a call of the tool that
    /// the model must call. Equal schemas get equal instances: each property once, the first value of an `enum`.
    ///
    /// A request with neither is refused, and fails the test. So is a schema for which llmock knows no instance, such as
    /// an unusual `pattern`.
    ///
    /// ```no_run
    /// # use llmock::{LlmMock, llm_replay};
    /// # struct Ticket { title: String }
    /// # async fn extract(mock: &LlmMock, text: &str) -> Result<Ticket, String> { Err(String::new()) }
    /// #[llm_replay(scripted = true)]
    /// #[tokio::test]
    /// async fn its_types_fit_its_schema(mock: &LlmMock) {
    ///     mock.reply_by_schema();
    ///     let ticket = extract(mock, "My parcel is lost.").await.unwrap();
    ///     assert!(!ticket.title.is_empty());
    /// }
    /// ```
    #[track_caller]
    pub fn reply_by_schema(&self) -> ReplyRule {
        self.add(Location::caller(), None, Turn::BeforeFixture, Replies::by_schema())
    }

    /// Begins a rule for the requests that match a condition, made by [`request`](crate::reply::request).
    ///
    /// A rule with a condition takes precedence over [`reply`](Self::reply). Two rules that match the same request fail
    /// the test.
    ///
    /// ```no_run
    /// # fn check(mock: &llmock::LlmMock) {
    /// use llmock::reply::{Reply, request};
    ///
    /// let search = mock
    ///     .when(request().model("gpt-*").offers_tool("search").last_user("weather"))
    ///     .reply(Reply::new().tool_call("search", r#"{"q":"weather"}"#));
    /// // ... run the program ...
    /// assert_eq!(search.exchanges().len(), 1);
    /// # }
    /// ```
    pub fn when(&self, condition: RequestMatcher) -> When<'_> {
        When { mock: self, condition, turn: Turn::BeforeFixture }
    }

    fn add(
        &self,
        location: &Location<'_>,
        condition: Option<RequestMatcher>,
        turn: Turn,
        replies: Replies,
    ) -> ReplyRule {
        let state = self.state();
        let rule = state.map(|state| state.scripts.add(location, condition, replies, turn));
        ReplyRule { mock: self.clone(), rule }
    }
}

/// A rule without its replies, made by [`LlmMock::when`].
#[derive(Debug)]
#[must_use = "a rule does nothing without replies"]
pub struct When<'a> {
    mock: &'a LlmMock,
    condition: RequestMatcher,
    turn: Turn,
}

impl When<'_> {
    /// Replies only to requests that the fixture has no recording of. By default a rule takes precedence over the fixture.
    pub fn after_fixture(mut self) -> Self {
        self.turn = Turn::AfterFixture;
        self
    }

    /// Replies to the requests in their order; see [`LlmMock::reply`].
    #[track_caller]
    pub fn reply(self, replies: impl Into<Replies>) -> ReplyRule {
        self.mock.add(Location::caller(), Some(self.condition), self.turn, replies.into())
    }

    /// Replies with what a function returns; see [`LlmMock::reply_with`].
    #[track_caller]
    pub fn reply_with(
        self,
        reply: impl Fn(&SentRequest) -> Reply + Send + Sync + 'static,
    ) -> ReplyRule {
        let replies = Replies::computed(reply);
        self.mock.add(Location::caller(), Some(self.condition), self.turn, replies)
    }

    /// Replies by the schema of each request; see [`LlmMock::reply_by_schema`].
    #[track_caller]
    pub fn reply_by_schema(self) -> ReplyRule {
        let replies = Replies::by_schema();
        self.mock.add(Location::caller(), Some(self.condition), self.turn, replies)
    }
}

/// A rule of a session: what it was asked, and what it replied. It applies until the test ends, whether this value is
/// kept or not.
#[derive(Clone, Debug)]
pub struct ReplyRule {
    mock: LlmMock,
    /// `None` in mode `off`.
    rule: Option<RuleNumber>,
}

impl ReplyRule {
    /// The requests that got a reply of this rule, and what the program received; see [`LlmMock::exchanges`].
    pub fn exchanges(&self) -> Vec<Exchange> {
        let mut exchanges = self.mock.exchanges();
        exchanges.retain(|exchange| self.rule.is_some() && exchange.rule == self.rule);
        exchanges
    }

    /// The requests that got a reply of this rule.
    pub fn requests(&self) -> Vec<SentRequest> {
        self.exchanges().iter().map(|exchange| exchange.request().clone()).collect()
    }
}
