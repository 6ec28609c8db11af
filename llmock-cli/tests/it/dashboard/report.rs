//! `llmock report --html`: one file.

use std::collections::BTreeSet;

use super::desk;

/// The values of an attribute in a page.
fn values(page: &str, attribute: &str) -> BTreeSet<String> {
    let start = format!(" {attribute}=\"");
    page.split(&start).skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
}

#[test]
fn writes_everything_into_one_file() {
    let desk = desk();
    let printed = desk.prints(&["report", "--html", "out.html"]);
    assert!(printed.starts_with("wrote out.html ("), "{printed}");
    let page = desk.read("out.html");
    for text in [
        "1 fixture with 4 recorded requests",
        "shop",
        "Count to two.",
        "One, two.",
        "agent::fails",
        "Nothing to decide",
        "By model",
        "4 events in 36 ms",
        "2026-12-01T00:00:00Z",
    ] {
        assert!(page.contains(text), "{text}");
    }
    // Nothing is loaded, and every link leads to a place inside.
    let ids = values(&page, "id");
    let links = values(&page, "href");
    let dead: Vec<&String> = links
        .iter()
        .filter(|link| !link.strip_prefix('#').is_some_and(|id| ids.contains(id)))
        .collect();
    assert!(dead.is_empty(), "{dead:?}");
    assert!(values(&page, "src").is_empty() && !page.contains("<link") && !page.contains("<form"));
    assert!(page.contains("script-src &#39;sha256-"), "{}", &page[..600]);

    // The desk shows every backslash of what is printed as a slash.
    assert_eq!(desk.prints(&["report", "--html", "-"]), page.replace('\\', "/"));
    // An older report is replaced, another file is not.
    desk.prints(&["report", "--html", "out.html", "shop"]);
    assert!(!desk.read("out.html").contains("fixture-agent"));
    let before = desk.read("agent.json");
    let refused = desk.fails(&["report", "--html", "agent.json"]);
    assert!(
        refused.starts_with("error: `agent.json` exists and is not a report of llmock"),
        "{refused}"
    );
    assert_eq!(desk.read("agent.json"), before);
    let missing = desk.fails(&["report", "--html", "no/such/folder/out.html"]);
    assert!(missing.starts_with("error: failed to write `no/such/folder/out.html`: "), "{missing}");
}

#[test]
fn limits_the_number_of_conversations() {
    let desk = desk();
    desk.prints(&["report", "--html", "out.html", "--conversations", "3"]);
    let page = desk.read("out.html");
    assert!(page.contains("5 more conversations are not part of this file"), "{page}");
    assert_eq!(page.matches("aria-label=\"Conversation\"").count(), 3);
    let ids = values(&page, "id");
    for link in values(&page, "href").iter().filter(|link| link.starts_with("#conversation-")) {
        assert!(ids.contains(&link[1..]), "{link}");
    }
}
