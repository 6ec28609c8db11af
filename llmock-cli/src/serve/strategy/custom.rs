//! Answers that the configuration holds, by the question.

use std::collections::HashMap;

use llmock::reply::{Message, Reply};

use super::{last_of_user, several_prompts};

/// The questions, without blanks around them, and their answers.
#[derive(Debug, Default)]
pub(crate) struct CustomAnswers(HashMap<String, String>);

impl CustomAnswers {
    pub(crate) fn new(replies: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut answers = HashMap::new();
        for (question, answer) in replies {
            // the first of equal questions wins, as it does in a list
            answers.entry(question.trim().to_owned()).or_insert(answer);
        }
        Self(answers)
    }

    /// The answer to what the user said last, if it is exactly one of the questions; of several prompts, each is.
    pub(crate) fn answer(&self, turns: &[Message]) -> Option<Reply> {
        let known = |question: &str| self.0.get(question.trim()).map(String::as_str);
        if let Some(prompts) = several_prompts(turns) {
            let answers: Option<Vec<&str>> =
                prompts.iter().map(|prompt| known(&prompt.text)).collect();
            return Some(answers?.into_iter().fold(Reply::new(), Reply::completion));
        }
        known(last_of_user(turns)?).map(Reply::text)
    }
}
