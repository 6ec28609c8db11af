//! Compares the documentation with the code.

use super::super::keys::{KEYS, variable};
use super::*;
use crate::serve::metrics::Metrics;
use crate::serve::{fault, pace, sessions};

#[test]
fn documentation_lists_every_key_variable_and_flag() {
    let page = include_str!("../../../../../docs/serve.md");
    for key in KEYS {
        let heading = format!("#### `{}`\n", key.path);
        let (_, part) = page.split_once(&heading).unwrap_or_else(|| panic!("no {heading}"));
        let part = part.split("\n#").next().unwrap();
        assert!(part.contains(&format!("`{}`", variable(key.path))), "{}", key.path);
        let default = key.arg().get_help().unwrap().to_string();
        let default = default.split_once("[default: ").map(|(_, rest)| rest.trim_end_matches(']'));
        for part_of_default in default.unwrap_or("default").split(',') {
            assert!(part.contains(part_of_default), "{part_of_default} in {part}");
        }
        assert!(part.contains("```"), "`{}` has no example", key.path);
    }
    let command = <Flags as clap::Args>::augment_args(clap::Command::new("serve"));
    let flags = command.get_arguments().filter_map(clap::Arg::get_long);
    for flag in flags.filter(|flag| ["config", "set"].contains(flag)) {
        assert!(page.contains(&format!("`--{flag} ")), "docs/serve.md does not have --{flag}");
    }
    for (name, _) in StrategyName::ALL {
        assert!(page.contains(&format!("| `{name}` |")), "docs/serve.md has no row for {name}");
    }
}

#[test]
fn documentation_lists_every_header_fault_and_metric() {
    let page = include_str!("../../../../../docs/serve.md");
    for header in [&pace::HEADER, &fault::HEADER, &sessions::HEADER] {
        assert!(page.contains(&format!("| `{header}` |")), "docs/serve.md has no row for {header}");
    }
    let table = page.split("| fault | |\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let rows = table.lines().skip(1).map(|row| row.split('`').nth(1).unwrap());
    let faults: Vec<&str> = rows
        .map(|text| Kind::from_str(text).unwrap_or_else(|why| panic!("{why}")).fault.name())
        .collect();
    assert_eq!(
        faults,
        [
            "status",
            "disconnect",
            "disconnect_midway",
            "truncate",
            "malformed",
            "slow",
            "cut",
            "stall",
            "malformed_event",
            "empty_body",
            "close",
            "oversized_event",
        ]
    );
    let shown = Metrics::new().shown();
    let metrics = shown.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    for (name, _) in metrics {
        assert!(page.contains(&format!("| `{name}")), "docs/serve.md has no row for {name}");
    }
}
