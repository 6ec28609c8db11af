//! OpenAI's moderations: no input is flagged, unless the reply is a refusal.

use super::format::{
    At, Finish, Format, Limit, Messages, Operation, RenderContext, Rendered, Requirements,
};
use super::openai_chat;
use super::requirements::INPUTS;
use crate::json::Json;
use crate::json::write::{Object, Raw, object};

pub(super) static FORMAT: Format = Format {
    name: "moderations",
    owns: |line| line.last == "moderations",
    operations: &[Operation::other(At::Any, render)
        .requires(Requirements::member("input"))
        .limits(Limit::Elements { member: "input", most: INPUTS })],
    messages: Messages::None,
    read_event: openai_chat::read_event,
    may_hold_links: true,
    ..Format::DEFAULT
};

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

/// The category of a flagged input.
const REFUSED: &str = "illicit";

fn render(context: &RenderContext<'_>) -> Rendered {
    let flagged = matches!(context.reply.finished(), Finish::Refusal | Finish::ContentFilter);
    let results: Vec<Object> = (0..inputs(context)).map(|_| result(flagged)).collect();
    let model = if context.member("model").is_some() || context.reply.model.is_some() {
        &*context.model
    } else {
        "omni-moderation-latest"
    };
    object! { "id": context.id("modr-"), "model": model, "results": results }.into()
}

/// The number of inputs: an array of texts has a result for each, an array of parts is one input.
fn inputs(context: &RenderContext<'_>) -> usize {
    match context.member("input").and_then(Json::as_array) {
        Some(texts) if texts.iter().all(|text| text.as_str().is_some()) => texts.len(),
        _ => 1,
    }
}

fn result(flagged: bool) -> Object {
    let of = |value: &dyn Fn(bool) -> String| {
        CATEGORIES.iter().fold(Object::new(), |all, category| {
            all.with(category, &Raw(value(flagged && *category == REFUSED)))
        })
    };
    object! {
        "flagged": flagged,
        "categories": of(&|hit| hit.to_string()),
        "category_scores": of(&|hit| if hit { "0.99" } else { "0.00001" }.to_owned()),
        "category_applied_input_types": of(&|_| r#"["text"]"#.to_owned()),
    }
}
