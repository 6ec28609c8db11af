//! What `llmock export` prints.

use std::io::{self, Write as _};
use std::path::Path;

use llmock::Fixture;

use super::Screen;
use super::text::{count, visible};
use crate::export::Exported;

impl Screen {
    /// The file itself; what it does not have goes to standard error.
    pub(crate) fn exported(&mut self, exported: &Exported) -> io::Result<()> {
        self.out.write_all(exported.text.as_bytes())?;
        self.out.flush()?;
        for loss in &exported.losses {
            writeln!(io::stderr().lock(), "llmock: {}", visible(loss))?;
        }
        Ok(())
    }

    pub(crate) fn exported_into(
        &mut self,
        fixture: &Fixture,
        file: &Path,
        exported: &Exported,
    ) -> io::Result<()> {
        let held = count(fixture.interactions().len(), "interaction");
        let (fixture, file) = (fixture.path().display().to_string(), file.display().to_string());
        writeln!(self.out, "{}: {held} -> {}", visible(&fixture), visible(&file))?;
        for loss in &exported.losses {
            writeln!(self.out, "  {}", visible(loss))?;
        }
        Ok(())
    }
}
