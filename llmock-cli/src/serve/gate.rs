//! Refuses requests before any strategy sees them: unknown endpoints, wrong methods, invalid bodies, unknown
//! models. With the provider's own message and status, as far as it has one.

use llmock::__server::rejection;
use llmock::reply::{Endpoint, Reading, Reply};

use super::config::Model;

/// The provider's response to a request that it refuses.
pub(crate) fn refusal(
    reading: &Reading<'_>,
    method: &str,
    models: &[Model],
    strict: bool,
) -> Option<Reply> {
    let target = reading.target();
    let path = target.path_alone();
    match target.endpoint() {
        Endpoint::OnlyFor(only) => {
            let why = format!("`{path}` accepts {only}, not {method}");
            return Some(Reply::error(405, why).header("allow", only));
        }
        Endpoint::Conversation | Endpoint::Other => {}
        _ => return Some(Reply::error(404, format!("there is no endpoint `{method} {path}`"))),
    }
    if let Some(refusal) = reading.refusal() {
        return Some(refusal);
    }
    unknown_model(reading, method, models).or_else(|| rejection(reading, strict))
}

fn unknown_model(reading: &Reading<'_>, method: &str, models: &[Model]) -> Option<Reply> {
    // Moderation has models of its own, which configurations do not list. `GET /models/ID` looks its model up later,
    // in the provider's own way.
    let is_moderation = reading.target().path_alone().ends_with("/moderations");
    if models.is_empty() || method != "POST" || is_moderation {
        return None;
    }
    let named = reading.model()?;
    let unknown = || Reply::error(404, format!("the model `{named}` does not exist"));
    (!exists(models, &named)).then(|| unknown().code("model_not_found"))
}

/// Whether a name is that of a model: some clients add `:latest`, or `models/`.
fn exists(models: &[Model], named: &str) -> bool {
    let bare = |name: &str| -> String {
        let name = name.strip_prefix("models/").unwrap_or(name);
        name.strip_suffix(":latest").unwrap_or(name).to_owned()
    };
    models.iter().any(|model| model.id == named) || {
        let named = bare(named);
        models.iter().any(|model| bare(&model.id) == named)
    }
}

#[cfg(test)]
mod tests {
    use llmock::Provider;
    use llmock::reply::RequestShape;

    use super::*;

    #[test]
    fn accepts_every_client_spelling_of_a_model() {
        let model = |id: &str| Model { id: id.to_owned(), created: 0, owned_by: String::new() };
        let models = [model("llama3:latest"), model("gpt-5"), model("meta/llama")];
        for (named, known) in [
            ("gpt-5", true),
            ("models/gpt-5", true),
            ("llama3", true),
            ("gpt-5:latest", true),
            ("meta/llama", true),
            ("gpt", false),
            ("", false),
        ] {
            assert_eq!(exists(&models, named), known, "{named}");
        }
        let body = r#"{"model":"nope","messages":[{"role":"user","content":"Hi"}]}"#;
        let reading = RequestShape::post("/v1/chat/completions", body).read(Provider::OpenAI);
        assert!(refusal(&reading, "POST", &models, false).is_some());
        assert!(refusal(&reading, "POST", &[], false).is_none());
    }
}
