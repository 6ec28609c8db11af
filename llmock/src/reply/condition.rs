//! Conditions on requests, the same for every provider: `request().model("gpt-*").last_user("weather")`.

use std::fmt;
use std::sync::Arc;

use llmock_rules::Problem;
use regex::Regex;

use super::pattern::fits;
use super::schema;
use super::seen::Seen;
use crate::exchange::sent::SentRequest;
use crate::provider::Provider;

/// Any request, to be narrowed: for [`LlmMock::when`](crate::LlmMock::when).
///
/// ```
/// use llmock::Provider;
/// use llmock::reply::request;
///
/// let weather = request().provider(Provider::OpenAI).model("gpt-*").last_user("weather");
/// assert_eq!(
///     format!("{weather:?}"),
///     r#"request().provider(openai).model("gpt-*").last_user("weather")"#
/// );
/// ```
pub fn request() -> RequestMatcher {
    RequestMatcher::default()
}

/// A condition on requests, made by [`request`]. All parts must hold.
#[derive(Clone, Default)]
#[must_use]
pub struct RequestMatcher {
    parts: Vec<Part>,
}

#[derive(Clone)]
enum Part {
    Provider(Provider),
    Method(String),
    Path(String),
    Model(String),
    LastUser(String),
    LastUserMatches(Regex),
    System(String),
    OffersTool(String),
    /// Of this tool, or of any.
    ToolResult(Option<String>, String),
    Schema(String),
    BodyContains(String),
    Header(String, String),
    Streaming(bool),
    Matching(Closure),
}

type Closure = Arc<dyn Fn(&SentRequest) -> bool + Send + Sync>;

impl RequestMatcher {
    fn and(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    /// Requests to this provider.
    pub fn provider(self, provider: Provider) -> Self {
        self.and(Part::Provider(provider))
    }

    /// Requests with this method.
    pub fn method(self, method: impl Into<String>) -> Self {
        self.and(Part::Method(method.into().to_ascii_uppercase()))
    }

    /// Requests to this path at the provider's own host, without the query; `*` stands for any text:
    /// `*/embeddings`.
    pub fn path(self, pattern: impl Into<String>) -> Self {
        self.and(Part::Path(pattern.into()))
    }

    /// Requests that name this model; `*` stands for any text: `gpt-*`.
    pub fn model(self, pattern: impl Into<String>) -> Self {
        self.and(Part::Model(pattern.into()))
    }

    /// Requests whose last message of the user contains this text.
    pub fn last_user(self, text: impl Into<String>) -> Self {
        self.and(Part::LastUser(text.into()))
    }

    /// Requests whose last message of the user matches this regular expression, in the syntax of the crate `regex`:
    /// `^invoice \\d+`.
    ///
    /// # Panics
    ///
    /// If the expression is not valid.
    ///
    /// ```
    /// # use llmock::reply::request;
    /// let invoices = request().last_user_matches(r"^invoice \d+");
    /// ```
    #[track_caller]
    pub fn last_user_matches(self, pattern: impl AsRef<str>) -> Self {
        match self.with_pattern(pattern.as_ref()) {
            Ok(matcher) => matcher,
            Err(problem) => panic!("{problem}"),
        }
    }

    pub(crate) fn with_pattern(self, pattern: &str) -> Result<Self, Problem> {
        let invalid = |error: regex::Error| {
            let error = error.to_string();
            let reason = error.lines().last().unwrap_or_default();
            let reason = reason.strip_prefix("error: ").unwrap_or(reason);
            Problem::new(format!("invalid regular expression `{pattern}`: {reason}"))
        };
        Ok(self.and(Part::LastUserMatches(Regex::new(pattern).map_err(invalid)?)))
    }

    /// Requests whose instructions contain this text.
    pub fn system(self, text: impl Into<String>) -> Self {
        self.and(Part::System(text.into()))
    }

    /// Requests that offer this tool to the model.
    pub fn offers_tool(self, name: impl Into<String>) -> Self {
        self.and(Part::OffersTool(name.into()))
    }

    /// Requests that bring a new result of a tool with this text: one that came after the last message of the model.
    pub fn tool_result(self, text: impl Into<String>) -> Self {
        self.and(Part::ToolResult(None, text.into()))
    }

    /// The same for a result of this tool.
    #[cfg(feature = "server")]
    pub(crate) fn result_of(self, tool: Option<String>, text: String) -> Self {
        self.and(Part::ToolResult(tool, text))
    }

    /// Requests that demand a response of the schema with this name, or a call of the tool with this name; `*` stands for
    /// any text. Gemini and others have no name for schemas: there it is the `title` of the schema.
    ///
    /// ```
    /// # use llmock::reply::request;
    /// let invoice = request().schema("Invoice");
    /// ```
    pub fn schema(self, name: impl Into<String>) -> Self {
        self.and(Part::Schema(name.into()))
    }

    /// Requests whose body contains this text, as it was sent.
    pub fn body_contains(self, text: impl Into<String>) -> Self {
        self.and(Part::BodyContains(text.into()))
    }

    /// Requests with this header, and this value, in which `*` stands for any text. It sees headers that hold keys, too.
    pub fn header(self, name: impl Into<String>, pattern: impl Into<String>) -> Self {
        self.and(Part::Header(name.into(), pattern.into()))
    }

    /// Requests that ask for a stream, or that do not.
    pub fn streaming(self, streaming: bool) -> Self {
        self.and(Part::Streaming(streaming))
    }

    /// Requests for which a function returns `true`. A panic in it fails the test, with its message.
    ///
    /// ```
    /// use llmock::reply::request;
    ///
    /// let long = request().matching(|request| request.messages().len() > 10);
    /// ```
    pub fn matching(
        self,
        condition: impl Fn(&SentRequest) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.and(Part::Matching(Arc::new(condition)))
    }

    /// Whether all parts hold.
    pub fn matches(&self, request: &SentRequest) -> bool {
        self.holds(&Seen::of(request))
    }

    /// The same for one of many conditions on a request.
    pub(crate) fn holds(&self, seen: &Seen<'_>) -> bool {
        self.parts.iter().all(|part| part.holds(seen))
    }

    /// The first part that does not hold, as it is written.
    pub(crate) fn unmet(&self, request: &SentRequest) -> Option<String> {
        let seen = Seen::of(request);
        self.parts.iter().find(|part| !part.holds(&seen)).map(|part| format!("{part:?}"))
    }

    /// Whether it runs code of the test.
    pub(crate) fn has_closure(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Matching(_)))
    }

    /// Whether it holds for all requests with the same method, path and body, or for none of them.
    #[cfg(feature = "server")]
    pub(crate) fn reads_no_headers(&self) -> bool {
        !self.parts.iter().any(|part| matches!(part, Part::Matching(_) | Part::Header(..)))
    }
}

impl Part {
    fn holds(&self, seen: &Seen<'_>) -> bool {
        let request = seen.request();
        let contains =
            |found: Option<&str>, text: &str| found.is_some_and(|found| found.contains(text));
        match self {
            Self::Provider(provider) => request.provider() == *provider,
            Self::Method(method) => request.method() == method,
            Self::Path(pattern) => {
                let path = request.path().split('?').next().unwrap_or_default();
                fits(pattern, path)
            }
            Self::Model(pattern) => seen.model().is_some_and(|model| fits(pattern, model)),
            Self::LastUser(text) => contains(seen.last_user(), text),
            Self::LastUserMatches(pattern) => {
                seen.last_user().is_some_and(|found| pattern.is_match(found))
            }
            Self::System(text) => contains(seen.system(), text),
            Self::OffersTool(name) => seen.tools().iter().any(|tool| tool.name == *name),
            Self::ToolResult(tool, text) => seen.new_results().iter().any(|result| {
                result.text.contains(text) && (tool.is_none() || *tool == result.name)
            }),
            Self::Schema(name) => {
                seen.body().is_some_and(|body| schema::names::demands(body, name))
            }
            Self::BodyContains(text) => request.text().contains(text),
            Self::Header(name, pattern) => request.has_header(name, |value| fits(pattern, value)),
            Self::Streaming(streaming) => seen.is_streaming() == *streaming,
            Self::Matching(condition) => condition(request),
        }
    }
}

impl fmt::Debug for RequestMatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("request()")?;
        self.parts.iter().try_for_each(|part| write!(f, ".{part:?}"))
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider(provider) => write!(f, "provider({})", provider.id()),
            Self::Method(method) => write!(f, "method({method:?})"),
            Self::Path(pattern) => write!(f, "path({pattern:?})"),
            Self::Model(pattern) => write!(f, "model({pattern:?})"),
            Self::LastUser(text) => write!(f, "last_user({text:?})"),
            Self::LastUserMatches(pattern) => {
                write!(f, "last_user_matches({:?})", pattern.as_str())
            }
            Self::System(text) => write!(f, "system({text:?})"),
            Self::OffersTool(name) => write!(f, "offers_tool({name:?})"),
            Self::ToolResult(_, text) => write!(f, "tool_result({text:?})"),
            Self::Schema(name) => write!(f, "schema({name:?})"),
            Self::BodyContains(text) => write!(f, "body_contains({text:?})"),
            // The value may be a key.
            Self::Header(name, _) => write!(f, "header({name:?}, …)"),
            Self::Streaming(streaming) => write!(f, "streaming({streaming})"),
            Self::Matching(_) => f.write_str("matching(|request| …)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_checked_where_they_are_written() {
        let problem = request().with_pattern("(").unwrap_err().to_string();
        assert_eq!(problem, "invalid regular expression `(`: unclosed group");
        let shown = format!("{:?}", request().last_user_matches("^a").schema("S"));
        assert_eq!(shown, r#"request().last_user_matches("^a").schema("S")"#);
    }
}
