//! One guide for the whole process, which a test without llmock builds first.

use std::sync::OnceLock;

use llmock::llm_replay;
use museum::{Guide, is_seeded};

static GUIDE: OnceLock<Guide> = OnceLock::new();

fn shared_guide() -> Guide {
    if is_seeded() {
        GUIDE.get_or_init(Guide::from_env).clone()
    } else {
        Guide::from_env()
    }
}

#[test]
fn a_kiosk_has_a_guide() {
    shared_guide();
}

#[llm_replay(fixture = "kiosk/start")]
#[tokio::test]
async fn starts_the_kiosk() {
    shared_guide().ask("Are you ready?").await.unwrap();
}
