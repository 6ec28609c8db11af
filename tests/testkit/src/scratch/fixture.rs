//! Fixtures as a person would write them: no hash, no owner, no date.

use std::fmt::Write as _;

/// A fixture that answers each prompt of an OpenAI chat with a text.
pub fn fixture(answers: &[(&str, &str)]) -> String {
    owned_fixture(None, answers)
}

/// The same, recorded by a test.
pub fn owned_fixture(owner: Option<&str>, answers: &[(&str, &str)]) -> String {
    let mut text = String::from("{\n  \"llmock\": 1,\n  \"interactions\": [");
    for (at, (prompt, answer)) in answers.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let owner = owner.map_or_else(String::new, |owner| format!("\"test\": \"{owner}\", "));
        write!(
            text,
            r#"{comma}
    {{
      "provider": "openai",
      {owner}"request": {{ "method": "POST", "path": "/v1/chat/completions", "body": {} }},
      "response": {{ "status": 200, "body": {} }}
    }}"#,
            question(prompt),
            answered(answer)
        )
        .expect("a string takes any text");
    }
    text + "\n  ]\n}\n"
}

/// The body that the scratch client sends.
pub fn question(prompt: &str) -> String {
    format!(r#"{{"model":"gpt-5","messages":[{{"role":"user","content":"{prompt}"}}]}}"#)
}

/// The body that a provider answers with.
pub fn answered(answer: &str) -> String {
    format!(r#"{{"choices":[{{"message":{{"role":"assistant","content":"{answer}"}}}}]}}"#)
}
