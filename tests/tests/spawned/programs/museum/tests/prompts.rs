//! The words of a prompt have changed.

use llmock::llm_replay;
use museum::{Curator, Guide, guide, question, seeded, today, visit_id};
use serde_json::json;

#[llm_replay(fixture = "prompts/wing")]
#[tokio::test]
async fn describes_the_wing() {
    let prompt = seeded("Describe the west wing to a child.", "Describe the east wing to a child.");
    Guide::from_env().ask(prompt).await.unwrap();
}

#[llm_replay(fixture = "prompts/voice")]
#[tokio::test]
async fn speaks_with_one_voice() {
    let mut body = question("What can I see in an hour?");
    let other = "You guide visitors through a museum. Answer in one sentence, and never mention the gift shop.";
    body["messages"][0]["content"] = json!(seeded(guide::VOICE, other));
    Guide::from_env().send(body).await.unwrap();
}

#[llm_replay(fixture = "prompts/hour")]
#[tokio::test]
async fn knows_the_hour() {
    let time = seeded("2026-03-02T08:30:00Z", "2026-07-19T16:45:12Z");
    let prompt = format!("At {time}, which rooms are quiet?");
    Guide::from_env().ask(&prompt).await.unwrap();
}

#[llm_replay(fixture = "prompts/visit")]
#[tokio::test]
async fn numbers_the_visit() {
    let prompt = format!("Visit {}: which floor comes first?", visit_id());
    Guide::from_env().ask(&prompt).await.unwrap();
}

#[llm_replay(fixture = "prompts/silence")]
#[tokio::test]
async fn asks_for_silence() {
    Guide::from_env().ask("Ask the school class for silence.").await.unwrap();
}

#[llm_replay(fixture = "prompts/silence")]
#[tokio::test]
async fn begs_for_silence() {
    Guide::from_env().ask("Beg the school class for silence.").await.unwrap();
}

/// Gives up after three tries and says something anyway.
async fn stubborn(prompt: impl Fn() -> String) -> String {
    for _ in 0..3 {
        if let Ok(answer) = Guide::from_env().ask(&prompt()).await {
            return answer;
        }
    }
    "Please ask at the desk.".to_owned()
}

#[llm_replay(fixture = "prompts/cloakroom")]
#[tokio::test]
async fn answers_in_any_case() {
    let thing = seeded("rucksack", "suitcase");
    stubborn(|| format!("Where may I leave my {thing}?")).await;
}

#[llm_replay(fixture = "prompts/lost")]
#[tokio::test]
async fn answers_with_a_number_in_any_case() {
    stubborn(|| format!("Report {}: who found my umbrella?", visit_id())).await;
}

#[llm_replay(fixture = "prompts/ticket")]
#[tokio::test]
async fn returns_what_the_guide_returns() -> Result<(), async_openai::error::OpenAIError> {
    let prompt = seeded("Is this ticket valid today?", "Is this ticket still valid today?");
    Guide::from_env().ask(prompt).await.map(|_| ())
}

#[tokio::test]
#[llm_replay(fixture = "prompts/below")]
async fn has_the_attribute_below() {
    Guide::from_env().ask(seeded("Name a sculptor.", "Name a painter.")).await.unwrap();
}

#[llm_replay(fixture = "prompts/catalogue")]
#[tokio::test]
async fn reads_the_catalogue() {
    let entry = |number: usize| {
        let material = if number == 871 { seeded("marble", "bronze") } else { "wood" };
        format!("Entry {number} is a figure of {material}, and its owner is known.\n")
    };
    let catalogue: String = (1..1200).map(entry).collect();
    Guide::from_env().ask(&format!("Sum up:\n{catalogue}")).await.unwrap();
}

#[llm_replay(fixture = "prompts/list")]
#[tokio::test]
async fn reads_a_list() {
    let end = seeded("", " ");
    let prompt = format!("Sort by age:{end}\n* the vase\n* the coin");
    Guide::from_env().ask(&prompt).await.unwrap();
}

#[llm_replay(fixture = "prompts/accents")]
#[tokio::test]
async fn reads_accents() {
    let name = seeded("Th\u{e9}r\u{e8}se", "The\u{301}re\u{300}se");
    Guide::from_env().ask(&format!("Who was {name}?")).await.unwrap();
}

#[llm_replay(fixture = "prompts/space")]
#[tokio::test]
async fn reads_a_space() {
    let space = seeded(' ', '\u{a0}');
    Guide::from_env().ask(&format!("Explain the 3{space}columns.")).await.unwrap();
}

#[llm_replay(fixture = "prompts/quotes")]
#[tokio::test]
async fn reads_quotes() {
    let plain = "Explain the painter's joke - briefly.";
    let prompt = seeded(plain, "Explain the painter\u{2019}s joke \u{2013} briefly.");
    Guide::from_env().ask(prompt).await.unwrap();
}

#[llm_replay(fixture = "prompts/end")]
#[tokio::test]
async fn reads_to_the_end() {
    let end = seeded("", "\n");
    Guide::from_env().ask(&format!("Which room has the best light at noon?{end}")).await.unwrap();
}

#[llm_replay(fixture = "prompts/alphabet")]
#[tokio::test]
async fn reads_the_alphabet() {
    let letter = seeded('a', '\u{430}');
    Guide::from_env().ask(&format!("Where is the m{letter}p of the museum?")).await.unwrap();
}

#[llm_replay(fixture = "prompts/direction")]
#[tokio::test]
async fn reads_from_left_to_right() {
    let mark = seeded("", "\u{202e}");
    Guide::from_env().ask(&format!("Translate the {mark}inscription.")).await.unwrap();
}

#[llm_replay(fixture = "prompts/five")]
#[tokio::test]
async fn answers_five_questions() {
    let fourth = seeded("Is there a lift?", "Compose a sonnet on the invention of bronze casting.");
    let guide = Guide::from_env();
    for prompt in
        ["When do you open?", "What does it cost?", "May I take photos?", fourth, "Where is the exit?"]
    {
        guide.ask(prompt).await.unwrap();
    }
}

#[llm_replay(
    fixture = "prompts/rules",
    match_on("model", "messages"),
    ignore("$.messages[0].content"),
    unused = "fail"
)]
#[tokio::test]
async fn compares_by_rules() {
    let prompt = seeded("List the donors.", "List all the donors.");
    Guide::from_env().ask(prompt).await.unwrap();
}

#[llm_replay(fixture = "prompts/label")]
#[tokio::test]
async fn writes_a_label() {
    let about = seeded("Label: a bowl, glazed blue", "Label: a bowl, glazed green");
    Curator::from_env().unwrap().label(about).await.unwrap();
}

#[llm_replay(fixture = "prompts/diary")]
#[tokio::test]
async fn keeps_the_diary() {
    let mut body = question(&format!("Diary {}: what happened?", visit_id()));
    body["messages"][0]["content"] = json!(format!("You keep the diary of {}.", today()));
    Guide::from_env().send(body).await.unwrap();
}

#[llm_replay(fixture = "prompts/receipt")]
#[tokio::test]
async fn writes_the_receipt() {
    let prompt = format!("Receipt {} of {}: what did we sell?", visit_id(), today());
    Guide::from_env().ask(&prompt).await.unwrap();
}
