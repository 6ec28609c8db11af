//! The request as far as its response depends on it.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::time::{Duration, UNIX_EPOCH};

use super::api::Api;
use super::content::{Reply, ToolCall};
use super::ids::{self, DerivedId};
use super::requirements::{CHOICES, Vectors};
use super::tokens;
use crate::json::Json;
use crate::provider::Provider;

/// What a format renders: a reply to a request, with everything decided that the reply leaves open.
pub(crate) struct RenderContext<'a> {
    pub(crate) reply: &'a Reply,
    pub(crate) provider: Provider,
    pub(crate) api: &'static Api,
    pub(crate) method: &'a str,
    /// Canonical, with the query.
    pub(crate) path: &'a str,
    pub(crate) path_alone: &'a str,
    pub(crate) body: Option<&'a Json<'a>>,
    pub(crate) streams: bool,
    pub(crate) model: Cow<'a, str>,
    /// How a request asks for vectors, if the endpoint returns any.
    pub(crate) vectors: Option<&'static Vectors>,
    /// How many equal choices the response has.
    pub(crate) answers: fn(&RenderContext<'_>) -> usize,
    /// Tokens of earlier turns that the request quotes.
    pub(crate) earlier: u64,
    /// In seconds since 1970.
    pub(crate) created: u64,
    pub(crate) seed: u64,
    /// Collects the ids that are made, for a template.
    pub(crate) derived: Option<&'a RefCell<Vec<DerivedId>>>,
    /// Made once, because every event of a stream has them.
    pub(crate) id: OnceCell<String>,
    pub(crate) created_at: OnceCell<String>,
}

#[derive(Clone, Copy)]
pub(crate) struct Usage {
    /// All of the request, cached ones included.
    pub(crate) input: u64,
    pub(crate) cached: u64,
    /// All of the response, reasoning included.
    pub(crate) output: u64,
    pub(crate) reasoning: u64,
}

impl<'a> RenderContext<'a> {
    /// A member of the request's body that is present and not `null`.
    pub(crate) fn member(&self, name: &str) -> Option<&'a Json<'a>> {
        self.body?.get(name).filter(|value| !value.is_null())
    }

    /// Whether the member at a path of the request's body is `true`.
    pub(crate) fn is_set(&self, path: &str) -> bool {
        self.body.and_then(|body| body.find(path)) == Some(&Json::Bool(true))
    }

    /// How many choices the request asks for in `n`.
    pub(crate) fn choices(&self) -> usize {
        let wanted = self.member("n").and_then(Json::as_u64).unwrap_or(1);
        usize::try_from(wanted.clamp(1, CHOICES)).unwrap_or(usize::MAX)
    }

    /// How often the response has the reply: usage counts all choices.
    fn answers(&self) -> u64 {
        if self.reply.extras.choices.is_empty() { (self.answers)(self) as u64 } else { 1 }
    }

    /// The id of the response; a format has one prefix for it.
    pub(crate) fn id(&self, prefix: &str) -> &str {
        let given = || self.reply.id.clone();
        self.id.get_or_init(|| given().unwrap_or_else(|| self.id_of(prefix, 0)))
    }

    /// An id inside the response, different for each prefix and number.
    pub(crate) fn id_of(&self, prefix: &str, number: usize) -> String {
        let slot = ids::slot(prefix, number);
        let hex = ids::hex_id(self.seed, slot);
        self.collect(ids::text_of(&hex), slot, false);
        [prefix, ids::text_of(&hex)].concat()
    }

    pub(crate) fn uuid(&self) -> String {
        if let Some(id) = &self.reply.id {
            return id.clone();
        }
        let slot = ids::slot("uuid", 0);
        let uuid = ids::uuid_id(self.seed, slot);
        self.collect(&uuid, slot, true);
        uuid
    }

    fn collect(&self, text: &str, slot: u64, is_uuid: bool) {
        if let Some(derived) = self.derived {
            derived.borrow_mut().push(DerivedId { text: text.to_owned(), slot, is_uuid });
        }
    }

    pub(crate) fn call_id(&self, prefix: &str, number: usize, call: &ToolCall) -> String {
        call.id.clone().unwrap_or_else(|| self.id_of(prefix, number))
    }

    pub(crate) fn signature(&self) -> String {
        self.reply.signature.clone().unwrap_or_else(|| self.id_of("sig_", 0))
    }

    /// The tokens of the request, estimated unless the reply names them.
    pub(crate) fn input_tokens(&self) -> u64 {
        match self.reply.usage {
            Some((input, _)) => input,
            None => tokens::of_request(self.body).saturating_add(self.earlier),
        }
    }

    pub(crate) fn usage(&self) -> Usage {
        let reasoning = self.reply.reasoning.as_deref().map_or(0, tokens::of_text);
        let estimated = reasoning + tokens::of_reply(self.reply);
        let output = match (self.reply.usage, self.reply.output_limit) {
            (Some((_, output)), _) => output,
            (None, Some((most, true))) => most.saturating_mul(self.answers()),
            (None, Some((most, false))) => estimated.min(most).saturating_mul(self.answers()),
            (None, None) => estimated.saturating_mul(self.answers()),
        };
        let input = self.input_tokens();
        Usage {
            input,
            cached: self.reply.cached.min(input),
            output,
            reasoning: reasoning.min(output),
        }
    }

    pub(crate) fn created_at(&self) -> &str {
        self.created_at.get_or_init(|| rfc3339(self.created))
    }
}

pub(crate) fn rfc3339(seconds: u64) -> String {
    // times beyond the year 9999 have no such form
    let since = Duration::from_secs(seconds.min(253_402_300_799));
    humantime::format_rfc3339_seconds(UNIX_EPOCH + since).to_string()
}

impl Usage {
    pub(crate) fn total(self) -> u64 {
        self.input.saturating_add(self.output)
    }

    /// The tokens of the request that were not in the cache.
    pub(crate) fn fresh(self) -> u64 {
        self.input - self.cached
    }
}
