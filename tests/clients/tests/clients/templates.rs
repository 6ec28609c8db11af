//! The sample tests that `llmock init` writes.

#[path = "../../../../llmock-cli/templates/anthropic.rs"]
mod anthropic;
#[path = "../../../../llmock-cli/templates/async_openai.rs"]
mod async_openai;
#[cfg(feature = "genai-client")]
#[path = "../../../../llmock-cli/templates/genai.rs"]
mod genai;
#[path = "../../../../llmock-cli/templates/http.rs"]
mod http;
#[path = "../../../../llmock-cli/templates/rig.rs"]
mod rig;
