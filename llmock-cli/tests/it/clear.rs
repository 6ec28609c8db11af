//! `llmock clear`, as a shell runs it: it removes what it was told to, and nothing else.

use crate::command::Desk;

/// Numbers and digits of what `llmock list` shows.
fn listed(desk: &Desk, path: &str) -> Vec<String> {
    let shown = desk.prints(&["list", path]);
    shown.lines().skip(4).map(|line| line.trim_start().chars().take(15).collect()).collect()
}

#[test]
fn removes_a_file() {
    let desk = Desk::with(&["shop.json", "texts.json"]);
    assert_eq!(desk.prints(&["clear", "shop"]), "removed shop.json (4 interactions)\n");
    assert!(!desk.path("shop.json").exists());
    assert!(desk.path("texts.json").exists());
    assert_eq!(desk.fails(&["clear", "shop"]), "error: fixture `shop.json` does not exist\n");
}

#[test]
fn removes_one_interaction_by_any_unambiguous_prefix() {
    for prefix in ["540f2d6f6f77", "5", "540F", "2:540f"] {
        let desk = Desk::with(&["shop.json"]);
        assert_eq!(
            desk.prints(&["clear", "shop", "--hash", prefix]),
            "removed from shop.json:\n  540f2d6f6f77  gpt-4o  2026-04-23T10:00:00Z  -  127 B  \"hi\" → \"Hello!\"\n\
             3 interactions are left\n"
        );
        assert_eq!(
            listed(&desk, "shop"),
            ["1  c6f066d51d75", "2  c66ca070e4fc", "3  9c41d2c79a07"]
        );
    }
}

#[test]
fn ambiguous_prefix_lists_candidates_and_changes_nothing() {
    let desk = Desk::with(&["shop.json"]);
    let before = desk.read("shop.json");
    assert_eq!(
        desk.fails(&["clear", "shop", "--hash", "c6"]),
        "error: `c6` is ambiguous, 2 hashes in `shop.json` begin with it:\n\
         \u{20} 2  c6f066d51d75  gpt-4o  2026-04-23T10:00:02Z  -  155 B  [streaming] POST /v1/chat/completions\n\
         \u{20} 3  c66ca070e4fc  claude  -                     -  299 B  [529] \"grün\" → \"error: Overloaded\"\n\
         hint: add digits until only one matches\n"
    );
    assert_eq!(
        desk.fails(&["clear", "shop", "--hash", "1"]),
        "error: no interaction in `shop.json` has a hash that starts with `1`\n\
         hint: `llmock list shop.json` shows them\n"
    );
    assert_eq!(desk.read("shop.json"), before);
}

#[test]
fn removes_one_of_several_equal_requests_by_number() {
    let desk = Desk::with(&[]);
    let interaction = |text: &str| {
        format!(
            r#"{{"provider": "openai", "request": {{"path": "/v1/completions", "body": {{"prompt": "Toss."}}}},
                "response": {{"body": {{"text": "{text}"}}}}}}"#
        )
    };
    let both = format!(
        r#"{{"llmock": 1, "interactions": [{}, {}]}}"#,
        interaction("heads"),
        interaction("tails")
    );
    desk.write("coin.json", &both);
    let digits = listed(&desk, "coin")[0][3..].to_owned();
    let refused = desk.fails(&["clear", "coin", "--hash", &digits]);
    let hint = "hint: their requests are equal; select one by its number: `llmock clear coin.json --number 1`";
    assert_eq!(refused.lines().last(), Some(hint), "{refused}");
    assert_eq!(
        desk.fails(&["clear", "coin", "--number", "3"]),
        "error: `coin.json` has no interaction 3, only 2\n"
    );
    desk.fails(&["clear", "coin", "--number", "0"]);

    let stdout = desk.prints(&["clear", "coin", "--number", "1"]);
    assert!(stdout.ends_with("1 interaction is left\n"), "{stdout}");
    let left = desk.read("coin.json");
    assert!(left.contains("tails") && !left.contains("heads"), "{left}");

    let stdout = desk.prints(&["clear", "coin", "--hash", &digits]);
    assert!(stdout.ends_with("no interactions are left\n"), "{stdout}");
    assert_eq!(desk.read("coin.json"), "{\n  \"llmock\": 1,\n  \"interactions\": []\n}\n");
}

#[test]
fn converts_llm_mock_fixtures_when_writing() {
    let desk = Desk::with(&["llm-mock-1.json"]);
    let text = desk.read("llm-mock-1.json");
    let two = text.replace("Say yes.", "Say no.");
    let entries = |text: &str| {
        let (start, end) = (text.find('[').unwrap() + 1, text.rfind(']').unwrap());
        text[start..end].to_owned()
    };
    desk.write(
        "llm-mock-1.json",
        &text.replace(&entries(&text), &format!("{},{}", entries(&text), entries(&two))),
    );
    let before = listed(&desk, "llm-mock-1");
    assert_eq!(before.len(), 2);

    desk.prints(&["clear", "llm-mock-1", "--hash", &before[0][3..]]);

    let written = desk.read("llm-mock-1.json");
    assert!(written.contains("Say no."), "{written}");
    assert_eq!(listed(&desk, "llm-mock-1")[0][3..], before[1][3..]);
    assert!(written.contains(&format!("\"hash\": \"2:{}", &before[1][3..])), "{written}");
}

#[test]
fn leaves_files_that_are_not_fixtures_alone() {
    let desk = Desk::with(&["shop.json"]);
    desk.write("package.json", r#"{"name": "x"}"#);
    desk.write("half.json", r#"{"llmock": 1, "interactions": ["#);
    desk.write("notes.txt", "hello");
    desk.write("folder/shop.json", &desk.read("shop.json"));

    let refused = desk.fails(&["clear", "package.json"]);
    let end = "`package.json` was not changed: it is not a valid fixture\n";
    assert!(
        refused.starts_with("error: failed to load fixture `package.json`: line 1, column "),
        "{refused}"
    );
    assert!(refused.ends_with(end), "{refused}");
    for options in [&[][..], &["--hash", "5"], &["--number", "1"]] {
        let arguments = |path| [&["clear", path], options].concat();
        desk.fails(&arguments("half"));
        desk.fails(&arguments("notes.txt"));
        assert_eq!(
            desk.fails(&arguments("folder")),
            "error: `folder` is a folder: name one fixture (`llmock list folder` shows them)\n"
        );
    }
    for kept in ["package.json", "half.json", "notes.txt", "folder/shop.json"] {
        assert!(desk.path(kept).exists(), "{kept}");
    }
}

#[test]
fn leaves_read_only_files_unchanged() {
    let desk = Desk::with(&["shop.json"]);
    let before = desk.read("shop.json");
    let set = |readonly| {
        let mut permissions = std::fs::metadata(desk.path("shop.json")).unwrap().permissions();
        permissions.set_readonly(readonly);
        std::fs::set_permissions(desk.path("shop.json"), permissions).unwrap();
    };
    set(true);
    assert_eq!(
        desk.fails(&["clear", "shop", "--hash", "54"]),
        "error: failed to write fixture `shop.json`: the file is read-only\n"
    );
    assert_eq!(desk.read("shop.json"), before);
    // Windows deletes no read-only file, not even with its folder.
    set(false);
}
