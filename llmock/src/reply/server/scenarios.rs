//! Scenarios of a server: the rules of a session, for clients that each have a progress of their own.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use llmock_rules::Problem;

use crate::exchange::sent::Hidden;
use crate::exchange::sent::{RespondedBy, SentRequest};
use crate::provider;
use crate::reply::condition::RequestMatcher;
use crate::reply::pattern::fits;
use crate::reply::replies::{Replies, Scripted};
use crate::reply::rules::{self, Chosen, Rule, RuleNumber, Rules, Turn};
use crate::reply::schema;
use crate::wire::content::Reply;
use crate::wire::target::Target;

/// The header under which a condition finds the session of a request, whatever selected it.
const SESSION: &str = "x-llmock-session";

/// Rules that all clients of a server share.
#[derive(Debug, Default)]
pub struct Scenarios(Rules);

/// How far one client is in each rule.
#[derive(Clone, Debug, Default)]
pub struct Progress(rules::Progress);

/// The reply to a request, and where it comes from.
#[derive(Debug)]
pub struct Given {
    /// The number of the rule, from zero.
    pub rule: usize,
    /// How many replies the rule had given before.
    pub step: usize,
    /// The reply itself.
    pub reply: Reply,
    /// Another rule that matches, too.
    pub other: Option<usize>,
}

impl Scenarios {
    /// Adds a rule after the others. Without a condition it responds to what no other rule matches.
    pub fn add(&mut self, condition: Option<RequestMatcher>, replies: Replies) {
        self.0.add(Rule { condition, ..Rule::new(String::new(), replies) });
    }

    /// The numbers of the rules that match.
    #[must_use]
    pub fn matching(&self, sent: &SentRequest) -> Vec<usize> {
        self.0.matching(sent).into_iter().map(RuleNumber::index).collect()
    }

    /// Whether requests with the same method, path and body match the same rules.
    #[must_use]
    pub fn read_no_headers(&self) -> bool {
        let mut conditions = self.0.all().iter().filter_map(|rule| rule.condition.as_ref());
        conditions.all(RequestMatcher::reads_no_headers)
    }

    /// Takes the next reply of the first of these rules that has one.
    pub fn give(
        &self,
        matching: &[usize],
        progress: &mut Progress,
        sent: impl FnOnce() -> SentRequest,
    ) -> Option<Given> {
        let matching: Vec<RuleNumber> = matching.iter().copied().map(RuleNumber::at).collect();
        let turn = Turn::BeforeFixture;
        match rules::take(self.0.all(), &mut progress.0, &matching, turn, false) {
            Chosen::Reply { rule, number, reply, other } => {
                let reply = match reply {
                    Scripted::Written(reply) => *reply,
                    Scripted::Computed(reply) => reply(&sent()),
                    Scripted::BySchema => match schema::reply(&sent()) {
                        Ok(reply) => reply,
                        Err(why) => Reply::error(500, why.to_string()),
                    },
                };
                let other = other.map(RuleNumber::index);
                Some(Given { rule: rule.index(), step: number, reply, other })
            }
            Chosen::UsedUp(_) | Chosen::None => None,
        }
    }
}

/// A reply that is made from the request.
pub fn computed(reply: impl Fn(&SentRequest) -> Reply + Send + Sync + 'static) -> Replies {
    Replies::computed(reply).once()
}

/// JSON as the response to a request: the arguments of the tool that the model must call, if there is one, otherwise text.
/// Of several tools, it is the first whose name fits `schema`.
pub fn json_reply(json: &str, schema: Option<&str>, sent: &SentRequest) -> Reply {
    match schema::names::tool_for(sent, schema) {
        Some(tool) => Reply::new().tool_call(tool, json),
        None => Reply::text(json),
    }
}

/// A condition on the last message of the user: a regular expression.
///
/// # Errors
///
/// If the expression is not valid.
pub fn last_user_matches(
    condition: RequestMatcher,
    pattern: &str,
) -> Result<RequestMatcher, Problem> {
    condition.with_pattern(pattern)
}

/// A condition on a new result of a tool, of this one or of any.
pub fn has_result(
    condition: RequestMatcher,
    tool: Option<String>,
    contains: String,
) -> RequestMatcher {
    condition.result_of(tool, contains)
}

/// A request as conditions read it. Nothing in it is redacted, so it must not be printed.
#[must_use]
pub fn sent(
    target: &Target,
    headers: &HeaderMap,
    path: &str,
    body: Bytes,
    session: &str,
) -> SentRequest {
    let shown = headers
        .iter()
        .filter(|(name, _)| !provider::is_secret_header(name.as_str()) && name.as_str() != SESSION);
    let mut shown: Vec<(String, String)> = shown
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    shown.push((SESSION.to_owned(), session.to_owned()));
    SentRequest {
        provider: target.provider(),
        method: target.method.clone(),
        path: target.path().to_owned(),
        headers: shown.into(),
        body,
        hidden: Hidden::of(headers, path),
        responded_by: RespondedBy::Nothing,
    }
}

/// A condition for requests of this session; `*` stands for any text. A session by its API key is named by the key.
pub fn in_session(condition: RequestMatcher, pattern: &str) -> RequestMatcher {
    let pattern: Arc<str> = pattern.into();
    condition.matching(move |sent| {
        sent.has_header(SESSION, |session| fits(&pattern, session)) || sent.api_key_was(&pattern)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Provider;
    use crate::reply::request;

    fn chat(text: &str) -> SentRequest {
        let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"{text}"}}]}}"#);
        SentRequest::for_tests(Provider::OpenAI, "/v1/chat/completions", body)
    }

    #[test]
    fn clients_progress_independently() {
        let mut scenarios = Scenarios::default();
        scenarios.add(
            Some(request().last_user("a")),
            Replies::from([Reply::text("1"), Reply::text("2")]).repeat(),
        );
        scenarios.add(Some(request().last_user("ab")), Reply::text("never").into());
        scenarios.add(None, Reply::text("other").repeat());
        let [mut one, mut two] = [Progress::default(), Progress::default()];
        let give = |progress: &mut Progress, text: &str| {
            let sent = chat(text);
            let given =
                scenarios.give(&scenarios.matching(&sent), progress, || sent.clone()).unwrap();
            (given.rule, given.step, given.reply.text.unwrap(), given.other)
        };
        assert_eq!(give(&mut one, "ab"), (0, 0, "1".into(), Some(1)));
        assert_eq!(give(&mut one, "a"), (0, 1, "2".into(), None));
        assert_eq!(give(&mut one, "a"), (0, 2, "2".into(), None));
        assert_eq!(give(&mut two, "a"), (0, 0, "1".into(), None));
        assert_eq!(give(&mut two, "x"), (2, 0, "other".into(), None));
    }

    #[test]
    fn json_is_the_call_of_the_tool_that_must_be_called() {
        let sent = |body: &str| {
            SentRequest::for_tests(Provider::OpenAI, "/v1/chat/completions", body.to_owned())
        };
        let tools = r#""tools":[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"name":"b"}}]"#;
        for (choice, schema, expected) in [
            (r#""required""#, None, Reply::new().tool_call("a", "{}")),
            (r#""required""#, Some("b"), Reply::new().tool_call("b", "{}")),
            (
                r#"{"type":"function","function":{"name":"b"}}"#,
                None,
                Reply::new().tool_call("b", "{}"),
            ),
            (r#""auto""#, None, Reply::text("{}")),
        ] {
            let body = format!(r#"{{{tools},"tool_choice":{choice}}}"#);
            assert_eq!(json_reply("{}", schema, &sent(&body)), expected, "{choice}");
        }
    }
}
