use super::*;

#[test]
fn every_kind_survives_a_round_trip() {
    for kept in [
        "status = 429",
        "status = 429, retry_after = 1, times = 2",
        "cut_after_event = 3",
        "cut_after_byte = 0, reset = true",
        "stall_after_event = 1, request = 2",
        "stall_after_byte = 17, times = \"always\"",
        "slow = \"2000ms\", provider = \"openai\"",
        "malformed_event = 2, path = \"/v1/*\"",
        "content_type = \"text/html\", model = \"gpt-*\"",
        "empty_body = true",
        "close_after_event = 2, close_code = 1013",
        "oversized_event = 1",
        "refused = true, probability = 0.2, seed = 7",
    ] {
        for text in [kept, &kept.replace('"', "")] {
            let rule = FaultRule::from_text(text).expect(text);
            assert_eq!(rule.to_string(), kept);
        }
    }
}

#[test]
fn each_mistake_has_a_message() {
    for (text, message) in [
        ("", "no fault is named: expected `status`, `cut_after_event`, "),
        ("times=2", "no fault is named: expected "),
        ("status=200", "invalid `status` `200`: expected 400 to 599"),
        ("status=x", "invalid `status`: expected a whole number, found `\"x\"`"),
        ("statsu=429", "unknown field `statsu` of `fault`; did you mean `status`?"),
        ("status=429, refused", "`refused` and `status` are two faults; write a `fault` for each"),
        ("refused, retry-after=1", "`retry_after` belongs to `status`, not to `refused`"),
        ("close-after-event=1, close-code=1005", "invalid `close_code` `1005`: expected 1000 to"),
        (
            "cut-after-event=1, close-code=1000",
            "`close_code` belongs to `close_after_event`, not to",
        ),
        ("oversized-event=0", "invalid `oversized_event` `0`: expected a whole number from 1 on"),
        ("stall-after-event=1, reset", "`reset` belongs to `cut_after_event` and"),
        ("malformed-event=0", "invalid `malformed_event` `0`: expected a whole number from 1 on"),
        ("slow=soon", "invalid duration `soon`: "),
        ("refused, request=0", "invalid `request` `0`: expected a whole number from 1 on"),
        ("refused, times=never", "invalid `times`: expected a whole number, or `always`"),
        ("refused, path=v1", "invalid path `v1`: expected one such as"),
        ("refused, provider=Open AI", "invalid provider id `Open AI`: "),
        ("refused, probability=2", "invalid `probability` `2`: expected a number from 0 to 1"),
        ("refused, seed=2", "`seed` has no effect without `probability`"),
        ("content-type=html", "invalid content type `html`: expected one such as `text/html`"),
    ] {
        let error = FaultRule::from_text(text).unwrap_err().to_string();
        assert!(error.starts_with(message), "{text}: {error}");
    }
}

#[test]
fn patterns_have_stars() {
    for (pattern, text, fits) in [
        ("gpt-*", "gpt-5.4-mini", true),
        ("gpt-*", "o4-gpt-", false),
        ("*mini", "gpt-5.4-mini", true),
        ("*mini", "gpt-5.4-mini-x", false),
        ("g*5*mini", "gpt-5.4-mini", true),
        ("gpt", "gpt-5", false),
        ("gpt-5", "gpt-5", true),
        ("*", "", true),
        ("a*a", "a", false),
    ] {
        assert_eq!(is_like(pattern, text), fits, "{pattern} {text}");
    }
}

#[test]
fn a_selector_looks_at_everything_that_it_names() {
    let selector = RequestSelector {
        provider: Some("openai".into()),
        path: Some("/v1/chat/*".into()),
        model: Some("gpt-*".into()),
        request: None,
    };
    assert!(selector.fits("openai", "/v1/chat/completions?a=b", Some("gpt-5")));
    assert!(!selector.fits("groq", "/v1/chat/completions", Some("gpt-5")));
    assert!(!selector.fits("openai", "/v1/models", Some("gpt-5")));
    assert!(!selector.fits("openai", "/v1/chat/completions", None));
    assert!(RequestSelector::default().fits("groq", "/", None));
}
