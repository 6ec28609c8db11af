//! `headline`: prints a headline for the text on standard input.
//!
//! It asks the model at `OPENAI_BASE_URL` with the key in `OPENAI_API_KEY`, as any program does, and knows
//! nothing of llmock. `HEADLINE_MODEL` names another model.

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use serde_json::{Value, json};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "headline: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let text = text.trim();
    if text.is_empty() {
        return Err("there is no text on standard input".into());
    }
    writeln!(std::io::stdout(), "{}", headline(text)?)?;
    Ok(())
}

fn headline(text: &str) -> Result<String, Box<dyn Error>> {
    let base_url = variable("OPENAI_BASE_URL", "https://api.openai.com/v1");
    let key = std::env::var("OPENAI_API_KEY").map_err(|_| "OPENAI_API_KEY is not set")?;
    let answer = reqwest::blocking::Client::new()
        .post(format!("{}/chat/completions", base_url.trim_end_matches('/')))
        .bearer_auth(key)
        .json(&json!({
            "model": variable("HEADLINE_MODEL", "smollm2-135m"),
            "temperature": 0,
            "max_tokens": 24,
            "messages": [
                { "role": "system", "content": "You write headlines of at most eight words." },
                { "role": "user", "content": format!("Write a headline for this text: {text}") },
            ],
        }))
        .send()?;
    let status = answer.status();
    let answer: Value = answer.json()?;
    if !status.is_success() {
        let message = answer["error"]["message"].as_str().unwrap_or("no reason given");
        return Err(format!("the model answered {status}: {message}").into());
    }
    let said = answer["choices"][0]["message"]["content"].as_str().unwrap_or_default();
    Ok(said.lines().next().unwrap_or_default().trim_matches(['"', ' ']).to_owned())
}

fn variable(name: &str, otherwise: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| otherwise.to_owned())
}
