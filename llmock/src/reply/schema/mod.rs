//! Replies by what a request demands: JSON of a schema, or a call of a tool.
//!
//! [`demand`] finds it, [`offered`] the tools, [`instance`] makes a value of a schema, and [`valid`] checks one. A value
//! follows from its schema alone, so equal requests get equal replies.

mod choices;
mod containers;
mod decimal;
mod demand;
mod hints;
mod instance;
mod kinds;
pub(crate) mod names;
mod numbers;
mod offered;
mod pattern;
mod texts;
mod valid;

pub(crate) use demand::{Demand, Mode, Output};
pub(crate) use instance::{NoInstance, Style};
pub(crate) use offered::{Offered, called, offered};
#[cfg(feature = "server")]
pub(crate) use offered::{ends_with_result, last_of_user};
pub(crate) use valid::allows;

use crate::exchange::sent::SentRequest;
use crate::json::Json;
use crate::wire::content::Reply;
use crate::wire::tools;
use instance::{approximation, instance};
use offered::Grammar;

/// Why a request cannot be answered by its schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(clippy::enum_variant_names, reason = "each says what is missing")]
pub(crate) enum NoReply {
    #[error(
        "the request has neither a JSON schema for the response nor a tool that the model must call"
    )]
    NoSchema,
    #[error("the request makes the model call the tool `{0}`, which it does not offer")]
    NoTool(String),
    #[error("the request makes the model call a tool, and offers none")]
    NoTools,
    #[error("{0}")]
    NoInstance(#[from] NoInstance),
}

/// The reply to a request that asks for JSON of a schema, or for a call of a tool.
pub(crate) fn reply(request: &SentRequest) -> Result<Reply, NoReply> {
    let body = request.parsed().ok_or(NoReply::NoSchema)?;
    let demand = Demand::of(&body);
    let messages = request.messages();
    let made = if demand.choice.mode == Mode::Required {
        let tool = forced(&body, &demand, &called(&body, &messages))?;
        call(&tool, Style::Everything, None)
    } else {
        text(demand.output.as_ref().ok_or(NoReply::NoSchema)?, Style::Everything, None)
    };
    made.problem.map_or(Ok(made.reply), |problem| Err(problem.into()))
}

/// The tool that the model must call: the first that the conversation has not called, or else the last.
pub(crate) fn forced(
    body: &Json<'_>,
    demand: &Demand,
    called: &[String],
) -> Result<Offered, NoReply> {
    let tools = allowed(body, demand);
    let first = demand.choice.allowed.as_ref().and_then(|names| names.first().cloned());
    let is_new = |tool: &&Offered| !called.contains(&tool.tool.name);
    let chosen = tools.iter().find(is_new).or(tools.last());
    chosen.cloned().ok_or_else(|| first.map_or(NoReply::NoTools, NoReply::NoTool))
}

/// The tools that the choice of the request leaves, in the order of the request.
pub(crate) fn allowed(body: &Json<'_>, demand: &Demand) -> Vec<Offered> {
    let is_allowed =
        |name: &String| demand.choice.allowed.as_ref().is_none_or(|names| names.contains(name));
    offered(body).into_iter().filter(|one| is_allowed(&one.tool.name)).collect()
}

/// A reply, and why it is only close to what was demanded.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) reply: Reply,
    pub(crate) problem: Option<NoInstance>,
}

/// A call of a tool. The arguments are those that the prompt consists of, if its schema allows them.
pub(crate) fn call(offered: &Offered, style: Style, prompt: Option<&str>) -> Made {
    let name = offered.tool.name.as_str();
    let Some(grammar) = &offered.custom else {
        let schema = offered.tool.schema().unwrap_or(r#"{"type":"object"}"#);
        let is_object = |text: &&str| text.trim_start().starts_with('{');
        let made = json(schema, style, prompt.filter(is_object));
        let reply = Reply::new().tool_call(name, made.0);
        return Made { reply: in_namespace(reply, offered), problem: made.1 };
    };
    let (input, problem) = match grammar {
        Grammar::Text => ("text".to_owned(), None),
        Grammar::Lark => ("text".to_owned(), Some(NoInstance::of_grammar(name))),
        Grammar::Regex(pattern) => {
            let schema =
                format!(r#"{{"type":"string","pattern":{}}}"#, crate::json::quote(pattern));
            let (text, problem) = json(&schema, style, None);
            (word(&text), problem)
        }
    };
    Made { reply: in_namespace(Reply::new().custom_tool_call(name, input), offered), problem }
}

fn in_namespace(reply: Reply, offered: &Offered) -> Reply {
    match &offered.namespace {
        Some(namespace) => reply.namespace(namespace.as_str()),
        None => reply,
    }
}

/// The text that the request demands: the prompt, if it is that already.
pub(crate) fn text(output: &Output, style: Style, prompt: Option<&str>) -> Made {
    let (text, problem) = match output {
        Output::Json => json(r#"{"type":"object","properties":{}}"#, style, prompt),
        Output::Schema(schema) => json(schema, style, prompt),
        Output::Word(schema) => {
            let quoted = prompt.map(crate::json::quote);
            let (text, problem) = json(schema, style, quoted.as_deref());
            (word(&text), problem)
        }
    };
    Made { reply: Reply::text(text), problem }
}

/// JSON that a schema allows, or what comes close and why.
fn json(schema: &str, style: Style, prompt: Option<&str>) -> (String, Option<NoInstance>) {
    let Some(parsed) = tools::parsed(schema.as_bytes()) else { return ("{}".to_owned(), None) };
    let hinted = hints::applied(&parsed);
    let parsed = hinted.as_ref().and_then(|text| tools::parsed(text.as_bytes())).unwrap_or(parsed);
    if let Some(prompt) = prompt.filter(|prompt| allows(&parsed, prompt)) {
        return (prompt.to_owned(), None);
    }
    match instance(&parsed, style) {
        Ok(text) => (text, None),
        Err(problem) => (approximation(&parsed, style), Some(problem)),
    }
}

/// A text without its quotes.
fn word(json: &str) -> String {
    let parsed = tools::parsed(json.as_bytes());
    parsed.and_then(|value| value.as_str().map(Into::into)).unwrap_or_else(|| json.to_owned())
}

#[cfg(test)]
mod tests;
