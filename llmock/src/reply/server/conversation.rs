//! The messages of a request, in no provider's format.

use crate::provider::Provider;
use crate::wire::conversation::{self, Message};
use crate::wire::reading::{Reading, RequestShape};

impl RequestShape<'_> {
    /// The messages of the request, the oldest first; empty for requests that are not a conversation.
    ///
    /// ```
    /// # use llmock::{Provider, reply::{RequestShape, Role}};
    /// let body = r#"{"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]}"#;
    /// let messages = RequestShape::post("/v1/messages", body).messages(Provider::Anthropic);
    /// assert_eq!((messages[0].role, messages[0].text.as_str()), (Role::User, "Hi"));
    /// ```
    pub fn messages(&self, provider: Provider) -> Vec<Message> {
        self.read(provider).messages()
    }
}

impl Reading<'_> {
    /// The messages of the request, the oldest first; empty for requests that are not a conversation.
    pub fn messages(&self) -> Vec<Message> {
        let body = self.body.as_ref();
        body.map(|body| conversation::messages(self.target().format, body)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::RequestShape;
    use crate::provider::Provider;
    use crate::wire::conversation::Role;

    #[test]
    fn reads_role_and_text_in_every_format() {
        use Role::{Assistant, System, Tool, User};
        for (id, path, body, messages) in [
            (
                "openai",
                "/v1/chat/completions",
                r#"{"messages":[{"role":"developer","content":"Be brief."},{"role":"user","content":
                   [{"type":"text","text":"a"},{"type":"image_url","image_url":{}},{"type":"text","text":"b"}]},
                   {"role":"assistant","content":null,"tool_calls":[]},{"role":"tool","content":"12°"}]}"#,
                &[(System, "Be brief."), (User, "a\nb"), (Assistant, ""), (Tool, "12°")][..],
            ),
            ("openai", "/v1/responses", r#"{"input":"it's"}"#, &[(User, "it's")]),
            (
                "openai",
                "/responses",
                r#"{"input":[{"role":"user","content":[{"type":"input_text","text":"a"}]},{"type":"reasoning",
                   "summary":[]},{"type":"function_call","name":"f","arguments":"{}"},
                   {"type":"function_call_output","output":"12°"}]}"#,
                &[(User, "a"), (Assistant, ""), (Assistant, ""), (Tool, "12°")],
            ),
            ("openai", "/v1/completions", r#"{"prompt":"a"}"#, &[(User, "a")]),
            ("openai", "/v1/completions", r#"{"prompt":["a","b"]}"#, &[(User, "a"), (User, "b")]),
            ("openai", "/v1/completions", r#"{"prompt":[1,2]}"#, &[]),
            (
                "anthropic",
                "/v1/messages",
                r#"{"system":"s","messages":[{"role":"user","content":"a"},{"role":"assistant","content":
                   [{"type":"thinking","thinking":"hm"},{"type":"text","text":"b"}]},{"role":"user","content":
                   [{"type":"tool_result","content":[{"type":"text","text":"12°"}]},{"type":"text","text":"hint"}]}]}"#,
                &[(User, "a"), (Assistant, "b"), (Tool, "12°")],
            ),
            (
                "gemini",
                "/v1beta/models/m:generateContent",
                r#"{"contents":[{"parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"hm","thought":true},
                   {"text":"b"}]},{"role":"user","parts":[{"functionResponse":{"response":{"t":12}}}]}]}"#,
                &[(User, "a"), (Assistant, "b"), (Tool, r#"{"t":12}"#)],
            ),
            ("ollama", "/api/generate", r#"{"prompt":"a"}"#, &[(User, "a")]),
            (
                "ollama",
                "/api/chat",
                r#"{"messages":[{"role":"tool","content":"x"}]}"#,
                &[(Tool, "x")],
            ),
            (
                "cohere",
                "/v1/chat",
                r#"{"chat_history":[{"role":"USER","message":"a"},{"role":"CHATBOT","message":"b"}],"message":"c"}"#,
                &[(User, "a"), (Assistant, "b"), (User, "c")],
            ),
            (
                "bedrock",
                "/model/m/converse",
                r#"{"messages":[{"role":"user","content":[{"text":"a"}]},{"role":"user","content":
                   [{"toolResult":{"toolUseId":"1","content":[{"json":{"t":1}}]}}]}]}"#,
                &[(User, "a"), (Tool, r#"[{"json":{"t":1}}]"#)],
            ),
            ("bedrock", "/model/m/invoke", r#"{"inputText":"a"}"#, &[(User, "a")]),
            ("openai", "/v1/embeddings", r#"{"input":"a"}"#, &[]),
            ("openai", "/v1/chat/completions", "{", &[]),
            (
                "openai",
                "/v1/chat/completions",
                r#"{"messages":[7,null,{}]}"#,
                &[(User, ""), (User, ""), (User, "")],
            ),
        ] {
            let read = RequestShape::post(path, body).messages(Provider::from_id(id));
            let read: Vec<_> =
                read.iter().map(|message| (message.role, message.text.as_str())).collect();
            assert_eq!(read, messages, "{id} {path} {body}");
        }
    }
}
