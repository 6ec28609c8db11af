//! The alternatives of schemas that a value must fulfil together: what `$ref`, `allOf`, `anyOf`, `oneOf` and `if` lead to.

use super::valid::Validator;
use crate::json::Json;

/// Schemas of one value, each with the keywords that it has itself.
pub(super) type Together<'a, 'b> = Vec<&'b Json<'a>>;

/// More combinations of alternatives are not tried.
const MOST: usize = 32;

/// Why there are no alternatives.
#[derive(Debug)]
pub(super) enum NoChoice {
    Undefined(String),
    Nothing,
}

/// What alternatives are preferred.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order<'p, 'a, 'b> {
    /// Those that end come first.
    pub(super) ends: bool,
    /// The references that lead to this place.
    pub(super) open: &'p [&'b Json<'a>],
}

/// The alternatives, and the targets of references that lead to them.
pub(super) struct Expanded<'a, 'b> {
    pub(super) alternatives: Vec<Together<'a, 'b>>,
    pub(super) targets: Together<'a, 'b>,
}

pub(super) fn expand<'a, 'b>(
    validator: Validator<'a, 'b>,
    schemas: &[&'b Json<'a>],
    order: Order<'_, 'a, 'b>,
) -> Result<Expanded<'a, 'b>, NoChoice> {
    let mut search =
        Search { validator, order, found: Vec::new(), targets: Vec::new(), problem: None };
    search.run(schemas.to_vec(), Vec::new(), Vec::new());
    match (search.found.is_empty(), search.problem) {
        (true, Some(problem)) => Err(problem),
        (true, None) => Err(NoChoice::Nothing),
        (false, _) => Ok(Expanded { alternatives: search.found, targets: search.targets }),
    }
}

struct Search<'p, 'a, 'b> {
    validator: Validator<'a, 'b>,
    order: Order<'p, 'a, 'b>,
    found: Vec<Together<'a, 'b>>,
    targets: Together<'a, 'b>,
    problem: Option<NoChoice>,
}

impl<'a, 'b> Search<'_, 'a, 'b> {
    /// Adds what the schemas lead to; `groups` are alternatives of which each has to have one.
    fn run(
        &mut self,
        mut todo: Together<'a, 'b>,
        mut done: Together<'a, 'b>,
        mut groups: Vec<Vec<Together<'a, 'b>>>,
    ) {
        todo.reverse();
        while let Some(schema) = todo.pop() {
            match schema {
                Json::Bool(false) => {
                    self.problem.get_or_insert(NoChoice::Nothing);
                    return;
                }
                Json::Object(_) if !done.iter().any(|known| std::ptr::eq(*known, schema)) => {}
                _ => continue,
            }
            done.push(schema);
            for keyword in ["$ref", "$dynamicRef"] {
                let Some(reference) = schema.text(keyword) else { continue };
                let Some(target) = self.validator.referenced(&reference) else {
                    self.problem.get_or_insert(NoChoice::Undefined(reference.into_owned()));
                    return;
                };
                self.targets.push(target);
                todo.push(target);
            }
            todo.extend(schema.items("allOf").iter().rev());
            for keyword in ["anyOf", "oneOf"] {
                let mut all: Vec<_> = schema.items(keyword).iter().map(|one| vec![one]).collect();
                all.sort_by_key(|one| self.weight(one[0]));
                groups.extend((!all.is_empty()).then_some(all));
            }
            if let Some(condition) = schema.get("if") {
                let branch = |name: &str| schema.get(name);
                let met = [condition].into_iter().chain(branch("then")).collect();
                groups.push(vec![met, branch("else").into_iter().collect()]);
            }
        }
        if groups.is_empty() {
            self.found.push(done);
            return;
        }
        for option in groups.remove(0) {
            if self.found.len() < MOST {
                self.run(option, done.clone(), groups.clone());
            }
        }
    }

    /// Smaller comes first: what is not null, unless the value has to end.
    fn weight(&self, one: &Json<'_>) -> u8 {
        let is_null = one.text("type").is_some_and(|kind| kind.eq_ignore_ascii_case("null"));
        let is_large = ["$ref", "properties", "items"].iter().any(|name| one.get(name).is_some());
        match (is_null, self.order.ends) {
            (true, true) => 0,
            (false, true) => 1 + u8::from(is_large),
            (true, false) => 1,
            (false, false) => 2 * u8::from(leads_back(self.validator, one, self.order.open)),
        }
    }
}

/// Whether a schema refers to one that is being made.
pub(super) fn leads_back(
    validator: Validator<'_, '_>,
    schema: &Json<'_>,
    open: &[&Json<'_>],
) -> bool {
    let is_open = |reference: &str| {
        let target = validator.referenced(reference);
        target.is_some_and(|target| open.iter().any(|known| same(known, target)))
    };
    schema.text("$ref").is_some_and(|reference| is_open(&reference))
        || schema.items("allOf").iter().any(|one| leads_back(validator, one, open))
        || ["anyOf", "oneOf"].iter().any(|name| {
            let all = schema.items(name);
            !all.is_empty() && all.iter().all(|one| leads_back(validator, one, open))
        })
}

fn same(a: &Json<'_>, b: &Json<'_>) -> bool {
    std::ptr::eq(std::ptr::from_ref(a).cast::<()>(), std::ptr::from_ref(b).cast::<()>())
}
