//! Objects and arrays that schemas allow.

use super::choices::Together;
use super::instance::{Maker, NoInstance, Style};
use super::kinds::{declared, required};
use super::valid;
use crate::json::{self, Json};

/// Longer arrays are not made.
const MOST_ITEMS: usize = 1000;

impl<'a, 'b> Maker<'a, 'b> {
    pub(super) fn object(
        &mut self,
        together: &Together<'a, 'b>,
        attempt: usize,
    ) -> Option<Result<String, NoInstance>> {
        let declared = declared(together);
        let mut names = required(together);
        let optional =
            declared.iter().filter(|name| !names.contains(name)).cloned().collect::<Vec<_>>();
        let usual = !self.ends() && (self.style == Style::Everything || names.is_empty());
        let with_optional = match attempt {
            0 => usual,
            1 => !usual,
            _ => return None,
        };
        let least = together.iter().filter_map(|one| valid::count_of(one, "minProperties")).max();
        let missing = least.unwrap_or(0).saturating_sub(names.len());
        let mut may_miss = Vec::new();
        if with_optional {
            may_miss.clone_from(&optional);
            names.extend(optional);
        } else {
            names.extend(optional.into_iter().take(missing));
        }
        with_dependencies(together, &mut names);
        names.extend(
            (1..)
                .map(|number| format!("key{number}"))
                .take(least.unwrap_or(0).saturating_sub(names.len()).min(MOST_ITEMS)),
        );
        let is_declared = |name: &String| declared.iter().position(|known| known == name);
        names.sort_by_key(|name| is_declared(name).unwrap_or(usize::MAX));
        Some(self.members(together, &names, &may_miss))
    }

    fn members(
        &mut self,
        together: &Together<'a, 'b>,
        names: &[String],
        may_miss: &[String],
    ) -> Result<String, NoInstance> {
        let mut members = Vec::new();
        for name in names {
            let schemas: Together<'a, 'b> =
                together.iter().flat_map(|one| valid::property_schemas(one, name)).collect();
            let is_optional = may_miss.contains(name);
            if is_optional && self.leads_back(&schemas) {
                continue;
            }
            // Nothing is known about it: an object shows that best.
            let is_unknown = schemas.is_empty() && self.style == Style::Everything;
            let made =
                if is_unknown { Ok("{}".to_owned()) } else { self.inside(name, &schemas, name) };
            match made {
                Ok(value) => members.push(format!("{}:{value}", json::quote(name))),
                Err(error) if is_optional && !error.is_final => {}
                Err(error) => return Err(error),
            }
        }
        Ok(format!("{{{}}}", members.join(",")))
    }

    pub(super) fn array(
        &mut self,
        together: &Together<'a, 'b>,
        word: &str,
        attempt: usize,
    ) -> Option<Result<String, NoInstance>> {
        let of = |name: &str| {
            together.iter().filter_map(|one| valid::count_of(one, name)).collect::<Vec<_>>()
        };
        let prefix = together.iter().map(|one| prefix_length(one)).max().unwrap_or(0);
        let wanted: Together<'a, 'b> =
            together.iter().filter_map(|one| one.get("contains")).collect();
        let of_wanted =
            if wanted.is_empty() { 0 } else { of("minContains").into_iter().max().unwrap_or(1) };
        let item: Together<'a, 'b> =
            together.iter().filter_map(|one| valid::item_schema(one, prefix)).collect();
        let has_item =
            !item.contains(&&Json::Bool(false)) && !self.leads_back(&item) && !self.ends();
        let usual = prefix.max(usize::from(has_item)).max(prefix + of_wanted);
        let usual = if self.ends() && of_wanted == 0 { prefix } else { usual };
        let count = match attempt {
            0 => usual,
            1 => 0,
            2 => usual + 1,
            _ => return None,
        };
        let least = of("minItems").into_iter().max().unwrap_or(0);
        let most = of("maxItems").into_iter().min().unwrap_or(usize::MAX);
        if least > MOST_ITEMS {
            return Some(Err(self.no("it demands more than 1000 elements")));
        }
        if least > most {
            return Some(Err(self.no("`minItems` is larger than `maxItems`")));
        }
        let count = if self.is_lenient { count.min(1) } else { count.max(least).min(most) };
        Some(self.elements(together, &wanted, (count, prefix, of_wanted), word))
    }

    fn elements(
        &mut self,
        together: &Together<'a, 'b>,
        wanted: &Together<'a, 'b>,
        (count, prefix, of_wanted): (usize, usize, usize),
        word: &str,
    ) -> Result<String, NoInstance> {
        let is_unique =
            together.iter().any(|one| one.get("uniqueItems") == Some(&Json::Bool(true)));
        let mut made: Vec<String> = Vec::new();
        for at in 0..count {
            let mut schemas: Together<'a, 'b> =
                together.iter().filter_map(|one| valid::item_schema(one, at)).collect();
            if (prefix..prefix + of_wanted).contains(&at) {
                schemas.extend(wanted);
            }
            let mut element = self.inside(&at.to_string(), &schemas, word)?;
            let salt = self.salt;
            while is_unique && made.contains(&element) {
                self.salt += 1;
                if self.salt > salt + 2 * count + 8 {
                    self.salt = salt;
                    return Err(self.no("its elements cannot all differ"));
                }
                element = self.inside(&at.to_string(), &schemas, word)?;
            }
            self.salt = salt;
            made.push(element);
        }
        Ok(format!("[{}]", made.join(",")))
    }
}

fn prefix_length(schema: &Json<'_>) -> usize {
    match schema.get("items") {
        Some(Json::Array(first)) => first.len(),
        _ => schema.items("prefixItems").len(),
    }
}

/// Adds the names that others demand.
fn with_dependencies(together: &Together<'_, '_>, names: &mut Vec<String>) {
    let mut at = 0;
    while let Some(name) = names.get(at).cloned() {
        for (schema, keyword) in
            together.iter().flat_map(|one| [(one, "dependentRequired"), (one, "dependencies")])
        {
            let demanded = schema.get(keyword).and_then(|all| all.get(&name));
            for more in demanded.and_then(Json::as_array).unwrap_or_default() {
                if let Some(more) =
                    more.as_str().filter(|more| !names.iter().any(|known| known == more))
                {
                    names.push(more.into_owned());
                }
            }
        }
        at += 1;
    }
}
