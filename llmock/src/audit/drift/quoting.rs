//! Requests that quote what the provider stored for the run that was recorded: another run cannot send them.
//!
//! They name a response, a file, a conversation, or a cache by an id of that run, which has expired or belongs to
//! another account, or they change something there. So they are never sent to compare responses.

use crate::json::Json;

/// Members that name something stored, in any provider's spelling.
const MEMBERS: [&str; 30] = [
    "assistant_id",
    "batch_id",
    "batch_job_id",
    "cachedContent",
    "cached_content",
    "container",
    "container_id",
    "conversation",
    "conversation_id",
    "document_id",
    "file_data_uri",
    "file_id",
    "file_ids",
    "file_uri",
    "fileUri",
    "input_file_id",
    "input_files",
    "memory_id",
    "previous_interaction_id",
    "previous_response_id",
    "response_id",
    "run_id",
    "s3Uri",
    "sessionId",
    "session_id",
    "thread_id",
    "training_file",
    "upload_id",
    "vector_store_id",
    "vector_store_ids",
];

/// Collections of stored things: a path with something below one names a stored thing, and a `POST` creates one.
const COLLECTIONS: [&str; 24] = [
    "agents",
    "assistants",
    "batches",
    "batch",
    "cachedContents",
    "chatrooms",
    "connectors",
    "containers",
    "conversations",
    "corpora",
    "datasets",
    "evals",
    "files",
    "fileSearchStores",
    "interactions",
    "jobs",
    "operations",
    "responses",
    "runs",
    "threads",
    "tunedModels",
    "uploads",
    "vector_stores",
    "videos",
];

/// Below a collection, and no id.
const ACTIONS: [&str; 6] =
    ["compact", "input_tokens", "completions", "search", "count_tokens", "import"];

/// Collections whose `POST` is how a model is called.
const CALLS: [&str; 2] = ["responses", "interactions"];

/// Members that hold what people, models, or schemas say, where any name may occur.
const TEXTS: [&str; 8] = [
    "arguments",
    "args",
    "functionResponse",
    "json_schema",
    "metadata",
    "parameters",
    "schema",
    "input_schema",
];

/// Why a request is not sent again; `None` if any run can send it.
pub(crate) fn reason(method: &str, path: &str, body: Option<&Json<'_>>) -> Option<String> {
    if let Some(reason) = in_path(method, path) {
        return Some(reason);
    }
    let member = member(body?)?;
    Some(format!("it quotes what the provider stored, in `{member}`"))
}

fn in_path(method: &str, path: &str) -> Option<String> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    for (at, segment) in segments.iter().enumerate() {
        // Gemini has actions behind a colon: `models/x:batchGenerateContent`.
        let (name, action) = segment.split_once(':').unwrap_or((segment, ""));
        if action.starts_with("batchGenerate") || action.starts_with("asyncBatch") {
            return Some("it creates something at the provider".to_owned());
        }
        if !COLLECTIONS.contains(&name) {
            continue;
        }
        match segments.get(at + 1) {
            Some(id) if !ACTIONS.contains(id) && !COLLECTIONS.contains(id) => {
                return Some(format!("its path quotes what the provider stored, `{name}/{id}`"));
            }
            None if method == "POST" && !CALLS.contains(&name) => {
                return Some(format!("it creates something at the provider, in `{name}`"));
            }
            None if method == "GET" => {
                return Some(format!("it lists what the provider stores, `{name}`"));
            }
            _ => {}
        }
    }
    let is_safe = matches!(method, "POST" | "GET" | "HEAD" | "QUERY");
    (!is_safe).then(|| format!("{method} changes something at the provider"))
}

/// The first member that names something stored.
fn member(value: &Json<'_>) -> Option<&'static str> {
    match value {
        Json::Array(items) => items.iter().find_map(member),
        Json::Object(members) => {
            let within = || {
                members.iter().find_map(|(name, value)| {
                    if let Some(known) = MEMBERS.iter().find(|known| name.is(known)) {
                        return is_id(value).then_some(*known);
                    }
                    if TEXTS.iter().any(|text| name.is(text)) { None } else { member(value) }
                })
            };
            item(value).or_else(within)
        }
        _ => None,
    }
}

/// An item of a Responses request that names another by its id alone: a reference, or reasoning without its content.
fn item(value: &Json<'_>) -> Option<&'static str> {
    let kind = value.text("type")?;
    match &*kind {
        "item_reference" => Some("item_reference"),
        "reasoning" if value.get("id").is_some() => {
            let encrypted = value.get("encrypted_content");
            encrypted.is_none_or(Json::is_null).then_some("reasoning.id")
        }
        _ => None,
    }
}

/// Ids are texts, lists of texts, or `{"id": …}`; `{"type": "auto"}` asks for a new container.
fn is_id(value: &Json<'_>) -> bool {
    match value {
        Json::String(text) => !text.raw().is_empty() && text.raw() != "auto",
        Json::Array(items) => items.iter().any(is_id),
        Json::Object(_) => value.get("id").is_some_and(is_id),
        _ => false,
    }
}
