//! The grammar of llmock's settings.
//!
//! One parser per kind of value, shared by the attribute `#[llm_replay]`, `llmock.toml`, the builder, environment
//! variables and `llmock serve`, so that a value means the same everywhere and a mistake has the same message. The
//! crate is pure and small because the attribute runs it inside the compiler. Use it through `llmock`; its API follows
//! no version of its own.

#![allow(
    missing_docs,
    reason = "users see none of it but `Mode` and `Problem`, and many names say all there is to say"
)]

mod address;
mod age;
mod fault;
mod fields;
mod finding;
mod header;
mod host;
mod json_path;
mod keys;
mod layer;
mod name;
mod place;
mod problem;
mod quantity;
mod recipient;
mod request;
mod similar;
mod stream;
mod word;

pub use address::BaseUrl;
pub use age::MaxAge;
pub use fault::{At, FaultKind, FaultRule, RequestSelector, is_like};
pub use fields::{Field, FieldProblem, FieldsCheck};
pub use finding::{FINDINGS, FindingCode, Severity};
pub use header::{HeaderName, HeaderPattern, is_secret_header};
pub use host::{AllowedHost, is_trusted_host};
pub use json_path::{Comparable, Filter, JsonPath, Operator, Query, Segment, Selector, Slice};
pub use keys::{Check, Form, KEYS, Key, PairForm, ResettableKey, Value};
pub use layer::{Archive, Layer, RemoteLayer};
pub use name::{
    ContainedText, CountedField, EnvName, FieldName, FixtureFolder, FixtureName, LaneName,
    ProviderId,
};
pub use place::Place;
pub use problem::{Problem, hint, list, nearest};
pub use quantity::{Duration, Share, Size};
pub use recipient::Recipient;
pub use request::{AllowErrors, SideCall};
pub use similar::{Embeddings, Similarity};
pub use stream::{Chunks, Pace, StreamRule};
pub use word::{
    ApiVersion, Audio, CacheGuard, Contract, Mode, Network, Order, Sweep, Switch, Unused,
};

macro_rules! from_str {
    ($($name:ident)*) => {$(
        impl std::str::FromStr for $name {
            type Err = Problem;

            fn from_str(text: &str) -> Result<Self, Problem> {
                Self::parse(text)
            }
        }
    )*};
}

from_str!(AllowedHost BaseUrl Duration FieldName HeaderName HeaderPattern JsonPath Mode Order Place Share SideCall Size Sweep Switch Unused);
