//! The layouts that Cargo, nextest, and other build systems produce, as data.

use super::super::Site;
use super::*;

/// One layout: what the compiler put into the site, what the process knows, what is on the disk.
struct Layout {
    what: &'static str,
    file: &'static str,
    hop: &'static str,
    manifest_dir: Option<&'static str>,
    remapped: &'static [(&'static str, &'static str)],
    named_root: Option<&'static str>,
    runtime: Option<&'static str>,
    cwd: &'static str,
    /// Folders and files that exist.
    disk: &'static [&'static str],
    expected: &'static str,
}

const MEMBER: Layout = Layout {
    what: "member",
    file: "member/tests/api.rs",
    hop: "..",
    manifest_dir: Some("/ws/member"),
    remapped: &[],
    named_root: None,
    runtime: Some("/ws/member"),
    cwd: "/ws/member",
    disk: &["/ws/member/tests"],
    expected: "/ws/member/tests/fixtures/x.json",
};

const LAYOUTS: &[Layout] = &[
    Layout {
        what: "root package",
        file: "tests/o.rs",
        hop: "",
        manifest_dir: Some("/ws"),
        runtime: Some("/ws"),
        cwd: "/ws",
        disk: &["/ws/tests"],
        expected: "/ws/tests/fixtures/x.json",
        ..MEMBER
    },
    MEMBER,
    Layout {
        what: "nested member",
        file: "nested/deep/tests/t.rs",
        hop: "../..",
        manifest_dir: Some("/ws/nested/deep"),
        runtime: Some("/ws/nested/deep"),
        cwd: "/ws/nested/deep",
        disk: &["/ws/nested/deep/tests"],
        expected: "/ws/nested/deep/tests/fixtures/x.json",
        ..MEMBER
    },
    Layout {
        what: "unit test in a file module",
        file: "member/src/chat/prompt.rs",
        disk: &["/ws/member/src/chat"],
        expected: "/ws/member/src/chat/fixtures/x.json",
        ..MEMBER
    },
    Layout {
        what: "module of an integration test",
        file: "member/tests/api/sub.rs",
        disk: &["/ws/member/tests/api"],
        expected: "/ws/member/tests/api/fixtures/x.json",
        ..MEMBER
    },
    Layout {
        what: "[[test]] with a path out of the package, whose own folder may even be gone",
        file: "member/../shared/x.rs",
        disk: &["/ws/shared"],
        expected: "/ws/shared/fixtures/x.json",
        ..MEMBER
    },
    Layout {
        what: "member outside the workspace's folder",
        file: "/proj/tests/api.rs",
        hop: "",
        manifest_dir: Some("/proj"),
        runtime: Some("/proj"),
        cwd: "/proj",
        disk: &["/proj/tests"],
        expected: "/proj/tests/fixtures/x.json",
        ..MEMBER
    },
    Layout {
        what: "member outside the workspace's folder with a named root that has tests of its own",
        file: "/proj/tests/api.rs",
        hop: "",
        manifest_dir: Some("/proj"),
        named_root: Some("/ws"),
        runtime: Some("/proj"),
        cwd: "/proj",
        disk: &["/proj/tests", "/ws/tests"],
        expected: "/proj/tests/fixtures/x.json",
        ..MEMBER
    },
    Layout {
        what: "--manifest-path from another folder (the compiler and the test run where they always do)",
        cwd: "/ws/member",
        ..MEMBER
    },
    Layout {
        what: "include!: the included file counts",
        file: "member/tests/inc/x.rs",
        disk: &["/ws/member/tests/inc"],
        expected: "/ws/member/tests/inc/fixtures/x.json",
        ..MEMBER
    },
    Layout {
        what: "macro_rules! of another crate: the invocation's file counts, the span's has no pair",
        remapped: &[("helper/src/lib.rs", "other/helper/src/lib.rs")],
        ..MEMBER
    },
    Layout {
        what: "--remap-path-prefix member=M",
        file: "M/tests/api.rs",
        remapped: &[("M/tests/api.rs", "member/tests/api.rs")],
        ..MEMBER
    },
    Layout {
        what: "doctest of edition 2024: a temporary bundle, even while it exists",
        file: "/tmp/rustdoctestAb/doctest_bundle_2024.rs",
        disk: &["/tmp/rustdoctestAb", "/ws/member/Cargo.toml"],
        expected: "/ws/member/tests/fixtures/x.json",
        ..MEMBER
    },
    Layout {
        what: "doctest of edition 2021",
        file: "member/src/lib.rs",
        disk: &["/ws/member/src"],
        expected: "/ws/member/src/fixtures/x.json",
        ..MEMBER
    },
    Layout {
        what: "nextest archive, moved and remapped, while the build tree is still there",
        runtime: Some("/new/member"),
        cwd: "/new/member",
        disk: &["/ws/member/tests", "/new/member/tests"],
        expected: "/new/member/tests/fixtures/x.json",
        ..MEMBER
    },
    Layout {
        what: "two worktrees on one target directory: the binary came from the other one",
        manifest_dir: Some("/worktree-a/member"),
        runtime: Some("/worktree-b/member"),
        cwd: "/worktree-b/member",
        disk: &["/worktree-a/member/tests", "/worktree-b/member/tests"],
        expected: "/worktree-b/member/tests/fixtures/x.json",
        ..MEMBER
    },
    Layout {
        what: "a named root wins over all that Cargo says",
        named_root: Some("/checkout"),
        disk: &["/ws/member/tests", "/checkout/member/tests"],
        expected: "/checkout/member/tests/fixtures/x.json",
        ..MEMBER
    },
    Layout {
        what: "a named root without the source is passed over",
        named_root: Some("/checkout"),
        ..MEMBER
    },
    Layout {
        what: "the bare binary from anywhere: compile time",
        runtime: None,
        cwd: "/",
        ..MEMBER
    },
    Layout {
        what: "the bare binary in a moved tree: working directory",
        runtime: None,
        cwd: "/moved",
        disk: &["/moved/member/tests"],
        expected: "/moved/member/tests/fixtures/x.json",
        ..MEMBER
    },
    Layout {
        what: "Buck2, Bazel: no manifest at all, runfiles below the working directory",
        file: "pkg/tests/api.rs",
        hop: "",
        manifest_dir: None,
        runtime: None,
        cwd: "/runfiles/repo",
        disk: &["/runfiles/repo/pkg/tests"],
        expected: "/runfiles/repo/pkg/tests/fixtures/x.json",
        ..MEMBER
    },
    Layout {
        what: "sources gone, fixtures shipped with the package",
        runtime: Some("/shipped/member"),
        cwd: "/shipped/member",
        disk: &["/shipped/member/tests/fixtures"],
        expected: "/shipped/member/tests/fixtures/x.json",
        ..MEMBER
    },
];

fn site(layout: &Layout) -> Site {
    let &Layout { file, hop, manifest_dir, remapped, .. } = layout;
    Site { file, hop, manifest_dir, remapped, module: "api", function: "greets", line: 1 }
}

fn resolve_in(layout: &Layout, names: &[&str]) -> Result<Resolved, NoFolder> {
    let places = Places {
        workspace_root: layout.named_root.map(PathBuf::from),
        runtime_manifest_dir: layout.runtime.map(PathBuf::from),
        cwd: Some(PathBuf::from(layout.cwd)),
    };
    // A folder exists if anything below it does.
    let exists = |path: &Path| layout.disk.iter().any(|known| Path::new(known).starts_with(path));
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    resolve(&site(layout), &names, &places, &exists)
}

#[test]
fn every_layout_finds_its_fixture() {
    for layout in LAYOUTS {
        let resolved = resolve_in(layout, &["x.json"]);
        assert_eq!(
            resolved.map(|resolved| resolved.fixture),
            Ok(PathBuf::from(layout.expected)),
            "{}",
            layout.what
        );
    }
}

#[test]
fn nothing_found_lists_every_candidate() {
    let nowhere = Layout {
        named_root: Some("/checkout"),
        runtime: Some("/new/member"),
        cwd: "/tmp",
        disk: &[],
        ..MEMBER
    };
    let error = resolve_in(&nowhere, &["x.json"]).expect_err("nothing exists");
    let tried = [
        "/checkout/member/tests",
        "/new/member/tests",
        "/ws/member/tests",
        "/tmp/member/tests",
        "/new/member/tests/fixtures",
        "/ws/member/tests/fixtures",
        "/tmp/tests/fixtures",
    ];
    assert_eq!(error.tried, tried.map(PathBuf::from));
}

#[test]
fn the_first_name_that_exists_is_read_and_the_first_of_all_is_recorded() {
    let names = ["api/greets.json", "api.json"];
    let folder = "/ws/member/tests/fixtures";
    let cases: [(&'static [&'static str], &str); 4] = [
        (&["/ws/member/tests"], "api/greets.json"),
        (&["/ws/member/tests/fixtures/api.json"], "api.json"),
        (&["/ws/member/tests/fixtures/api/greets.json"], "api/greets.json"),
        (
            &["/ws/member/tests/fixtures/api.json", "/ws/member/tests/fixtures/api/greets.json"],
            "api/greets.json",
        ),
    ];
    for (disk, expected) in cases {
        let resolved = resolve_in(&Layout { disk, ..MEMBER }, &names).expect("the folder exists");
        assert_eq!(resolved.fixture, Path::new(folder).join(expected));
        assert_eq!(resolved.tried, names.map(|name| Path::new(folder).join(name)));
    }
}

#[test]
fn redirected_writes_keep_the_structure() {
    let shared = Layout { file: "member/../../shared/x.rs", disk: &["/shared"], ..MEMBER };
    let doctest = Layout { file: "/tmp/d/b.rs", disk: &["/ws/member/Cargo.toml"], ..MEMBER };
    let cases = [
        (MEMBER, "/out/member/tests/fixtures/x.json"),
        (doctest, "/out/member/tests/fixtures/x.json"),
        // Outside the root: still inside the folder that was asked for.
        (shared, "/out/shared/fixtures/x.json"),
    ];
    for (layout, expected) in cases {
        let resolved = resolve_in(&layout, &["x.json"]).expect("the folder exists");
        assert_eq!(
            resolved.write_path(Some(Path::new("/out"))),
            Path::new(expected),
            "{}",
            layout.file
        );
        assert_eq!(resolved.write_path(None), resolved.fixture);
    }
}

#[test]
fn normalising_looks_at_names_only() {
    let cases = [
        ("/a/./b/../c", "/a/c"),
        ("/../a", "/a"),
        ("../../a", "../../a"),
        ("a/../../b", "../b"),
        ("member/../shared", "shared"),
    ];
    for (path, expected) in cases {
        assert_eq!(normalize(Path::new(path)), Path::new(expected));
    }
}
