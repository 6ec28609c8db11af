//! Questions about a release, answered with tools.

use async_openai::types::chat::{
    ChatCompletionMessageToolCall, ChatCompletionMessageToolCalls,
    ChatCompletionRequestAssistantMessageArgs, ChatCompletionRequestMessage,
    ChatCompletionRequestToolMessage, ChatCompletionRequestUserMessage,
    ChatCompletionResponseMessage, ChatCompletionTool, ChatCompletionTools, FunctionObject,
};
use serde_json::Value;

use crate::{Assistant, Error, Release, assistant::opening};

const MAX_TURNS: usize = 6;

/// One call of a tool by the model, and what the tool said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolUse {
    /// The tool's name, as the model wrote it.
    pub tool: String,
    /// The arguments, as the model wrote them.
    pub arguments: String,
    /// What the tool answered.
    pub result: String,
}

/// Questions and answers about one release. The model may look into it before it answers.
#[derive(Debug)]
pub struct Conversation {
    assistant: Assistant,
    release: Release,
    messages: Vec<ChatCompletionRequestMessage>,
    tool_uses: Vec<ToolUse>,
}

impl Conversation {
    /// Starts a conversation about a release.
    pub fn new(assistant: Assistant, release: Release) -> Self {
        Self { assistant, release, messages: Vec::new(), tool_uses: Vec::new() }
    }

    /// Asks, runs the tools that the model calls, and returns its answer.
    pub async fn ask(&mut self, question: &str) -> Result<String, Error> {
        if self.messages.is_empty() {
            self.messages = opening(question.to_owned());
        } else {
            self.messages.push(ChatCompletionRequestUserMessage::from(question).into());
        }
        for _ in 0..MAX_TURNS {
            let answer = self.turn().await?;
            let calls = answer.tool_calls.unwrap_or_default();
            let text = answer.content.filter(|text| !text.is_empty());
            self.remember(text.as_deref(), &calls)?;
            if calls.is_empty() {
                return text.ok_or(Error::NoText);
            }
            for call in calls {
                if let ChatCompletionMessageToolCalls::Function(call) = call {
                    self.run(call);
                }
            }
        }
        Err(Error::TooManyTurns(MAX_TURNS))
    }

    /// The tools that the model has used so far, in order.
    pub fn tool_uses(&self) -> &[ToolUse] {
        &self.tool_uses
    }

    async fn turn(&self) -> Result<ChatCompletionResponseMessage, Error> {
        let mut request = self.assistant.request(self.messages.clone());
        request.tools = Some(self.release.tools().map(tool).into());
        let response = self.assistant.client.chat().create(request).await?;
        response.choices.into_iter().next().map(|choice| choice.message).ok_or(Error::NoText)
    }

    fn remember(
        &mut self,
        text: Option<&str>,
        calls: &[ChatCompletionMessageToolCalls],
    ) -> Result<(), Error> {
        let mut message = ChatCompletionRequestAssistantMessageArgs::default();
        if let Some(text) = text {
            message.content(text);
        }
        if !calls.is_empty() {
            message.tool_calls(calls);
        }
        self.messages.push(message.build()?.into());
        Ok(())
    }

    fn run(&mut self, call: ChatCompletionMessageToolCall) {
        let (tool, arguments) = (call.function.name, call.function.arguments);
        let parsed = serde_json::from_str(&arguments).unwrap_or(Value::Null);
        let result = self.release.call(&tool, &parsed);
        self.messages.push(
            ChatCompletionRequestToolMessage {
                content: result.clone().into(),
                tool_call_id: call.id,
            }
            .into(),
        );
        self.tool_uses.push(ToolUse { tool, arguments, result });
    }
}

fn tool((name, description, parameters): (&str, &str, Value)) -> ChatCompletionTools {
    ChatCompletionTools::Function(ChatCompletionTool {
        function: FunctionObject {
            name: name.to_owned(),
            description: Some(description.to_owned()),
            parameters: Some(parameters),
            strict: None,
        },
    })
}
