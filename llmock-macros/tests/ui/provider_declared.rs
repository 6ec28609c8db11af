extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay(providers(openai, acme = ""))]
#[test]
fn without_address() {}

#[llm_replay(providers(acme = ))]
#[test]
fn without_value() {}

#[llm_replay(providers(acme = "llm.acme.dev/v1"))]
#[test]
fn without_scheme() {}

#[llm_replay(providers(Acme = "https://llm.acme.dev/v1"))]
#[test]
fn no_id() {}

#[llm_replay(providers("acme" => "https://llm.acme.dev/v1"))]
mod on_a_module {
    #[test]
    fn arrow() {}
}

fn main() {}
