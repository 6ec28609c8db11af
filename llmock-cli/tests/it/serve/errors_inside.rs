//! `llmock serve --record`: errors inside responses whose status is a success.

use crate::server::{Workdir, chat};
use llmock_testkit::upstream::{Response, Upstream};

#[test]
fn errors_inside_a_success_are_not_recorded() {
    let upstream = Upstream::start([
        Response::json(r#"{"error":{"message":"Busy","code":503}}"#),
        Response::sse([
            "data: {\"error\":{\"type\":\"overloaded_error\",\"message\":\"Full\"}}\n\n",
        ]),
        Response::json(r#"{"choices":[]}"#),
    ]);
    let workdir = Workdir::new();
    let variables = [("OPENAI_BASE_URL", &*upstream.openai_url())];
    let server = workdir.serve(&["--fixtures", "all", "--record"], &variables);
    for _ in 0..3 {
        assert_eq!(server.send(&chat("x")).status, 200);
    }
    server.wait_for_recordings(1);
    assert!(server.stderr().contains("not recorded: openai responded with 503: Busy"));
    assert!(server.stderr().contains("not recorded: openai responded with 529: Full"));
    assert_eq!(workdir.interactions("all/recorded.json").len(), 1);
}
