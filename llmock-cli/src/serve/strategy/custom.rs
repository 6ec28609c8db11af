//! `CustomAnswersStrategy`: answers from the configuration, by question.

use std::collections::HashMap;

use llmock::reply::{Message, Reply};

use super::prompt::{last_of_user, several_prompts};

/// The answers by question, which has no blanks around it.
#[derive(Debug, Default)]
pub(crate) struct CustomAnswers(HashMap<String, String>);

impl CustomAnswers {
    pub(crate) fn new(replies: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut answers = HashMap::new();
        for (question, answer) in replies {
            // The first of equal questions wins, as in a list.
            answers.entry(question.trim().to_owned()).or_insert(answer);
        }
        Self(answers)
    }

    /// The answer to the last user message, if it is a question; of several prompts, each must be one.
    pub(crate) fn answer(&self, messages: &[Message]) -> Option<Reply> {
        let known = |question: &str| self.0.get(question.trim()).map(String::as_str);
        if let Some(prompts) = several_prompts(messages) {
            let answers: Option<Vec<&str>> =
                prompts.iter().map(|prompt| known(&prompt.text)).collect();
            return Some(answers?.into_iter().fold(Reply::new(), Reply::completion));
        }
        known(last_of_user(messages)?).map(Reply::text)
    }
}
