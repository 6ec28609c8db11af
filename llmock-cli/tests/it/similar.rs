//! Similar texts in the command: `grep --like`, and what `check` lists.

use llmock_testkit::scratch::fixture;

use crate::command::Desk;

#[test]
fn grep_ranks_interactions_by_their_words() {
    let desk = Desk::with(&[]);
    desk.write("Cargo.toml", "[workspace]\n");
    desk.write(
        "a.json",
        &fixture(&[("Translate the poem into French", "le poème"), ("List the moons", "Io")]),
    );
    desk.write("b.json", &fixture(&[("How do I refund a customer?", "In the billing page.")]));
    let shown = desk.prints(&["grep", "--like", "refund the customers"]);
    let first = shown.lines().next().unwrap();
    assert!(
        first.contains("b.json#1") && first.ends_with("How do I refund a customer?"),
        "{shown}"
    );
    let ranked = desk.json(&["grep", "--like", "translate a french poem", "--json"]);
    assert_eq!((&ranked[0]["file"], &ranked[0]["number"]), (&"a.json".into(), &1.into()));
    assert!(ranked[0]["score"].as_f64().unwrap() > 0.2, "{ranked}");
    assert_eq!(desk.prints(&["grep", "-l", "--like", "french poem", "a"]), "a.json\n");
    assert_eq!(
        desk.fails(&["grep", "--like", "zzzz qqqq"]),
        "error: nothing is like `zzzz qqqq`\n"
    );
    assert_eq!(desk.run(&["grep"]).code, 2);
}

#[test]
fn check_lists_similar_requests() {
    let desk = Desk::with(&[]);
    desk.write("Cargo.toml", "[package]\nname = \"app\"\n\n[workspace]\n");
    desk.write("llmock.toml", "order = \"any\"\nsimilar = 0.8\n");
    desk.write("a.json", "{\n  \"llmock\": 1,\n  \"interactions\": []\n}\n");
    let test = "use llmock::llm_replay;\n#[llm_replay(fixture = \"a\", similar = 0.9)]\n#[test]\nfn greets() {}\n";
    desk.write("tests/api.rs", test);
    let line = r#"{"run":"1","test":"api::greets","fixture":"a.json","notes":[{"name":"similar","sentence":"it is 0.93 alike"}]}"#;
    desk.write("target/llmock/last-run.jsonl", &format!("{line}\n"));
    let shown = desk.prints(&["check", "--no-tests"]);
    for expected in [
        "warning[similar] llmock.toml:2: every test accepts similar requests (`similar = 0.8`)",
        "warning[similar] tests/api.rs:3: test `api::greets` accepts similar requests",
        "warning[similar] a.json: in the last run of test `api::greets`, it is 0.93 alike",
    ] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
}
