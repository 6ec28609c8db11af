//! What a request demands of its response: JSON, JSON of a schema, or a call of a tool, in the places of every format.

use std::borrow::Cow;

use crate::json::Json;
use crate::json::layout::{self, Layout};
use crate::wire::tools;

/// What the text of the response must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Any JSON object.
    Json,
    /// JSON that a schema allows.
    Schema(String),
    /// The bare text of a schema with an `enum`.
    Word(String),
}

/// Whether the model has to call a tool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    #[default]
    Auto,
    None,
    Required,
}

/// Which tools the model may or must call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) mode: Mode,
    /// Only these; `None` for all that are offered.
    pub(crate) allowed: Option<Vec<String>>,
}

impl Choice {
    fn required(allowed: Option<Vec<String>>) -> Self {
        Self { mode: Mode::Required, allowed }
    }
}

/// Everything that a request demands of its response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Demand {
    pub(crate) output: Option<Output>,
    pub(crate) choice: Choice,
}

impl Demand {
    pub(crate) fn of(body: &Json<'_>) -> Self {
        let body = body.get("generateContentRequest").unwrap_or(body);
        Self { output: output(body), choice: choice(body) }
    }
}

/// Where chat completions, Responses, Anthropic, and Cohere have the kind of the response and its schema.
///
/// * <https://platform.openai.com/docs/guides/structured-outputs>
/// * <https://docs.claude.com/en/docs/build-with-claude/structured-outputs>
/// * <https://docs.cohere.com/docs/structured-outputs>
const FORMATS: [&str; 4] =
    ["response_format", "text/format", "output_config/format", "output_format"];

/// Where the schema is inside of them.
const SCHEMAS: [&str; 4] =
    ["json_schema/schema", "json_schema/schema_definition", "schema", "json_schema"];

/// Gemini's: <https://ai.google.dev/api/generate-content#generationconfig>. Clients mix both spellings.
const GOOGLE: [&str; 2] = ["generationConfig", "generation_config"];
const GOOGLE_KINDS: [&str; 2] = ["responseMimeType", "response_mime_type"];
const GOOGLE_SCHEMAS: [&str; 6] = [
    "responseJsonSchema",
    "_responseJsonSchema",
    "response_json_schema",
    "_response_json_schema",
    "responseSchema",
    "response_schema",
];

/// Bedrock's schema, a JSON text:
/// <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_OutputFormat.html>.
const BEDROCK: &str = "outputConfig/textFormat/structure/jsonSchema/schema";

/// Servers of open models: <https://docs.vllm.ai/en/latest/features/structured_outputs.html>.
const OPEN_MODELS: [&str; 3] = ["guided_json", "structured_outputs/json", "nvext/guided_json"];

fn output(body: &Json<'_>) -> Option<Output> {
    FORMATS
        .iter()
        .find_map(|place| of_format(body.find(place)?))
        .or_else(|| GOOGLE.iter().find_map(|config| of_google(body.get(config)?)))
        .or_else(|| body.find(BEDROCK).and_then(schema_text).map(Output::Schema))
        .or_else(|| of_ollama(body.get("format")?))
        .or_else(|| {
            let found = OPEN_MODELS.iter().find_map(|place| body.find(place));
            found.and_then(schema_text).map(Output::Schema)
        })
}

fn of_format(format: &Json<'_>) -> Option<Output> {
    let schema = || SCHEMAS.iter().find_map(|place| schema_text(format.find(place)?));
    match &*format.text("type")? {
        "json_schema" | "json_object" | "json" => {
            schema().map(Output::Schema).or(Some(Output::Json))
        }
        _ => None,
    }
}

fn of_google(config: &Json<'_>) -> Option<Output> {
    let schema = GOOGLE_SCHEMAS.iter().find_map(|name| schema_text(config.get(name)?));
    let kind = GOOGLE_KINDS.iter().find_map(|name| config.text(name));
    match (kind.as_deref(), schema) {
        (Some("text/x.enum"), Some(schema)) => Some(Output::Word(schema)),
        (Some("text/plain"), _) => None,
        (_, Some(schema)) => Some(Output::Schema(schema)),
        (Some("application/json"), None) => Some(Output::Json),
        _ => None,
    }
}

/// <https://docs.ollama.com/capabilities/structured-outputs>: `json`, or a schema.
fn of_ollama(format: &Json<'_>) -> Option<Output> {
    match format {
        Json::String(word) => (word.decode() == "json").then_some(Output::Json),
        schema => schema_text(schema).map(Output::Schema),
    }
}

/// A schema as JSON text; some APIs have it as a text already.
fn schema_text(schema: &Json<'_>) -> Option<String> {
    match schema {
        Json::Object(_) | Json::Bool(_) => Some(layout::print(schema, Layout::Compact)),
        Json::String(text) => {
            let text = text.decode();
            tools::parsed(text.as_bytes()).and_then(|schema| {
                matches!(schema, Json::Object(_)).then(|| layout::print(&schema, Layout::Compact))
            })
        }
        _ => None,
    }
}

fn choice(body: &Json<'_>) -> Choice {
    let configs = ["toolConfig", "tool_config"].iter().filter_map(|name| body.get(name));
    let names = ["functionCallingConfig", "function_calling_config"];
    let mut found = configs.filter_map(|one| names.iter().find_map(|name| one.get(name)));
    if let Some(google) = found.next() {
        return of_function_calling(google);
    }
    let choice = ["tool_choice", "toolConfig/toolChoice", "function_call"];
    choice.iter().find_map(|place| body.find(place)).map(of_choice).unwrap_or_default()
}

/// <https://ai.google.dev/api/caching#FunctionCallingConfig>
fn of_function_calling(config: &Json<'_>) -> Choice {
    let names = config.items("allowedFunctionNames").iter();
    let names: Vec<String> = names
        .chain(config.items("allowed_function_names"))
        .filter_map(Json::as_str)
        .map(Cow::into_owned)
        .collect();
    let allowed = (!names.is_empty()).then_some(names);
    match config.text("mode").unwrap_or_default().to_ascii_uppercase().as_str() {
        "ANY" => Choice::required(allowed),
        "NONE" => Choice { mode: Mode::None, allowed },
        _ => Choice { mode: Mode::Auto, allowed },
    }
}

/// A word, or an object that names a kind or a tool.
fn of_choice(choice: &Json<'_>) -> Choice {
    let mode = |word: &str| match word.to_ascii_lowercase().as_str() {
        "required" | "any" => Mode::Required,
        "none" => Mode::None,
        _ => Mode::Auto,
    };
    if let Some(word) = choice.as_str() {
        return Choice { mode: mode(&word), allowed: None };
    }
    let kind = choice.text("type").unwrap_or_default();
    if kind == "allowed_tools" {
        // in an object of their own in chat completions, beside the type in Responses
        let inner = choice.get("allowed_tools").unwrap_or(choice);
        let names = inner.items("tools").iter().filter_map(named).collect();
        return Choice {
            mode: mode(&inner.text("mode").unwrap_or_default()),
            allowed: Some(names),
        };
    }
    if let Some(name) = named(choice) {
        return Choice::required(Some(vec![name]));
    }
    if choice.get("any").is_some() {
        return Choice::required(None);
    }
    match mode(&kind) {
        // a tool of the provider: `{"type":"web_search"}`
        Mode::Auto if !matches!(&*kind, "" | "auto") => {
            Choice::required(Some(vec![kind.into_owned()]))
        }
        mode => Choice { mode, allowed: None },
    }
}

fn named(choice: &Json<'_>) -> Option<String> {
    let paths = ["function/name", "custom/name", "tool/name", "name"];
    paths.iter().find_map(|path| choice.text(path)).map(Cow::into_owned)
}
