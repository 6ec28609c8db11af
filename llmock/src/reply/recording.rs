//! Replies from recordings.

use super::{Finish, Reply};
use crate::fixture::interaction::{self, Interaction};
use crate::wire;
use crate::wire::recorded::{Content, Recorded};

impl Reply {
    /// The response of a recorded interaction, to be changed in one aspect: [`with_text`](Self::with_text),
    /// [`with_finish`](Self::with_finish), [`without_usage`](Self::without_usage), [`header`](Self::header). Everything
    /// else is sent as it was recorded.
    ///
    /// ```no_run
    /// # fn check(mock: &llmock::LlmMock) -> Result<(), Box<dyn std::error::Error>> {
    /// use llmock::reply::{Finish, Reply};
    ///
    /// let fixture = llmock::Fixture::load("tests/fixtures/summarize")?;
    /// mock.reply(Reply::from_recording(&fixture.interactions()[0]).with_finish(Finish::Length));
    /// # Ok(()) }
    /// ```
    ///
    /// # Limits
    ///
    /// It responds to requests of the same format only, and only where both are streamed or neither is; other requests
    /// are refused. The finish reason of a response of OpenAI's Responses cannot be changed.
    pub fn from_recording(interaction: &Interaction) -> Self {
        let (request, response) = (&interaction.request, &interaction.response);
        let content = match &response.content {
            interaction::Content::Body(body) => Content::Whole(body.to_wire().into_owned()),
            interaction::Content::Stream(stream) => Content::Stream(stream.clone()),
            #[cfg(feature = "websocket")]
            interaction::Content::Socket(_) => Content::Whole(Vec::new()),
        };
        let format = wire::format(interaction.provider, &request.method, &request.path);
        let recorded = Recorded {
            status: response.status,
            headers: response.headers.clone(),
            content,
            format: format.name,
            text: None,
            finish: None,
            without_usage: false,
        };
        Self { recorded: Some(Box::new(recorded)), ..Self::default() }
    }
}

impl Reply {
    /// Replaces the text; of a recorded stream, the first event with text gets all of it.
    pub fn with_text(mut self, text: impl Into<String>) -> Self {
        match &mut self.recorded {
            Some(recorded) => recorded.text = Some(text.into()),
            None => self.text = Some(text.into()),
        }
        self
    }

    /// Replaces the finish reason.
    pub fn with_finish(mut self, finish: Finish) -> Self {
        match &mut self.recorded {
            Some(recorded) => recorded.finish = Some(finish),
            None => self.finish = Some(finish),
        }
        self
    }

    /// Removes the usage of a recorded response.
    pub fn without_usage(mut self) -> Self {
        if let Some(recorded) = &mut self.recorded {
            recorded.without_usage = true;
        }
        self
    }
}
