//! The rules in force as the report shows them: only those that somebody set, with who did.

use crate::config::{AllowErrors, InForce, Origin, Sourced, Unused};
use crate::json;
use crate::matching::Order;
use crate::report::Rule;

/// Every rule that is not the default.
pub(crate) fn not_default(in_force: &InForce) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut add = |origin: &Origin, rule: String| {
        if *origin != Origin::Default {
            rules.push(Rule { rule, origin: origin.to_string() });
        }
    };
    if in_force.order.value == Order::Strict {
        add(&in_force.order.origin, "order = \"strict\"".to_owned());
    }
    match in_force.unused.value {
        Unused::Note => {}
        Unused::Fail => add(&in_force.unused.origin, "unused = \"fail\"".to_owned()),
        Unused::Ignore => add(&in_force.unused.origin, "unused = \"ignore\"".to_owned()),
    }
    if let Some(calls) = &in_force.calls {
        add(&calls.origin, format!("calls = {}", calls.value));
    }
    if let Some(Sourced { value, origin }) = &in_force.match_on {
        let fields: Vec<_> = value.iter().map(|field| json::quote(field)).collect();
        add(origin, format!("match_on({})", fields.join(", ")));
    }
    for Sourced { value, origin } in &in_force.ignore {
        add(origin, format!("ignore({})", json::quote(value.as_str())));
    }
    for Sourced { value, origin } in &in_force.normalize {
        let path = json::quote(value.path.as_str());
        let pattern = json::quote(value.pattern.as_str());
        add(origin, format!("normalize({path}, {pattern} => {})", json::quote(&value.replacement)));
    }
    for Sourced { value, origin } in &in_force.side {
        add(origin, format!("side({})", json::quote(&value.to_string())));
    }
    match &in_force.allow_errors.value {
        AllowErrors::Never => {}
        AllowErrors::Any => add(&in_force.allow_errors.origin, "allow_errors".to_owned()),
        AllowErrors::Only(statuses) => {
            let statuses: Vec<_> = statuses.iter().map(u16::to_string).collect();
            add(&in_force.allow_errors.origin, format!("allow_errors({})", statuses.join(", ")));
        }
    }
    for Sourced { value, origin } in &in_force.declared {
        let url = json::quote(&value.url);
        add(origin, format!("providers({} = {url})", value.provider.id()));
    }
    if in_force.proxy.value {
        add(&in_force.proxy.origin, "proxy = true".to_owned());
    }
    if in_force.intercept.value {
        add(&in_force.intercept.origin, "intercept = true".to_owned());
    }
    rules
}
