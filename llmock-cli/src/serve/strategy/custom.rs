//! Answers that the configuration holds, by the question.

use std::collections::HashMap;

use llmock::reply::{Reply, Turn};

use super::last_of_user;

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

    /// The answer to what the user said last, if it is exactly one of the questions.
    pub(crate) fn answer(&self, turns: &[Turn]) -> Option<Reply> {
        let question = last_of_user(turns)?.trim();
        self.0.get(question).map(|answer| Reply::text(answer.as_str()))
    }
}
