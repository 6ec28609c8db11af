//! Files: <https://platform.openai.com/docs/api-reference/files>.

use bytes::Bytes;
use llmock::Provider;
use serde_json::{Value, json};

use super::{Call, Item, Kind, Made, deleted, multipart, pages};

pub(super) fn answer(call: &Call<'_>) -> Option<Made> {
    Some(match (call.method(), &call.segments[1..]) {
        ("POST", []) => upload(call),
        ("GET", []) => {
            let purpose = call.query("purpose");
            let files = call.all(Kind::File).into_iter().map(|item| item.shown);
            let files = files
                .filter(|file| purpose.as_ref().is_none_or(|purpose| file["purpose"] == **purpose));
            pages::list(call, files.collect())
        }
        ("GET", [id]) => match call.get(Kind::File, id) {
            Some(item) => Made::Json(item.shown),
            None => missing(id),
        },
        ("DELETE", [id]) if call.remove(Kind::File, id) => deleted(id, "file"),
        ("DELETE", [id]) => missing(id),
        ("GET", [id, "content"]) => match call.get(Kind::File, id) {
            Some(item) => {
                let content_type = "application/octet-stream".to_owned();
                Made::Bytes { content_type, content: item.content }
            }
            None => missing(id),
        },
        _ => return None,
    })
}

fn missing(id: &str) -> Made {
    Made::error(404, format!("No such File object: {id}"))
}

fn upload(call: &Call<'_>) -> Made {
    let fields = call.form();
    let Some(file) = multipart::file(&fields) else {
        return Made::error(400, "'file' is a required property");
    };
    let purpose = match multipart::text(&fields, "purpose") {
        Some(purpose) => purpose,
        // its only use of files is batches
        None if call.request.provider() != Provider::OpenAI => "batch".to_owned(),
        None => return Made::error(400, "'purpose' is a required property"),
    };
    let name = file.filename.clone().unwrap_or_default();
    Made::Json(store(call, &name, &purpose, file.content.clone()))
}

/// Stores a file, and returns it as it is shown.
pub(super) fn store(call: &Call<'_>, name: &str, purpose: &str, content: Bytes) -> Value {
    let id = call.id("file-");
    let shown = json!({
        "id": id, "object": "file", "bytes": content.len(), "created_at": call.created(),
        "expires_at": null, "filename": name, "purpose": purpose, "status": "processed",
        "status_details": null,
    });
    call.put(Kind::File, Item { content, ..Item::new(&id, shown.clone()) });
    shown
}
