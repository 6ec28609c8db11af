//! A reply as a provider sends it to one request: no longer than the request allows, and with what it asks for.

use super::content::{Finish, Reply};
use super::reading::Reading;
use super::requested::Reasoning;
use super::tokens;
use crate::json::Json;

/// What a response says where a request asks for reasoning and the reply has none.
const THOUGHT: &str = "The request is clear, so the response follows.";

impl Reading<'_> {
    /// The reply as the provider would send it to this request.
    ///
    /// Texts and arguments end at the request's token limit and at its stop sequences, and the finish reason says so.
    /// Log probabilities and reasoning are added if the request asks for them and the reply has none. What the reply
    /// sets itself stays: with a [finish reason](Reply::finish) of its own it is not cut, and neither is an error or a
    /// recorded response.
    ///
    /// A response that a person writes in a test is sent as written; a server that makes its responses up needs this.
    ///
    /// ```
    /// use llmock::Provider;
    /// use llmock::reply::{Reply, RequestShape};
    ///
    /// let body = r#"{"model":"gpt-5","max_completion_tokens":2,"messages":[{"role":"user","content":"Count"}]}"#;
    /// let reading = RequestShape::post("/v1/chat/completions", body).read(Provider::OpenAI);
    /// let rendered = reading.render(&reading.fitted(Reply::text("one two three")));
    /// assert!(rendered.text().contains(r#""content":"one two""#));
    /// assert!(rendered.text().contains(r#""finish_reason":"length""#));
    /// ```
    pub fn fitted(&self, mut reply: Reply) -> Reply {
        let is_error = reply.failure.as_ref().is_some_and(|failure| !failure.midway);
        let Some(body) = self.body.as_ref() else { return reply };
        if is_error || reply.recorded.is_some() || !self.is_conversation() {
            return reply;
        }
        let requested = &self.target().format.requested;
        reply.is_fitted = true;
        name_custom_calls(&mut reply, body);
        let reasoning = (requested.reasoning)(body);
        if reasoning != Reasoning::None && reply.reasoning.is_none() {
            reply.reasoning = Some(THOUGHT.to_owned());
            reply.is_reasoning_hidden = reasoning == Reasoning::Hidden;
        }
        if reply.finish.is_none() {
            stop(&mut reply, &requested.stops(body));
            if let Some(most) = requested.limit(body) {
                limit(&mut reply, most);
            }
        }
        if let Some(alternatives) = (requested.logprobs)(body) {
            add_logprobs(&mut reply, alternatives);
        }
        reply
    }
}

impl Reading<'_> {
    /// The reply with its calls in the form of the tools that the request offers: a custom tool takes a text.
    #[cfg(feature = "server")]
    #[doc(hidden)]
    pub fn with_custom_calls(&self, mut reply: Reply) -> Reply {
        if let Some(body) = &self.body {
            name_custom_calls(&mut reply, body);
        }
        reply
    }

    /// How many tokens the model reads in the request, by the estimate that `usage` reports.
    pub fn input_tokens(&self) -> u64 {
        tokens::of_request(self.body.as_ref())
    }

    /// The most tokens that the request allows for the response.
    pub fn token_limit(&self) -> Option<u64> {
        self.target().format.requested.limit(self.body.as_ref()?)
    }
}

/// A call of a tool that takes a text is one of its kind: <https://platform.openai.com/docs/guides/function-calling>.
fn name_custom_calls(reply: &mut Reply, body: &Json<'_>) {
    for call in &mut reply.calls {
        let is_it = |tool: &Json<'_>| {
            let name = tool.text("custom/name").or_else(|| tool.text("name"));
            tool.text("type").as_deref() == Some("custom") && name.as_deref() == Some(&*call.name)
        };
        call.is_custom |= body.items("tools").iter().any(is_it);
    }
}

/// Ends the texts at the first stop sequence in each. Nothing follows a text that stops.
fn stop(reply: &mut Reply, stops: &[String]) {
    let mut found = None;
    let mut cut = |text: &mut String| {
        let places = stops.iter().filter_map(|stop| Some((text.find(stop.as_str())?, stop)));
        if let Some((at, stop)) = places.min_by_key(|(at, _)| *at) {
            text.truncate(at);
            found.get_or_insert_with(|| stop.clone());
        }
    };
    reply.text.iter_mut().for_each(&mut cut);
    reply.refusal.iter_mut().for_each(&mut cut);
    reply.completions.iter_mut().for_each(&mut cut);
    reply.extras.choices.iter_mut().for_each(&mut cut);
    if found.is_some() {
        reply.calls.clear();
        reply.finish = Some(Finish::Stop);
        reply.stop_sequence = found;
        cut_pieces(reply);
    }
}

/// Ends reasoning, texts and calls, in this order, at the most tokens that all of them may have.
fn limit(reply: &mut Reply, most: u64) {
    let mut left = most;
    let mut is_cut = false;
    let mut cut = |text: &mut String, left: &mut u64| {
        if let Some(kept) = tokens::beginning(text, *left).map(str::len) {
            text.truncate(kept);
            (*left, is_cut) = (0, true);
        } else {
            *left -= tokens::counted(text);
        }
    };
    if let Some(reasoning) = &mut reply.reasoning {
        cut(reasoning, &mut left);
    }
    // each choice and each prompt has a limit of its own
    for text in reply.completions.iter_mut().chain(&mut reply.extras.choices) {
        cut(text, &mut left.clone());
    }
    for text in reply.text.iter_mut().chain(&mut reply.refusal) {
        cut(text, &mut left);
    }
    let whole = reply.calls.len();
    let mut kept = 0;
    for call in &mut reply.calls {
        if left == 0 {
            break;
        }
        left -= 1;
        let length = call.arguments.len();
        cut(&mut call.arguments, &mut left);
        call.is_cut = call.arguments.len() < length;
        kept += 1;
    }
    reply.calls.truncate(kept);
    if is_cut || kept < whole {
        reply.finish = Some(Finish::Length);
        reply.stop_sequence = None;
        cut_pieces(reply);
    }
    reply.output_limit = Some((most, is_cut || kept < whole));
}

/// Ends the pieces of the text where it ends.
fn cut_pieces(reply: &mut Reply) {
    let mut left = reply.text.as_ref().map_or(0, String::len);
    for piece in reply.pieces.iter_mut().flatten() {
        piece.truncate(left.min(piece.len()));
        left -= piece.len();
    }
}

/// Tokens with log probabilities that follow from the text alone.
fn add_logprobs(reply: &mut Reply, alternatives: usize) {
    reply.extras.alternatives = alternatives;
    if !reply.extras.logprobs.is_empty() || !reply.extras.choices.is_empty() {
        return;
    }
    let sum = |piece: &str| piece.bytes().fold(7_u8, |sum, byte| sum.wrapping_mul(31) ^ byte);
    let one = |piece: &str| (piece.to_owned(), -f32::from(sum(piece) % 50 + 1) / 100.0);
    reply.extras.logprobs = reply.word_pieces().into_iter().map(one).collect();
}
