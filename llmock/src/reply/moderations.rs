//! OpenAI's moderations: everything is harmless, unless the reply is a refusal.

use super::asked::Asked;
use super::content::Finish;
use super::object::{Object, object};
use super::rendered::Rendered;
use crate::json::Json;

const CATEGORIES: [&str; 13] = [
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
];

/// The category in which what the model refuses is found.
const REFUSED: &str = "illicit";

pub(super) fn render(asked: &Asked<'_>) -> Rendered {
    let flagged = matches!(asked.reply.finished(), Finish::Refusal | Finish::ContentFilter);
    let results: Vec<Object> = (0..inputs(asked)).map(|_| result(flagged)).collect();
    let model = if asked.member("model").is_some() || asked.reply.model.is_some() {
        &*asked.model
    } else {
        "omni-moderation-latest"
    };
    object! { "id": asked.id("modr-"), "model": model, "results": results }.into()
}

/// An array of texts has a result each; an array of parts is one input.
fn inputs(asked: &Asked<'_>) -> usize {
    match asked.member("input").and_then(Json::as_array) {
        Some(texts) if texts.iter().all(|text| text.as_str().is_some()) => texts.len(),
        _ => 1,
    }
}

fn result(flagged: bool) -> Object {
    let of = |value: &dyn Fn(bool) -> String| {
        CATEGORIES.iter().fold(Object::new(), |all, category| {
            all.with(category, &super::object::Raw(value(flagged && *category == REFUSED)))
        })
    };
    object! {
        "flagged": flagged,
        "categories": of(&|hit| hit.to_string()),
        "category_scores": of(&|hit| if hit { "0.99" } else { "0.00001" }.to_owned()),
        "category_applied_input_types": of(&|_| r#"["text"]"#.to_owned()),
    }
}
