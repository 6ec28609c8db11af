//! Cached contents: <https://ai.google.dev/api/caching>.

use serde_json::{Value, json};

use super::super::{Call, Item, Kind, Made, with};
use super::{list, missing};

pub(super) fn answer(call: &Call<'_>) -> Option<Made> {
    let missing = |id: &str| missing("CachedContent", id);
    Some(match (call.method(), &call.segments[1..]) {
        ("POST", []) => create(call),
        ("GET", []) => list(call, Kind::Cache, "cachedContents"),
        ("GET", [id]) => match call.get(Kind::Cache, id) {
            Some(item) => Made::Json(item.shown),
            None => missing(id),
        },
        ("PATCH", [id]) => {
            let times = json!({"updateTime": call.time(0), "expireTime": expiry(call)});
            let changed = call.change(Kind::Cache, id, |item| {
                item.shown = with(item.shown.clone(), times);
                item.shown.clone()
            });
            changed.map_or_else(|| missing(id), Made::Json)
        }
        ("DELETE", [id]) if call.remove(Kind::Cache, id) => Made::Json(json!({})),
        ("DELETE", [id]) => missing(id),
        _ => return None,
    })
}

fn create(call: &Call<'_>) -> Made {
    let Some(model) = call.body["model"].as_str() else {
        return Made::error(
            400,
            "* CreateCachedContentRequest.cached_content.model: model is required",
        );
    };
    let id = call.id("");
    let tokens = call.request.route.target.read(&call.request.body).input_tokens();
    let mut shown = json!({
        "name": format!("cachedContents/{id}"), "model": model, "createTime": call.time(0),
        "updateTime": call.time(0), "expireTime": expiry(call),
        "usageMetadata": {"totalTokenCount": tokens},
    });
    if let Value::String(title) = &call.body["displayName"] {
        shown["displayName"] = title.as_str().into();
    }
    call.put(Kind::Cache, Item::new(&id, shown.clone()));
    Made::Json(shown)
}

/// When the cache expires: the time in the request, or after its `ttl`, which is an hour by default.
fn expiry(call: &Call<'_>) -> String {
    if let Some(time) = call.body["expireTime"].as_str() {
        return time.to_owned();
    }
    let seconds = call.body["ttl"].as_str().and_then(|ttl| ttl.strip_suffix('s'));
    let seconds = seconds.and_then(|seconds| seconds.split('.').next()?.parse().ok());
    call.time(seconds.unwrap_or(3600).min(10 * 365 * 86_400))
}
