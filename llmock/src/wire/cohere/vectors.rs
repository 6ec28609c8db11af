//! The types of Cohere's embeddings: <https://docs.cohere.com/reference/embed>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::embeddings::Vector;
use super::super::format::RenderContext;
use crate::json::Json;
use crate::json::write::{Object, Raw};

/// The vectors in every type that the request names; as numbers if it names none.
pub(super) fn by_type(context: &RenderContext<'_>, vectors: &[Vector<'_>]) -> Object {
    let named = context.member("embedding_types").and_then(Json::as_array).unwrap_or_default();
    let mut types: Vec<String> =
        named.iter().filter_map(|name| Some(name.as_str()?.into_owned())).collect();
    if types.is_empty() {
        types.push("float".to_owned());
    }
    types.iter().fold(Object::new(), |all, kind| match kind.as_str() {
        "int8" => all.with(kind, &each(vectors, |value| i32::from(byte(value)))),
        "uint8" => all.with(kind, &each(vectors, |value| i32::from(byte(value)) + 128)),
        "binary" => all.with(kind, &packed(vectors, -128)),
        "ubinary" => all.with(kind, &packed(vectors, 0)),
        "base64" => {
            let texts: Vec<String> = vectors.iter().map(encoded).collect();
            all.with(kind, &texts)
        }
        _ => all.with(kind, vectors),
    })
}

/// Coordinates as numbers, which are texts of JSON already.
fn each(vectors: &[Vector<'_>], one: impl Fn(f32) -> i32) -> Vec<Vec<Raw<String>>> {
    let number = |value: &f32| Raw(one(*value).to_string());
    vectors.iter().map(|vector| vector.numbers().iter().map(number).collect()).collect()
}

/// A coordinate between -1 and 1 in eight bits.
fn byte(value: f32) -> i8 {
    #[expect(clippy::cast_possible_truncation, reason = "clamped to what fits")]
    let byte = (value * 127.0).clamp(-128.0, 127.0) as i8;
    byte
}

/// The signs of eight coordinates in each number, which begins at `least`.
fn packed(vectors: &[Vector<'_>], least: i32) -> Vec<Vec<Raw<String>>> {
    let bits = |eight: &[f32]| {
        let start = eight.iter().fold(0, |bits, value| (bits << 1) | i32::from(*value > 0.0));
        Raw(((start << (8 - eight.len())) + least).to_string())
    };
    vectors.iter().map(|vector| vector.numbers().chunks(8).map(bits).collect()).collect()
}

fn encoded(vector: &Vector<'_>) -> String {
    let bytes: Vec<u8> = vector.numbers().iter().flat_map(|value| value.to_le_bytes()).collect();
    STANDARD.encode(bytes)
}
