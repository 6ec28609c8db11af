//! What conditions read of a request, each part once: many conditions look at one request.

use std::cell::OnceCell;

use crate::exchange::sent::SentRequest;
use crate::json::Json;
use crate::wire::conversation;
use crate::wire::tools::{self, Tool, ToolResult};

/// A request, and what was read of it so far.
pub(crate) struct Seen<'r> {
    request: &'r SentRequest,
    body: OnceCell<Option<Json<'r>>>,
    model: OnceCell<Option<String>>,
    last_user: OnceCell<Option<String>>,
    system: OnceCell<Option<String>>,
    tools: OnceCell<Vec<Tool>>,
    new_results: OnceCell<Vec<ToolResult>>,
}

impl<'r> Seen<'r> {
    pub(crate) fn of(request: &'r SentRequest) -> Self {
        Self {
            request,
            body: OnceCell::new(),
            model: OnceCell::new(),
            last_user: OnceCell::new(),
            system: OnceCell::new(),
            tools: OnceCell::new(),
            new_results: OnceCell::new(),
        }
    }

    pub(crate) fn request(&self) -> &'r SentRequest {
        self.request
    }

    /// The body, if it is JSON.
    pub(crate) fn body(&self) -> Option<&Json<'r>> {
        self.body.get_or_init(|| self.request.parsed()).as_ref()
    }

    pub(crate) fn model(&self) -> Option<&str> {
        let read = || self.request.model_in(self.body());
        self.model.get_or_init(read).as_deref()
    }

    pub(crate) fn last_user(&self) -> Option<&str> {
        let read = || {
            let messages = conversation::messages(self.request.format(), self.body()?);
            SentRequest::last_of_user(messages)
        };
        self.last_user.get_or_init(read).as_deref()
    }

    pub(crate) fn system(&self) -> Option<&str> {
        let read = || tools::system(self.request.format(), self.body()?);
        self.system.get_or_init(read).as_deref()
    }

    pub(crate) fn tools(&self) -> &[Tool] {
        self.tools.get_or_init(|| self.body().map(tools::tools).unwrap_or_default())
    }

    /// The results of tools that came after the last message of the model.
    pub(crate) fn new_results(&self) -> &[ToolResult] {
        self.new_results.get_or_init(|| self.body().map(tools::new_results).unwrap_or_default())
    }

    pub(crate) fn is_streaming(&self) -> bool {
        self.request.format().wants_stream(self.request.path(), self.body())
    }
}
