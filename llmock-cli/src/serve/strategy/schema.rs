//! `SchemaStrategy`: JSON where a request demands JSON, and a call where it demands one.

use std::collections::HashSet;

use llmock::__server::{BySchema, Demands};
use parking_lot::Mutex;

use crate::output::serving;

pub(crate) use llmock::__server::ToolUse;

/// More reasons are not printed.
const MOST: usize = 100;

/// Replies by what requests demand.
#[derive(Debug, Default)]
pub(crate) struct BySchemas {
    tools: ToolUse,
    /// Reasons that standard error has shown: a client sends its schema again and again.
    shown: Mutex<HashSet<String>>,
}

impl BySchemas {
    pub(crate) fn new(tools: ToolUse) -> Self {
        Self { tools, shown: Mutex::default() }
    }

    pub(crate) fn answer(&self, demands: &Demands<'_>) -> BySchema {
        let found = demands.reply(self.tools);
        for why in &found.unmet {
            let mut shown = self.shown.lock();
            if shown.len() < MOST && shown.insert(why.clone()) {
                serving::note(why);
            }
        }
        found
    }
}
