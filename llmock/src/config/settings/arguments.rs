//! Settings as arguments of the attribute, as reports name them.

use llmock_rules::{AllowErrors, Audio, Network, Order, Unused};

use super::Settings;
use crate::config::origin::{Origin, Sourced};
use crate::json;

impl Settings {
    /// The settings that are not the default and change the outcome of a test, as arguments of the attribute.
    pub(crate) fn arguments(&self) -> Vec<(String, &Origin)> {
        let mut all = Vec::new();
        if self.order.value != Order::default() {
            all.push((format!("order = \"{}\"", self.order.value), &self.order.origin));
        }
        if self.unused.value != Unused::default() {
            all.push((format!("unused = \"{}\"", self.unused.value), &self.unused.origin));
        }
        if let Some(calls) = self.calls.value {
            all.push((format!("calls = {calls}"), &self.calls.origin));
        }
        if self.audio.value != Audio::default() {
            all.push((format!("audio = \"{}\"", self.audio.value), &self.audio.origin));
        }
        if self.network.value != Network::default() {
            all.push((format!("network = \"{}\"", self.network.value), &self.network.origin));
        }
        self.matching_arguments(&mut all);
        self.headers.arguments(&mut all);
        for Sourced { value, origin } in &self.lanes {
            let [name, request] =
                [&value.name, &value.request.to_string()].map(|text| json::quote(text));
            all.push((format!("lane({name}, {request})"), origin));
        }
        for Sourced { value, origin } in &self.side {
            all.push((format!("side({})", json::quote(&value.to_string())), origin));
        }
        match &self.allow_errors.value {
            AllowErrors::Never => {}
            AllowErrors::Any => all.push(("allow_errors".to_owned(), &self.allow_errors.origin)),
            AllowErrors::Only(statuses) => {
                let statuses: Vec<_> = statuses.iter().map(u16::to_string).collect();
                let argument = format!("allow_errors({})", statuses.join(", "));
                all.push((argument, &self.allow_errors.origin));
            }
        }
        for Sourced { value, origin } in &self.allow_redacted {
            all.push((format!("allow_redacted({})", json::quote(value)), origin));
        }
        for Sourced { value, origin } in &self.declared {
            let url = json::quote(&value.url);
            all.push((format!("providers({} = {url})", value.provider.id()), origin));
        }
        let switches = [
            ("proxy", &self.proxy),
            ("intercept", &self.intercept),
            ("scripted", &self.scripted),
            ("scrub_ids", &self.scrub_ids),
            ("whole_batches", &self.whole_batches),
            ("while_editing", &self.while_editing),
        ];
        for (name, switch) in switches.into_iter().filter(|(_, switch)| switch.value) {
            all.push((format!("{name} = true"), &switch.origin));
        }
        self.control_arguments(&mut all);
        self.audit.arguments(&mut all);
        self.semantic.arguments(&mut all);
        all
    }

    /// Those about the body and the address.
    fn matching_arguments<'a>(&'a self, all: &mut Vec<(String, &'a Origin)>) {
        if let Some(fields) = &self.match_on.value {
            let fields: Vec<_> = fields.iter().map(|field| json::quote(field)).collect();
            all.push((format!("match_on({})", fields.join(", ")), &self.match_on.origin));
        }
        for Sourced { value, origin } in &self.ignore {
            all.push((format!("ignore({})", json::quote(&value.to_string())), origin));
        }
        for Sourced { value, origin } in &self.normalize {
            let place = value.place.to_string();
            let [place, pattern, replacement] =
                [&place, value.pattern.as_str(), &value.replacement].map(json::quote);
            all.push((format!("normalize({place}, {pattern} => {replacement})"), origin));
        }
        for Sourced { value, origin } in &self.unordered {
            all.push((format!("unordered({})", json::quote(value.as_str())), origin));
        }
        for Sourced { value, origin } in &self.contains {
            let [path, text] = [value.path.as_str(), &value.text].map(json::quote);
            all.push((format!("contains({path}, {text})"), origin));
        }
        for Sourced { value, origin } in &self.count {
            all.push((format!("count({})", json::quote(&format!("$.{value}"))), origin));
        }
    }
}
