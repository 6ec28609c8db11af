//! Output of the commands for fixtures; that of the server is below.

pub(crate) mod changes;
pub(crate) mod conversation;
mod exporting;
mod importing;
pub(crate) mod listing;
pub(crate) mod progress;
pub(crate) mod server;
pub(crate) mod serving;
pub(crate) mod style;
pub(crate) mod text;

use std::io::{self, BufWriter, Stdout, Write};

use anstream::AutoStream;
use llmock::{Fixture, Interaction};
use serde_json::{Value, json};

use crate::command::notes::{Noted, Tested};
use crate::problem::Problem;
use crate::workspace::{self, Found};
pub(crate) use style::{Colour, Style};
use text::{count, visible};

/// Standard output and standard error, and whether an error was printed.
#[derive(Debug)]
pub(crate) struct Screen {
    out: BufWriter<AutoStream<Stdout>>,
    pub(crate) style: Style,
    shown: bool,
    failed: bool,
    /// What changed, for programs.
    changes: Option<Vec<Value>>,
}

impl Screen {
    pub(crate) fn new(colour: Colour) -> Self {
        let stdout = io::stdout();
        let style = Style::decide(colour, &stdout);
        // What is printed has no colours unless they are wanted, and `--raw` prints any byte.
        let out =
            if style.colour { AutoStream::always(stdout) } else { AutoStream::always_ansi(stdout) };
        Self { out: BufWriter::new(out), style, shown: false, failed: false, changes: None }
    }

    /// A line of the result.
    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        self.shown = true;
        writeln!(self.out, "{text}")
    }

    /// Whether programs read what changed: then [`changed`](Self::changed) prints no lines, and [`remark`](Self::remark) nothing.
    pub(crate) fn collect_changes(&mut self, is_json: bool) {
        self.changes = is_json.then(Vec::new);
    }

    /// Something that a command has done to a file, or would do.
    pub(crate) fn changed(&mut self, line: &str, change: Value) -> io::Result<()> {
        match &mut self.changes {
            Some(changes) => changes.push(change),
            None => self.line(line)?,
        }
        Ok(())
    }

    /// The same without a line.
    pub(crate) fn collect(&mut self, change: &Value) {
        if let Some(changes) = &mut self.changes {
            changes.push(change.clone());
        }
    }

    /// A line for people about what was not done.
    pub(crate) fn remark(&mut self, line: &str) -> io::Result<()> {
        if self.changes.is_none() { self.line(line) } else { Ok(()) }
    }

    /// An empty line between two results.
    pub(crate) fn gap(&mut self) -> io::Result<()> {
        if self.shown { writeln!(self.out) } else { Ok(()) }
    }

    /// Bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.shown = true;
        self.out.write_all(bytes)
    }

    /// The result for programs.
    pub(crate) fn json(&mut self, value: &Value) -> io::Result<()> {
        writeln!(self.out, "{value:#}")
    }

    pub(crate) fn paint(&self, style: anstyle::Style, text: &str) -> String {
        self.style.paint(style, text)
    }

    /// The exit code becomes that of a failure, which the result shows.
    pub(crate) fn fail(&mut self) {
        self.failed = true;
    }

    /// A line beside the result, which programs that read it do not see.
    pub(crate) fn note(&mut self, text: &str) -> io::Result<()> {
        self.out.flush()?;
        writeln!(io::stderr().lock(), "{text}")
    }

    /// The problems of reading fixtures, and folders without any.
    pub(crate) fn unread(&mut self, found: &Found) -> io::Result<()> {
        for problem in &found.problems {
            self.problem(problem)?;
        }
        Ok(())
    }

    /// Prints what is left.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        if let Some(changes) = self.changes.take() {
            self.json(&changes.into())?;
        }
        self.flush()
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failed
    }

    pub(crate) fn deleted(&mut self, fixture: &Fixture) -> io::Result<()> {
        let number = fixture.interactions().len();
        let held = count(number, "interaction");
        let file = workspace::shown(fixture.path());
        let change = json!({ "action": "deleted", "file": file, "interactions": number });
        self.changed(&format!("removed {} ({held})", fixture.path().display()), change)
    }

    pub(crate) fn removed(&mut self, removed: &Interaction, fixture: &Fixture) -> io::Result<()> {
        if let Some(changes) = &mut self.changes {
            let (file, left) = (workspace::shown(fixture.path()), fixture.interactions().len());
            let hash = workspace::digits(&removed.hash());
            changes.push(json!({ "action": "removed", "file": file, "hash": hash, "interactions": 1, "left": left }));
            return Ok(());
        }
        writeln!(self.out, "removed from {}:", fixture.path().display())?;
        let mut alone = fixture.clone();
        *alone.interactions_mut() = vec![removed.clone()];
        for line in
            listing::lines(&workspace::entries(&[alone]), Style::default(), listing::Columns::Alone)
        {
            writeln!(self.out, "{line}")?;
        }
        let left = match fixture.interactions().len() {
            0 => "no interactions are left".to_owned(),
            1 => "1 interaction is left".to_owned(),
            many => format!("{many} interactions are left"),
        };
        writeln!(self.out, "{left}")
    }

    /// The notes of each test that has some.
    pub(crate) fn notes(&mut self, tests: &[Tested]) -> io::Result<()> {
        let noted: Vec<&Tested> = tests.iter().filter(|tested| !tested.notes.is_empty()).collect();
        for (at, Tested { test, fixture, notes }) in noted.iter().enumerate() {
            if at > 0 {
                writeln!(self.out)?;
            }
            writeln!(self.out, "{}  {}", visible(test), visible(fixture))?;
            for Noted { name, sentence, remedy } in notes {
                writeln!(self.out, "  {}: {}", visible(name), visible(sentence))?;
                if let Some(remedy) = remedy {
                    writeln!(self.out, "    {}", visible(remedy))?;
                }
            }
        }
        if noted.is_empty() {
            let ran = if tests.len() == 1 {
                "1 test".to_owned()
            } else {
                format!("{} tests", tests.len())
            };
            writeln!(self.out, "no notes in the last run ({ran} with llmock)")?;
        }
        Ok(())
    }

    /// The same for programs.
    pub(crate) fn notes_as_json(&mut self, tests: &[Tested]) -> io::Result<()> {
        let note = |Noted { name, sentence, remedy }: &Noted| {
            let mut object = json!({ "name": name, "sentence": sentence });
            if let Some(remedy) = remedy {
                object["remedy"] = json!(remedy);
            }
            object
        };
        let test = |Tested { test, fixture, notes }: &Tested| json!({ "test": test, "fixture": fixture, "notes": notes.iter().map(note).collect::<Vec<_>>() });
        let tests: Vec<_> =
            tests.iter().filter(|tested| !tested.notes.is_empty()).map(test).collect();
        writeln!(self.out, "{:#}", json!(tests))
    }

    pub(crate) fn problem(&mut self, problem: &Problem) -> io::Result<()> {
        self.failed = true;
        // Keeps the order of messages where both streams go to one terminal.
        self.out.flush()?;
        writeln!(io::stderr().lock(), "error: {problem}")
    }

    /// Standard output cannot be written. Standard error may be closed too.
    pub(crate) fn unwritable(&mut self, error: &io::Error) {
        self.failed = true;
        let _ = writeln!(io::stderr().lock(), "error: failed to write the output: {error}");
    }
}
