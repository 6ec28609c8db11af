//! What `llmock export` prints.

use std::io::{self, Write as _};
use std::path::Path;

use llmock::Fixture;
use serde_json::json;

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
        let all = fixture.interactions().len();
        let (fixture, file) = (fixture.path().display().to_string(), file.display().to_string());
        self.collect(&json!({
            "action": "exported",
            "file": fixture,
            "out": file,
            "interactions": all,
            "losses": exported.losses,
        }));
        let held = count(all, "interaction");
        self.remark(&format!("{}: {held} -> {}", visible(&fixture), visible(&file)))?;
        for loss in &exported.losses {
            self.remark(&format!("  {}", visible(loss)))?;
        }
        Ok(())
    }
}
