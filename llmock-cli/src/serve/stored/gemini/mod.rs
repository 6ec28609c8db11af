//! What Google stores: files, caches ([`caches`]), batches ([`batches`]), and interactions ([`interactions`]).
//! <https://ai.google.dev/api/files>

mod batches;
mod caches;
mod interactions;

use bytes::Bytes;
use serde_json::{Value, json};

use super::{Call, Item, Kind, Made, multipart, with};

/// The session of uploads that have begun: clients send their pieces without a key. Their ids are hard to guess.
const UPLOADS: &str = "";

pub(super) async fn answer(call: &Call<'_>) -> Option<Made> {
    match call.segments[0] {
        "cachedContents" => caches::answer(call),
        "interactions" => interactions::answer(call).await,
        "batches" => batches::answer(call),
        "models" if call.method() == "POST" => Some(batches::create(call).await),
        _ => files(call),
    }
}

fn files(call: &Call<'_>) -> Option<Made> {
    if let (Some(upload), "POST" | "PUT") = (call.query("upload_id"), call.method()) {
        return Some(append(call, &upload));
    }
    let last = call.segments.last().copied().unwrap_or_default();
    if let Some(id) = last.strip_suffix(":download").or_else(|| {
        (call.segments.len() > 1 && call.query("alt").as_deref() == Some("media")).then_some(last)
    }) {
        return Some(match call.get(Kind::File, id) {
            Some(item) => {
                let mime = item.shown["mimeType"].as_str().unwrap_or_default().to_owned();
                Made::Bytes { content_type: mime, content: item.content }
            }
            None => missing("File", id),
        });
    }
    Some(match (call.method(), &call.segments[1..]) {
        ("POST", []) => upload(call),
        ("GET", []) => list(call, Kind::File, "files"),
        ("GET", [id]) => match call.get(Kind::File, id) {
            Some(item) => Made::Json(item.shown),
            None => missing("File", id),
        },
        ("DELETE", [id]) if call.remove(Kind::File, id) => Made::Json(json!({})),
        ("DELETE", [id]) => missing("File", id),
        _ => return None,
    })
}

fn missing(what: &str, id: &str) -> Made {
    Made::error(404, format!("The {what} {id} was not found or may not exist."))
}

/// A list of all objects of a kind, a page at a time.
fn list(call: &Call<'_>, kind: Kind, member: &str) -> Made {
    let all: Vec<Value> = call.all(kind).into_iter().map(|item| item.shown).collect();
    let number = |name: &str| call.query(name).and_then(|number| number.parse::<usize>().ok());
    let (start, size) =
        (number("pageToken").unwrap_or(0), number("pageSize").unwrap_or(100).max(1));
    let page: Vec<Value> = all.iter().skip(start).take(size).cloned().collect();
    let mut shown = json!({});
    if start + size < all.len() {
        shown["nextPageToken"] = (start + size).to_string().into();
    }
    if !page.is_empty() {
        shown[member] = page.into();
    }
    Made::Json(shown)
}

/// An upload in one piece, or the beginning of one in several.
fn upload(call: &Call<'_>) -> Made {
    let protocol = call.request.header("x-goog-upload-protocol").unwrap_or_default();
    if protocol == "resumable" {
        let id = call.id("upload-");
        let mime = call.request.header("x-goog-upload-header-content-type");
        let about = with(json!({"mimeType": mime}), call.body["file"].clone());
        let more = call.session.as_str().into();
        call.shelf.put(UPLOADS, Kind::Upload, Item { more, ..Item::new(&id, about) });
        let origin = call.request.origin().unwrap_or_default();
        let url = format!("{origin}/gemini/upload/v1beta/files?upload_id={id}");
        let headers = vec![
            ("x-goog-upload-url", url),
            ("x-goog-upload-status", "active".to_owned()),
            ("x-goog-upload-chunk-granularity", "262144".to_owned()),
        ];
        return Made::Full { headers, json: None };
    }
    // metadata, then the content
    let form = call.form();
    if let [about, file] = &form[..] {
        let about: Value = serde_json::from_slice(&about.content).unwrap_or_default();
        let about = with(json!({"mimeType": file.content_type}), about["file"].clone());
        return finish(call, &about, file.content.clone());
    }
    if let Some(file) = multipart::file(&form) {
        return finish(call, &json!({"mimeType": file.content_type}), file.content.clone());
    }
    let mime = call.request.header("content-type");
    finish(call, &json!({"mimeType": mime}), call.request.body.clone())
}

/// A piece of an upload.
fn append(call: &Call<'_>, id: &str) -> Made {
    let more = &call.request.body;
    let whole = call.shelf.change(UPLOADS, Kind::Upload, id, |item| {
        item.content = [&item.content[..], more].concat().into();
        item.clone()
    });
    let Some(item) = whole else { return missing("upload", id) };
    let command = call.request.header("x-goog-upload-command").unwrap_or("upload, finalize");
    if !command.contains("finalize") {
        let headers = vec![("x-goog-upload-status", "active".to_owned())];
        return Made::Full { headers, json: None };
    }
    call.shelf.remove(UPLOADS, Kind::Upload, id);
    let owner = item.more.as_str().unwrap_or_default();
    let file = store_for(call, owner, &item.shown, item.content);
    let headers = vec![("x-goog-upload-status", "final".to_owned())];
    Made::Full { headers, json: Some(json!({"file": file})) }
}

fn finish(call: &Call<'_>, about: &Value, content: Bytes) -> Made {
    Made::Json(json!({"file": store(call, about, content)}))
}

/// Stores a file, and returns it as it is shown.
fn store(call: &Call<'_>, about: &Value, content: Bytes) -> Value {
    store_for(call, &call.session, about, content)
}

fn store_for(call: &Call<'_>, session: &str, about: &Value, content: Bytes) -> Value {
    let named = about["name"].as_str().and_then(|name| name.strip_prefix("files/"));
    let id = named.map_or_else(|| call.id(""), str::to_owned);
    let origin = call.request.origin().unwrap_or_default();
    let mut shown = json!({
        "name": format!("files/{id}"), "sizeBytes": content.len().to_string(),
        "mimeType": about["mimeType"].as_str().unwrap_or("application/octet-stream"),
        "createTime": call.time(0), "updateTime": call.time(0), "expirationTime": call.time(172_800),
        "uri": format!("{origin}/v1beta/files/{id}"), "state": "ACTIVE", "source": "UPLOADED",
    });
    let title = about["displayName"].as_str().or(about["display_name"].as_str());
    if let Some(title) = title {
        shown["displayName"] = title.into();
    }
    let item = Item { content, ..Item::new(&id, shown.clone()) };
    call.shelf.put(session, Kind::File, item);
    shown
}
