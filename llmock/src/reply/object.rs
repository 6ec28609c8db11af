//! Writes JSON: members in the order given, texts quoted, tokens that are JSON already left alone.
//!
//! Answers are written once and never read back by us, so text is appended to text and no tree is built.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::json::layout::{self, Layout};
use crate::json::{self, Json};

/// A value that can stand in a JSON text.
pub(super) trait ToJson {
    fn write(&self, out: &mut String);
}

/// A JSON object without its closing brace.
#[derive(Debug)]
pub(super) struct Object(String);

/// A text that is JSON.
pub(super) struct Raw<T>(pub(super) T);

/// A text of ours, which needs no escapes.
pub(super) struct Word(pub(super) &'static str);

/// `null`, where no value can ever stand.
pub(super) struct Null;

/// An [`Object`] in JSON's own notation; the values are anything that is [`ToJson`].
macro_rules! object {
    ($($members:tt)+) => {
        $crate::reply::object::Object::of(&$crate::reply::object::nested! { $($members)+ })
    };
}
pub(super) use object;

/// An object inside another one: written where it stands, when that one is.
macro_rules! nested {
    ($first:literal: $value:expr $(, $name:literal: $more:expr)* $(,)?) => {
        $crate::reply::object::Nested(|out: &mut String| {
            out.push_str(concat!("{\"", $first, "\":"));
            $crate::reply::object::ToJson::write(&$value, out);
            $(
                out.push_str(concat!(",\"", $name, "\":"));
                $crate::reply::object::ToJson::write(&$more, out);
            )*
        })
    };
}
pub(super) use nested;

/// What [`nested!`] makes: writes an object but for its closing brace.
pub(super) struct Nested<F>(pub(super) F);

impl<F: Fn(&mut String)> Nested<F> {
    /// Writes it, then `more` members, each of which begins with its comma.
    pub(super) fn write_with(&self, out: &mut String, more: impl FnOnce(&mut String)) {
        (self.0)(out);
        more(out);
        out.push('}');
    }
}

impl<F: Fn(&mut String)> ToJson for Nested<F> {
    fn write(&self, out: &mut String) {
        self.write_with(out, |_| ());
    }
}

/// Writes a member of an object; the name needs no escapes.
pub(super) fn member(out: &mut String, name: &str, value: &(impl ToJson + ?Sized)) {
    out.push('"');
    out.push_str(name);
    out.push_str("\":");
    value.write(out);
}

/// Writes an array.
pub(super) fn array<T>(
    out: &mut String,
    items: impl IntoIterator<Item = T>,
    write: impl Fn(T, &mut String),
) {
    out.push('[');
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(']');
}

/// Growing in steps costs more than what a small object leaves unused.
const ROOM: usize = 256;

impl Object {
    pub(super) fn new() -> Self {
        let mut text = String::with_capacity(ROOM);
        text.push('{');
        Self(text)
    }

    /// With these members, and room for more.
    pub(super) fn of(members: &Nested<impl Fn(&mut String)>) -> Self {
        Self::with_room(ROOM, members)
    }

    /// With these members, and room for about that many bytes.
    pub(super) fn with_room(bytes: usize, members: &Nested<impl Fn(&mut String)>) -> Self {
        let mut text = String::with_capacity(bytes);
        (members.0)(&mut text);
        Self(text)
    }

    /// Adds a member; the name needs no escapes.
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: &(impl ToJson + ?Sized)) -> Self {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        member(&mut self.0, name, value);
        self
    }

    /// Adds a member that is absent when there is no value.
    #[must_use]
    pub(super) fn with_some(self, name: &str, value: Option<&(impl ToJson + ?Sized)>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds all members of another object.
    #[must_use]
    pub(super) fn joined(mut self, other: &Self) -> Self {
        if self.0.len() > 1 && other.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push_str(&other.0[1..]);
        self
    }

    /// This one with more members behind its own, for objects that begin alike.
    pub(super) fn and<F: Fn(&mut String)>(&self, more: Nested<F>) -> And<'_, F> {
        And(self, more)
    }

    pub(super) fn into_text(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// The arguments of a tool call where the API wants them as JSON and not as text.
///
/// Text that is no JSON becomes a JSON string: nothing is lost, and the client complains as it would
/// about a model that wrote it. Line breaks between tokens go, because events end at line breaks.
pub(super) fn arguments(text: &str) -> Raw<String> {
    let text = text.trim();
    Raw(match json::parse(text) {
        Ok(value) if text.contains(['\n', '\r']) => layout::print(&value, Layout::Compact),
        Ok(_) => text.to_owned(),
        Err(_) => json::quote(text),
    })
}

impl Clone for Object {
    /// With the same room: what is cloned is the beginning of several objects.
    fn clone(&self) -> Self {
        let mut text = String::with_capacity(self.0.capacity());
        text.push_str(&self.0);
        Self(text)
    }
}

impl ToJson for Object {
    fn write(&self, out: &mut String) {
        out.push_str(&self.0);
        out.push('}');
    }
}

/// What [`Object::and`] makes.
pub(super) struct And<'a, F>(&'a Object, Nested<F>);

impl<F: Fn(&mut String)> ToJson for And<'_, F> {
    fn write(&self, out: &mut String) {
        out.push_str(&self.0.0);
        // an object without members has its brace already
        let brace = out.len();
        self.1.write(out);
        out.replace_range(brace..=brace, if self.0.0.len() > 1 { "," } else { "" });
    }
}

impl<T: AsRef<str>> ToJson for Raw<T> {
    fn write(&self, out: &mut String) {
        out.push_str(self.0.as_ref());
    }
}

impl ToJson for Word {
    fn write(&self, out: &mut String) {
        out.push('"');
        out.push_str(self.0);
        out.push('"');
    }
}

impl ToJson for Null {
    fn write(&self, out: &mut String) {
        out.push_str("null");
    }
}

impl ToJson for Json<'_> {
    fn write(&self, out: &mut String) {
        out.push_str(&layout::print(self, Layout::Compact));
    }
}

impl ToJson for str {
    fn write(&self, out: &mut String) {
        json::push_quoted(out, self);
    }
}

impl ToJson for String {
    fn write(&self, out: &mut String) {
        self.as_str().write(out);
    }
}

impl ToJson for Cow<'_, str> {
    fn write(&self, out: &mut String) {
        (**self).write(out);
    }
}

impl ToJson for f32 {
    fn write(&self, out: &mut String) {
        if self.is_finite() {
            let _ = write!(out, "{self}");
        } else {
            out.push_str("null");
        }
    }
}

impl ToJson for bool {
    fn write(&self, out: &mut String) {
        out.push_str(if *self { "true" } else { "false" });
    }
}

impl ToJson for u64 {
    fn write(&self, out: &mut String) {
        out.push_str(itoa::Buffer::new().format(*self));
    }
}

impl ToJson for u16 {
    fn write(&self, out: &mut String) {
        u64::from(*self).write(out);
    }
}

impl ToJson for usize {
    fn write(&self, out: &mut String) {
        (*self as u64).write(out);
    }
}

impl<T: ToJson + ?Sized> ToJson for &T {
    fn write(&self, out: &mut String) {
        (**self).write(out);
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn write(&self, out: &mut String) {
        match self {
            Some(value) => value.write(out),
            None => Null.write(out),
        }
    }
}

impl<T: ToJson> ToJson for [T] {
    fn write(&self, out: &mut String) {
        array(out, self, ToJson::write);
    }
}

impl<T: ToJson, const N: usize> ToJson for [T; N] {
    fn write(&self, out: &mut String) {
        self.as_slice().write(out);
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn write(&self, out: &mut String) {
        self.as_slice().write(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_has_its_members_in_the_order_given() {
        let inner = object! { "b": "\"é\n", "a": Null };
        let object = object! {
            "z": [1_u64, 2],
            "y": true,
            "x": 0.5_f32,
            "w": None::<u64>,
            "v": [&inner],
            "u": Raw("1.0"),
        };
        assert_eq!(
            object.with_some("t", None::<&str>).with_some("s", Some("")).into_text(),
            r#"{"z":[1,2],"y":true,"x":0.5,"w":null,"v":[{"b":"\"é\n","a":null}],"u":1.0,"s":""}"#
        );
        assert_eq!(Object::new().into_text(), "{}");
        assert_eq!(object! { "nan": f32::NAN }.into_text(), r#"{"nan":null}"#);
    }

    #[test]
    fn arguments_keep_their_tokens_and_fit_in_a_line() {
        for (text, written) in [
            ("{\"a\":1.0}", "{\"a\":1.0}"),
            (" { \"a\" : 1 } ", "{ \"a\" : 1 }"),
            ("{\n  \"a\": [1,\r\n2]\n}", "{\"a\":[1,2]}"),
            ("not json", "\"not json\""),
            ("{\"a\":", "\"{\\\"a\\\":\""),
        ] {
            assert_eq!(arguments(text).0, written, "{text:?}");
        }
    }
}
