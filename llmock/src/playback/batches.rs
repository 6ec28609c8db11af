//! Responses to requests for embeddings whose inputs were recorded in other batches.

use std::sync::Arc;

use super::segment::Segments;
use super::{Playback, Played, PlayedBody, Request};
use crate::exchange::batches::{self, Inputs};
use crate::fixture::interaction::{Body, Content, Interaction};
use crate::matching::MatchRules;

/// The interactions that are requests for embeddings, with the bodies of their responses.
#[derive(Debug)]
pub(super) struct Embeddings {
    interactions: Vec<Interaction>,
    recordings: Vec<Arc<str>>,
    inputs: Inputs,
}

impl Embeddings {
    fn of(segments: &Segments, rules: &MatchRules) -> Self {
        let (mut interactions, mut recordings) = (Vec::new(), Vec::new());
        for item in segments.in_order() {
            if !batches::may_be(&item.interaction.request) {
                continue;
            }
            if let PlayedBody::Whole { bytes, .. } = item.played.body()
                && let Ok(text) = std::str::from_utf8(bytes)
            {
                let mut interaction = (*item.interaction).clone();
                interaction.response.content = Content::Body(Body::Json(text.to_owned()));
                interactions.push(interaction);
                recordings.push(Arc::clone(item.played.recording()));
            }
        }
        let inputs = Inputs::of(&interactions, rules);
        Self { interactions, recordings, inputs }
    }
}

impl Playback {
    /// The response to a request all of whose inputs are recorded.
    pub(super) fn assembled(&self, request: &Request) -> Option<Played> {
        let (shared, sent) = (&*self.shared, &request.compared);
        if request.missing_header.is_some() || !batches::may_be(sent) {
            return None;
        }
        let rules = &shared.rules.matching;
        let embeddings =
            shared.embeddings.get_or_init(|| Arc::new(Embeddings::of(&shared.segments, rules)));
        let Embeddings { interactions, recordings, inputs } = &**embeddings;
        let mut made = inputs.assemble(request.provider, sent, rules, interactions)?;
        let recording = Arc::clone(&recordings[made.from[0].index()]);
        Some(Played::take(&mut made.response, &sent.method, false, recording))
    }
}
