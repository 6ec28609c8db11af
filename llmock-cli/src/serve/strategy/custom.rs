//! `CustomAnswersStrategy`: answers from the configuration, by question.

use std::collections::HashMap;

use llmock::reply::{Message, Reply};

use super::prompt::{last_of_user, several_prompts};
use crate::serve::config::CustomReply;

/// The answers by question, which has no blanks around it.
#[derive(Debug, Default)]
pub(crate) struct CustomAnswers(HashMap<String, String>);

impl CustomAnswers {
    pub(crate) fn new(replies: &[CustomReply]) -> Self {
        // Reversed, so that the first of equal questions wins, as in a list.
        let replies = replies.iter().rev();
        let pair = |reply: &CustomReply| (reply.question.trim().to_owned(), reply.answer.clone());
        Self(replies.map(pair).collect())
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
