//! Values of requests and responses that spans have, whatever the API.

use opentelemetry::KeyValue;
use serde_json::Value;

/// Settings of a request, by their attribute. APIs write them in two ways.
const SETTINGS: [(&str, [&str; 2]); 6] = [
    ("gen_ai.request.temperature", ["temperature", "temperature"]),
    ("gen_ai.request.top_p", ["top_p", "topP"]),
    ("gen_ai.request.top_k", ["top_k", "topK"]),
    ("gen_ai.request.frequency_penalty", ["frequency_penalty", "frequencyPenalty"]),
    ("gen_ai.request.presence_penalty", ["presence_penalty", "presencePenalty"]),
    ("gen_ai.request.seed", ["seed", "random_seed"]),
];

const LIMITS: [&str; 6] = [
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "maxOutputTokens",
    "maxTokens",
    "num_predict",
];

/// Members in which some APIs have their settings.
const SECTIONS: [&str; 4] = ["generationConfig", "generation_config", "inferenceConfig", "options"];

/// The settings that a request names.
pub(super) fn of_request(body: &[u8]) -> Vec<KeyValue> {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let sections = SECTIONS.iter().filter_map(|name| body.get(name));
    let holders: Vec<&Value> = std::iter::once(&body).chain(sections).collect();
    let find = |names: &[&str]| {
        let of = |holder: &&Value| names.iter().find_map(|name| holder.get(name)).cloned();
        holders.iter().find_map(of)
    };
    let mut all = Vec::new();
    for (key, names) in SETTINGS {
        match find(&names) {
            Some(Value::Number(number)) if key.ends_with("seed") => {
                all.extend(number.as_i64().map(|seed| KeyValue::new(key, seed)));
            }
            Some(Value::Number(number)) => {
                all.extend(number.as_f64().map(|value| KeyValue::new(key, value)));
            }
            _ => {}
        }
    }
    let limit = find(&LIMITS).and_then(|limit| limit.as_i64());
    all.extend(limit.map(|limit| KeyValue::new("gen_ai.request.max_tokens", limit)));
    all
}

/// What a response tells of itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) id: Option<String>,
    pub(super) model: Option<String>,
    pub(super) input_tokens: Option<i64>,
    pub(super) output_tokens: Option<i64>,
    pub(super) finish_reasons: Vec<String>,
}

impl Told {
    /// Reads a response in one piece, or the pieces of a stream: each holds whole events.
    pub(super) fn of(pieces: &[&[u8]]) -> Self {
        let mut told = Self::default();
        for piece in pieces {
            let text = String::from_utf8_lossy(piece);
            // A stream has one event in a line.
            for line in text.lines() {
                let begin = line.find('{').unwrap_or(line.len());
                if let Some(Ok(event)) =
                    serde_json::Deserializer::from_str(&line[begin..]).into_iter::<Value>().next()
                {
                    told.read(&event);
                }
            }
        }
        told
    }

    /// Later events have the final counts.
    fn read(&mut self, event: &Value) {
        let inner = ["response", "message"].iter().filter_map(|name| event.get(name));
        for holder in std::iter::once(event).chain(inner).filter(|holder| holder.is_object()) {
            let text = |names: &[&str]| {
                let text = names.iter().find_map(|name| holder.get(name)?.as_str());
                text.map(str::to_owned)
            };
            self.id = self.id.take().or_else(|| text(&["id", "responseId"]));
            self.model = self.model.take().or_else(|| text(&["model", "modelVersion"]));
            let usage = ["usage", "usageMetadata"].iter().find_map(|name| holder.get(name));
            let usage = usage.unwrap_or(holder);
            let tokens = usage.get("tokens").unwrap_or(usage);
            let number = |names: &[&str]| names.iter().find_map(|name| tokens.get(name)?.as_i64());
            let input = number(&[
                "prompt_tokens",
                "input_tokens",
                "promptTokenCount",
                "inputTokens",
                "prompt_eval_count",
            ]);
            let output = number(&[
                "completion_tokens",
                "output_tokens",
                "candidatesTokenCount",
                "outputTokens",
                "eval_count",
            ]);
            self.input_tokens = input.or(self.input_tokens);
            self.output_tokens = output.or(self.output_tokens);
            self.read_reasons(holder);
        }
    }

    fn read_reasons(&mut self, holder: &Value) {
        const NAMES: [&str; 5] =
            ["finish_reason", "stop_reason", "finishReason", "stopReason", "done_reason"];
        let choices = ["choices", "candidates"].iter().filter_map(|name| holder.get(name));
        let choices = choices.filter_map(Value::as_array).flatten();
        let holders = std::iter::once(holder).chain(choices).chain(holder.get("delta"));
        for one in holders {
            let reason = NAMES.iter().find_map(|name| one.get(name)?.as_str());
            self.finish_reasons.extend(reason.map(str::to_owned));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_responses_of_every_api() {
        let chat = r#"{"id":"c","model":"m","choices":[{"finish_reason":"stop"},{"finish_reason":"length"}],"usage":{"prompt_tokens":3,"completion_tokens":2}}"#;
        let gemini = r#"{"responseId":"r","modelVersion":"g","candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2}}"#;
        let bedrock = r#"{"stopReason":"end_turn","usage":{"inputTokens":3,"outputTokens":2}}"#;
        let ollama = r#"{"model":"o","done_reason":"stop","prompt_eval_count":3,"eval_count":2}"#;
        for (body, id, reasons) in [
            (chat, Some("c"), vec!["stop", "length"]),
            (gemini, Some("r"), vec!["STOP"]),
            (bedrock, None, vec!["end_turn"]),
            (ollama, None, vec!["stop"]),
        ] {
            let told = Told::of(&[body.as_bytes()]);
            assert_eq!((told.input_tokens, told.output_tokens), (Some(3), Some(2)), "{body}");
            assert_eq!(told.id.as_deref(), id, "{body}");
            assert_eq!(told.finish_reasons, reasons, "{body}");
        }
        let start = b"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"a\",\"model\":\"m\",\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\n";
        let end = b"data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":2}}\n\n";
        let told = Told::of(&[start, end]);
        let expected = Told {
            id: Some("a".into()),
            model: Some("m".into()),
            input_tokens: Some(3),
            output_tokens: Some(2),
            finish_reasons: vec!["end_turn".into()],
        };
        assert_eq!(told, expected);
        assert_eq!(Told::of(&[b"no json {"]), Told::default());
    }

    #[test]
    fn reads_settings_wherever_an_api_has_them() {
        for body in [
            r#"{"temperature":0.5,"seed":7,"max_completion_tokens":9}"#,
            r#"{"generationConfig":{"temperature":0.5,"seed":7,"maxOutputTokens":9}}"#,
            r#"{"options":{"temperature":0.5,"seed":7,"num_predict":9}}"#,
        ] {
            let all = of_request(body.as_bytes());
            let expected = [
                KeyValue::new("gen_ai.request.temperature", 0.5),
                KeyValue::new("gen_ai.request.seed", 7),
                KeyValue::new("gen_ai.request.max_tokens", 9),
            ];
            assert_eq!(all, expected, "{body}");
        }
        assert!(of_request(b"{").is_empty());
    }
}
