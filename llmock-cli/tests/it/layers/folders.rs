//! Layers that are folders: what `layers`, `check`, and `list` say about them.

use std::fs;

use llmock_testkit::scratch::fixture;

use super::Team;

#[test]
fn layers_with_different_responses_are_listed() {
    let team = Team::new(Vec::new(), &["fixtures", "contracts", "empty"]);
    fs::create_dir(team.desk.path("empty")).unwrap();
    team.records("chat.json", &[("a", "ours"), ("b", "same")]);
    team.records("only.json", &[("a", "a")]);
    team.desk.write("contracts/chat.json", &fixture(&[("a", "theirs"), ("b", "same"), ("c", "c")]));
    team.desk.write("contracts/only.json", &fixture(&[("z", "z")]));
    let shown = team.prints(&["layers"]);
    for expected in [
        "llmock.toml\n",
        "  1  fixtures  2 fixtures, recordings go here\n",
        "  2  contracts  2 fixtures\n",
        "  3  empty  0 fixtures\n",
        "`chat.json` is in `fixtures` and `contracts` with another response to 1 request, of which the first is used",
        "`only.json` is in `fixtures` and `contracts` with different requests, which are combined",
    ] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&team.prints(&["layers", "--json"])).unwrap();
    assert_eq!((&json[1]["layer"], &json[1]["fixtures"]), (&"contracts".into(), &2.into()));
    let checked = team.run(&["check", "--no-tests"]);
    let expected = "warning[layers_differ] llmock.toml: `chat.json` is in `fixtures` and `contracts` with different \
                    responses to 1 request";
    assert!(checked.out.contains(expected), "{checked:?}");
    fs::remove_dir_all(team.desk.path("contracts")).unwrap();
    let error = team.fails(&["layers"]);
    assert!(
        error.starts_with("error: layer `contracts` does not exist: there is no folder `"),
        "{error}"
    );
    let checked = team.run(&["check", "--no-tests"]);
    assert!(
        checked.out.contains("error[layer] llmock.toml: layer `contracts` does not exist"),
        "{checked:?}"
    );
    assert_eq!(checked.code, 1);
}

#[test]
fn invalid_layers_name_the_line() {
    let team = Team::new(Vec::new(), &["fixtures", "s4://team/main"]);
    for command in ["layers", "pull", "list"] {
        let error = team.fails(&[command]);
        assert!(
            error.contains("llmock.toml:1:23`: `layers`: invalid layer `s4://team/main`"),
            "{error}"
        );
    }
    let team = Team::new(Vec::new(), &["s3://team/main"]);
    assert!(
        team.fails(&["layers"]).contains("the first layer is the folder that recordings go to")
    );
    let team = Team::new(Vec::new(), &["fixtures"]);
    assert!(team.fails(&["pull"]).contains("no layer of this workspace is fetched\nhint: "));
    team.desk.write("llmock.toml", "");
    assert_eq!(team.prints(&["layers"]), "no `llmock.toml` of this workspace has `layers`\n");
}
