//! Writes compact JSON: members in the given order, strings quoted, text that is JSON already copied.
//!
//! [`object!`] makes an [`Object`], which can still grow. [`nested!`] writes an object inside another one straight into
//! the text of that one. No tree is built: what is written is never read back. Deriving `serde::Serialize` would make
//! every user build `serde_derive`.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::layout::{self, Layout};
use super::{Json, push_quoted};

pub(crate) trait ToJson {
    fn write(&self, out: &mut String);
}

/// The text of a JSON object without its closing brace.
#[derive(Debug)]
pub(crate) struct Object(String);

/// Text that is JSON already.
pub(crate) struct Raw<T>(pub(crate) T);

/// An array, written element by element; see [`list`].
pub(crate) struct List<F>(F);

/// `null`, where no other value is possible.
pub(crate) struct Null;

/// An [`Object`] in JSON's own notation; the values are anything that is [`ToJson`].
macro_rules! object {
    ($($members:tt)+) => {
        $crate::json::write::Object::of(&$crate::json::write::nested! { $($members)+ })
    };
}
pub(crate) use object;

/// An object that is written where it stands, without a text of its own. `..&head` begins it with the members of an
/// [`Object`], for objects that begin alike.
macro_rules! nested {
    (..$head:expr, $first:literal: $value:expr $(, $name:literal: $more:expr)* $(,)?) => {
        $crate::json::write::Nested(|out: &mut String| {
            $crate::json::write::Object::begin($head, out);
            $crate::json::write::member(out, $first, &$value);
            $(
                out.push(',');
                $crate::json::write::member(out, $name, &$more);
            )*
        })
    };
    ($first:literal: $value:expr $(, $name:literal: $more:expr)* $(,)?) => {
        $crate::json::write::Nested(|out: &mut String| {
            out.push_str(concat!("{\"", $first, "\":"));
            $crate::json::write::ToJson::write(&$value, out);
            $(
                out.push_str(concat!(",\"", $name, "\":"));
                $crate::json::write::ToJson::write(&$more, out);
            )*
        })
    };
}
pub(crate) use nested;

/// What [`nested!`] makes: writes an object without its closing brace.
pub(crate) struct Nested<F>(pub(crate) F);

impl<F: Fn(&mut String)> ToJson for Nested<F> {
    fn write(&self, out: &mut String) {
        (self.0)(out);
        out.push('}');
    }
}

/// An array of the elements that the function adds.
pub(crate) fn list<F: Fn(&mut dyn FnMut(&dyn ToJson))>(elements: F) -> List<F> {
    List(elements)
}

/// Writes a member of an object; the name needs no escapes.
pub(crate) fn member(out: &mut String, name: &str, value: &(impl ToJson + ?Sized)) {
    out.push('"');
    out.push_str(name);
    out.push_str("\":");
    value.write(out);
}

/// The capacity of a new object. Growing in steps costs more than what a small object leaves unused.
const ROOM: usize = 256;

impl Object {
    pub(crate) fn new() -> Self {
        let mut text = String::with_capacity(ROOM);
        text.push('{');
        Self(text)
    }

    pub(crate) fn of(members: &Nested<impl Fn(&mut String)>) -> Self {
        Self::with_room(ROOM, &members.0)
    }

    /// An object with these members and a capacity for about that many bytes.
    pub(crate) fn with_room(bytes: usize, members: &dyn Fn(&mut String)) -> Self {
        let mut text = String::with_capacity(bytes);
        members(&mut text);
        Self(text)
    }

    /// Adds a member; the name needs no escapes.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &(impl ToJson + ?Sized)) -> Self {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        member(&mut self.0, name, value);
        self
    }

    /// Adds a member that is absent when there is no value.
    #[must_use]
    pub(crate) fn with_some(self, name: &str, value: Option<&(impl ToJson + ?Sized)>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    #[must_use]
    pub(crate) fn joined(mut self, other: &Self) -> Self {
        if self.0.len() > 1 && other.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push_str(&other.0[1..]);
        self
    }

    /// Writes an object that begins with these members and has more.
    pub(crate) fn begin(&self, out: &mut String) {
        out.push_str(&self.0);
        if self.0.len() > 1 {
            out.push(',');
        }
    }

    pub(crate) fn into_text(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

impl Clone for Object {
    /// Keeps the capacity: what is cloned is the beginning of several objects.
    fn clone(&self) -> Self {
        let mut text = String::with_capacity(self.0.capacity());
        text.push_str(&self.0);
        Self(text)
    }
}

macro_rules! to_json {
    ($($type:ty: |$value:ident, $out:ident| $write:expr;)*) => {
        $(impl ToJson for $type {
            fn write(&self, $out: &mut String) {
                let $value = self;
                $write
            }
        })*
    };
}

to_json! {
    Object: |object, out| out.extend([object.0.as_str(), "}"]);
    Null: |_null, out| out.push_str("null");
    Json<'_>: |value, out| out.push_str(&layout::print(value, Layout::Compact));
    str: |text, out| push_quoted(out, text);
    String: |text, out| push_quoted(out, text);
    Cow<'_, str>: |text, out| push_quoted(out, text);
    bool: |value, out| out.push_str(if *value { "true" } else { "false" });
    u64: |number, out| out.push_str(itoa::Buffer::new().format(*number));
    u16: |number, out| out.push_str(itoa::Buffer::new().format(*number));
    usize: |number, out| out.push_str(itoa::Buffer::new().format(*number));
    // infinity and NaN are not JSON
    f32: |number, out| if number.is_finite() {
        let _ = write!(out, "{number}");
    } else {
        out.push_str("null");
    };
}

impl<T: AsRef<str>> ToJson for Raw<T> {
    fn write(&self, out: &mut String) {
        out.push_str(self.0.as_ref());
    }
}

impl<F: Fn(&mut dyn FnMut(&dyn ToJson))> ToJson for List<F> {
    fn write(&self, out: &mut String) {
        let mut before = '[';
        (self.0)(&mut |element| {
            out.push(std::mem::replace(&mut before, ','));
            element.write(out);
        });
        out.push_str(if before == '[' { "[]" } else { "]" });
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
        list(|add| self.iter().for_each(|element| add(element))).write(out);
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
    fn writes_members_in_the_given_order() {
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
        let mut more = String::new();
        nested! { ..&object! { "a": true }, "b": "c" }.write(&mut more);
        nested! { ..&Object::new(), "b": "c" }.write(&mut more);
        assert_eq!(more, r#"{"a":true,"b":"c"}{"b":"c"}"#);
        assert_eq!(object! { "nan": f32::NAN }.into_text(), r#"{"nan":null}"#);
    }
}
