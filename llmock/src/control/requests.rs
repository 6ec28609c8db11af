//! Which requests a fault or a gate is for.

use llmock_rules::RequestSelector;

use crate::fixture::interaction::{Body, Request};
use crate::json;
use crate::provider::Provider;
use crate::wire;

/// A request as selectors see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Selected<'a> {
    pub(crate) provider: Provider,
    pub(crate) request: &'a Request,
    /// Whether it is a background call, which is meant only by a selector with a path.
    pub(crate) is_side: bool,
}

impl Selected<'_> {
    /// Whether the request fits, but for its number.
    pub(crate) fn fits(&self, selector: &RequestSelector) -> bool {
        if self.is_side && selector.path.is_none() {
            return false;
        }
        let model = selector.model.as_ref().and_then(|_| self.model());
        selector.fits(self.provider.id(), &self.request.path, model.as_deref())
    }

    fn model(&self) -> Option<String> {
        let Request { method, path, body, .. } = self.request;
        let format = wire::format(self.provider, method, path);
        let parsed = match body {
            Body::Json(text) => json::parse(text).ok(),
            _ => None,
        };
        (format.model)(self.provider, path, parsed.as_ref()).map(std::borrow::Cow::into_owned)
    }
}
