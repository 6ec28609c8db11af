//! `llmock man`: the manual pages.

use std::io;
use std::path::PathBuf;

use clap::Args;
use clap_mangen::Man;

use crate::output::Screen;
use crate::output::text::count;
use crate::problem::Problem;
use crate::replace::replace;

/// Print the manual page, or write the pages of all commands
#[derive(Args, Debug)]
#[command(after_help = super::help(&[
    ("llmock man | man -l -", "reads it"),
    ("llmock man check | man -l -", "that of one command"),
    ("llmock man --out ~/.local/share/man/man1", "installs the pages of all commands"),
]))]
pub(crate) struct Page {
    /// The command; by default the page about all of them
    command: Option<String>,

    /// Write a page for each command into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    out: Option<PathBuf>,
}

pub(crate) fn man(screen: &mut Screen, arguments: &Page, command: clap::Command) -> io::Result<()> {
    let mut pages = pages(command);
    if let Some(folder) = &arguments.out {
        let number = count(pages.len(), "page");
        for (name, page) in pages {
            let path = folder.join(format!("{name}.1"));
            if let Err(why) = replace(&path, &page) {
                return screen.problem(&Problem::NotWritten { path, why });
            }
        }
        return screen.line(&format!("wrote {number} to {}", folder.display()));
    }
    let wanted =
        arguments.command.as_ref().map_or("llmock".to_owned(), |it| format!("llmock-{it}"));
    if let Some(at) = pages.iter().position(|(name, _)| *name == wanted) {
        return screen.bytes(&pages.swap_remove(at).1);
    }
    let given = arguments.command.as_deref().unwrap_or_default();
    let names = pages.iter().filter_map(|(name, _)| name.strip_prefix("llmock-"));
    let near = llmock_rules::nearest(given, names);
    let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    screen.problem(&Problem::Other(format!("there is no command `{given}`{hint}")))
}

/// The name and the text of each page.
fn pages(mut command: clap::Command) -> Vec<(String, Vec<u8>)> {
    command.build();
    let render = |command: clap::Command| {
        let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
        let mut page = Vec::new();
        // Writing to memory does not fail.
        let _ = Man::new(command).render(&mut page);
        (name, page)
    };
    let mut pages = vec![render(command.clone())];
    let shown =
        command.get_subcommands().filter(|one| !one.is_hide_set() && one.get_name() != "help");
    pages.extend(shown.cloned().map(render));
    pages
}
