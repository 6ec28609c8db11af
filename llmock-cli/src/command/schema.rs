//! `llmock schema`: JSON schemas of llmock's files, for editors.

use std::io;

use clap::{Args, ValueEnum};

use crate::init::schema;
use crate::output::Screen;
use crate::serve;

/// Print a JSON schema of one of llmock's files, for editors
#[derive(Args, Debug)]
#[command(after_help = super::help(&[
    ("llmock schema fixture > .llmock/fixture.schema.json", "of fixtures"),
    ("llmock schema settings > .llmock/settings.schema.json", "of llmock.toml"),
    ("llmock schema serve > .llmock/serve.schema.json", "of the server's configuration"),
]))]
pub(crate) struct Schema {
    /// The file
    #[arg(value_enum)]
    file: File,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum File {
    /// A fixture
    Fixture,
    /// `llmock.toml`
    Settings,
    /// The configuration of `llmock serve`
    Serve,
}

pub(crate) fn schema(screen: &mut Screen, arguments: &Schema) -> io::Result<()> {
    let text = match arguments.file {
        File::Fixture => schema::FIXTURE.to_owned(),
        File::Settings => schema::settings(),
        File::Serve => serve::schema(),
    };
    screen.bytes(text.as_bytes())
}
