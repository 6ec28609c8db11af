//! JSON with the JSON inside its strings, which is easier to read without a second layer of escapes.

use crate::json::{self, Json};

/// Longer values are shortened before anyone sees what is inside.
const LONGEST: usize = 64 * 1024;
const DEEPEST: usize = 64;

/// The value with the objects and arrays that its strings hold; `None` if there are none.
pub(super) fn unfolded(text: &str) -> Option<String> {
    if text.len() > LONGEST || !text.contains("\\\"") {
        return None;
    }
    let mut found = false;
    let out = write(&json::parse(text).ok()?, DEEPEST, &mut found);
    found.then_some(out)
}

fn write(value: &Json<'_>, depth: usize, found: &mut bool) -> String {
    let Some(deeper) = depth.checked_sub(1) else { return "…".to_owned() };
    match value {
        Json::Null => "null".to_owned(),
        Json::Bool(value) => value.to_string(),
        Json::Number(token) => (*token).to_owned(),
        Json::String(text) => {
            let text = text.decode();
            let inner = Some(&*text).filter(|text| text.starts_with(['{', '[']));
            match inner.and_then(|text| json::parse(text).ok()) {
                Some(inner) => {
                    *found = true;
                    write(&inner, deeper, found)
                }
                None => json::quote(&text),
            }
        }
        Json::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| write(item, deeper, found)).collect();
            format!("[{}]", items.join(","))
        }
        Json::Object(members) => {
            let members = members.iter().map(|(name, value)| {
                format!("{}:{}", json::quote(&name.decode()), write(value, deeper, found))
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_in_strings_loses_its_escapes() {
        let call = r#"{"function":{"arguments":"{\"id\":\"A-1\"}","name":"track"}}"#;
        let expected = r#"{"function":{"arguments":{"id":"A-1"},"name":"track"}}"#;
        assert_eq!(unfolded(call).as_deref(), Some(expected));
        for same in [r#"{"a":"plain"}"#, r#"{"a":"say \"hi\""}"#, r#"{"a":"{\"broken\""}"#] {
            assert_eq!(unfolded(same), None, "{same}");
        }
    }
}
