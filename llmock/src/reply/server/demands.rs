//! What a request demands of its response, for the server, and the reply that meets it.

use crate::json::Json;
use crate::reply::schema::{self, Demand, Mode, NoReply, Style};
use crate::wire::content::Reply;
use crate::wire::conversation::{Message, Role};
use crate::wire::reading::Reading;

/// What happens to tools that a request offers and does not force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ToolUse {
    /// They are not called, unless the prompt says so.
    #[default]
    Auto,
    /// The first one is called for each message of the user.
    First,
    /// They are not called, whatever the prompt says.
    Never,
}

/// What a request demands of its response.
#[derive(Debug)]
pub struct Demands<'r> {
    body: &'r Json<'r>,
    messages: &'r [Message],
    demand: Demand,
}

/// The reply that meets the demands of a request.
#[derive(Debug)]
pub struct BySchema {
    /// `None` if nothing is demanded.
    pub reply: Option<Reply>,
    /// Which demands it does not meet, and why.
    pub unmet: Vec<String>,
}

impl<'r> Demands<'r> {
    /// The demands of a request with these messages; `None` if its body is not JSON.
    pub fn of(reading: &'r Reading<'_>, messages: &'r [Message]) -> Option<Self> {
        let body = reading.body.as_ref()?;
        Some(Self { body, messages, demand: Demand::of(body) })
    }

    /// Why no tool may be called, if none may.
    pub fn no_calls(&self, tools: ToolUse) -> Option<&'static str> {
        match (self.demand.choice.mode, tools) {
            (Mode::None, _) => Some("the request forbids tool calls"),
            (Mode::Auto, ToolUse::Never) => Some("`tools` is `never`"),
            _ => None,
        }
    }

    /// Whether the response has to be JSON, or to call a tool.
    pub fn any(&self) -> bool {
        self.demand.output.is_some() || self.demand.choice.mode == Mode::Required
    }

    /// The reply that meets the demands.
    pub fn reply(&self, tools: ToolUse) -> BySchema {
        let mut unmet = Vec::new();
        let called = self.call(tools, &mut unmet);
        let made = called.or_else(|| {
            let output = self.demand.output.as_ref()?;
            Some(schema::text(output, Style::Needed, schema::last_of_user(self.messages)))
        });
        let reply = made.map(|made| {
            unmet.extend(made.problem.map(|problem| problem.to_string()));
            made.reply
        });
        BySchema { reply, unmet }
    }

    /// The call of a tool, if the response has to be one.
    fn call(&self, tools: ToolUse, unmet: &mut Vec<String>) -> Option<schema::Made> {
        let prompt = || schema::last_of_user(self.messages);
        match self.demand.choice.mode {
            Mode::Required => {
                let called = schema::called(self.body, self.messages);
                match schema::forced(self.body, &self.demand, &called) {
                    // Every tool was called, and the response may end the loop.
                    Ok(tool) if self.ends_loop() && called.contains(&tool.tool.name) => None,
                    Ok(tool) => Some(schema::call(&tool, Style::Needed, prompt())),
                    Err(NoReply::NoTool(_) | NoReply::NoTools) if self.is_run_by_provider() => None,
                    Err(why) => {
                        unmet.push(why.to_string());
                        None
                    }
                }
            }
            Mode::Auto if tools == ToolUse::First && self.is_for_user() => {
                let offered = schema::allowed(self.body, &self.demand);
                offered.first().map(|tool| schema::call(tool, Style::Needed, prompt()))
            }
            Mode::Auto | Mode::None => None,
        }
    }

    fn ends_loop(&self) -> bool {
        self.demand.output.is_some() && schema::ends_with_result(self.messages)
    }

    /// Whether the last message is the user's.
    fn is_for_user(&self) -> bool {
        let last = self.messages.iter().rev().find(|message| message.role != Role::System);
        last.is_some_and(|last| last.role == Role::User) && !schema::ends_with_result(self.messages)
    }

    /// Whether the tool that the request forces is one that the provider runs.
    fn is_run_by_provider(&self) -> bool {
        let tools = crate::wire::tools::tools(self.body);
        let is_allowed = |name: &String| {
            self.demand.choice.allowed.as_ref().is_none_or(|names| names.contains(name))
        };
        tools.iter().any(|tool| tool.is_of_provider() && is_allowed(&tool.name))
    }
}
