use super::*;

/// An interaction of `test` with a prompt, a text, and the hour of its recording.
fn one(owner: &str, prompt: &str, text: &str, hour: u32) -> String {
    format!(
        r#"{{"provider": "openai", "test": "{owner}", "recorded_at": "2026-11-30T{hour:02}:00:00Z", "request": {{"path":
        "/v1/chat/completions", "body": {{"model": "m", "messages": [{{"role": "user", "content": "{prompt}"}}]}}}}, "response":
        {{"body": {{"id": "chatcmpl-{hour}", "choices": [{{"message": {{"role": "assistant", "content": "{text}"}}}}]}}}}}}"#
    )
}

fn file(interactions: &[String]) -> Fixture {
    let text = format!(r#"{{"llmock": 1, "interactions": [{}]}}"#, interactions.join(","));
    Fixture::parse("f.json", &text).unwrap()
}

/// `test prompt response` of each interaction, with `<ours|theirs>` for a conflict.
fn shown(merged: &Merged) -> Vec<String> {
    let one = |it: &Interaction| {
        let body = String::from_utf8(it.response().body().into_owned()).unwrap();
        let text =
            body.split("\"content\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        format!("{} {} {text}", it.test().unwrap_or("-"), it.prompt().unwrap())
    };
    let side = |it: &Option<Interaction>| it.as_ref().map_or_else(String::new, one);
    let piece = |piece: &Piece| match piece {
        Piece::Clean(it) => one(it),
        Piece::Conflict { ours, theirs } => format!("<{}|{}>", side(ours), side(theirs)),
    };
    merged.pieces.iter().map(piece).collect()
}

#[test]
fn takes_over_what_one_side_changed() {
    let base = file(&[one("a", "p", "1", 1), one("b", "q", "2", 1), one("c", "r", "3", 1)]);
    let ours = file(&[
        one("a", "p", "one", 2),
        one("b", "q", "2", 1),
        one("c", "r", "3", 1),
        one("d", "s", "4", 2),
    ]);
    let theirs = file(&[one("a", "p", "1", 1), one("x", "t", "5", 3), one("renamed", "r", "3", 1)]);
    let merged = merge(&base, &ours, &theirs);
    assert_eq!(shown(&merged), ["a p one", "x t 5", "renamed r 3", "d s 4"]);
    assert!(merged.clean().is_some() && merged.both_recorded.is_empty());
}

#[test]
fn a_renamed_owner_keeps_the_new_recording() {
    let base = file(&[one("old", "p", "1", 1)]);
    let ours = file(&[one("new", "p", "1", 1)]);
    let theirs = file(&[one("old", "p", "2", 2)]);
    assert_eq!(shown(&merge(&base, &ours, &theirs)), ["new p 2"]);
    assert_eq!(shown(&merge(&base, &theirs, &ours)), ["new p 2"]);
}

#[test]
fn only_different_responses_to_one_request_conflict() {
    let base = file(&[one("a", "p", "1", 1), one("b", "q", "2", 1)]);
    let ours = file(&[one("a", "p", "ours", 2), one("b", "q", "2", 4)]);
    let theirs = file(&[one("a", "p", "theirs", 3), one("b", "q", "2", 3)]);
    let merged = merge(&base, &ours, &theirs);
    assert_eq!(shown(&merged), ["<a p ours|a p theirs>", "b q 2"]);
    // Ids and times are no conflict; those of the newer recording stay.
    let Piece::Clean(second) = &merged.pieces[1] else { panic!("a conflict") };
    assert_eq!(second.recorded_at(), Some("2026-11-30T04:00:00Z"));
    let removed = file(&[one("b", "q", "2", 1)]);
    assert_eq!(shown(&merge(&base, &removed, &theirs)), ["<|a p theirs>", "b q 2"]);
    assert_eq!(shown(&merge(&base, &removed, &base)), ["b q 2"]);
}

#[test]
fn equal_requests_keep_their_order_and_additions_are_united() {
    let base = file(&[]);
    let ours = file(&[one("a", "p", "1", 1), one("a", "p", "2", 1)]);
    let theirs = file(&[one("a", "p", "1", 1), one("a", "p", "2", 1), one("a", "r", "3", 1)]);
    assert_eq!(shown(&merge(&base, &ours, &theirs)), ["a p 1", "a p 2", "a r 3"]);
    let theirs = file(&[one("a", "r", "3", 1)]);
    let merged = merge(&base, &ours, &theirs);
    assert_eq!(merged.both_recorded, ["a"]);
    let swapped = file(&[one("a", "p", "2", 1), one("a", "p", "1", 1)]);
    assert_eq!(shown(&merge(&ours, &ours, &swapped)), ["a p 2", "a p 1"]);
}

#[test]
fn either_side_of_every_conflict_leaves_a_valid_file() {
    let (a, b, c) = (one("a", "p", "1", 1), one("b", "q", "2", 1), one("c", "r", "3", 1));
    let clean = |text: &str| Piece::Clean(file(&[text.to_owned()]).interactions()[0].clone());
    let conflict = |ours: Option<&str>, theirs: Option<&str>| {
        let side = |text: Option<&str>| {
            text.map(|text| file(&[text.to_owned()]).interactions()[0].clone())
        };
        Piece::Conflict { ours: side(ours), theirs: side(theirs) }
    };
    let (both, removed) = (|| conflict(Some(&b), Some(&c)), || conflict(None, Some(&c)));
    let cases: [Vec<Piece>; 8] = [
        vec![both()],
        vec![both(), clean(&a)],
        vec![clean(&a), both()],
        vec![clean(&a), clean(&b), removed()],
        vec![removed(), clean(&a), removed(), clean(&b), clean(&c), removed()],
        vec![both(), both(), removed()],
        vec![removed(), both()],
        vec![removed(), conflict(Some(&a), None)],
    ];
    for pieces in cases {
        let text = conflicted(&pieces, 7);
        assert!(Fixture::parse("f.json", &text).unwrap_err().to_string().contains("f.json"));
        for keep_ours in [true, false] {
            let mut kept = Vec::new();
            let mut side = None;
            for line in text.lines() {
                match line {
                    "<<<<<<< ours" => side = Some(true),
                    "=======" => side = Some(false),
                    ">>>>>>> theirs" => side = None,
                    line if side.is_none_or(|side| side == keep_ours) => kept.push(line),
                    _ => {}
                }
            }
            let kept = kept.join("\n");
            assert!(Fixture::parse("f.json", &kept).is_ok(), "{kept}");
        }
    }
}
