//! `llmock import`: fixtures from the recordings of other tools.
//!
//! [`source`] reads a file, [`format`] finds and reads its format, [`place`] finds the provider of each request, and
//! [`convert`] turns its exchanges into interactions, as a recording would have. Files are read by several threads; each
//! fixture is written in one step.

mod convert;
pub(crate) mod format;
mod message;
pub(crate) mod names;
pub(crate) mod place;
pub(crate) mod report;
mod request;
mod source;
mod times;
mod tree;

use std::io;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use llmock::__server::imported::{Importer, save};

use self::convert::Conversion;
use self::format::Format;
use self::names::{Input, Owner};
use self::place::Named;
use self::report::{Outcome, Written};
use self::request::Asked;
use self::source::Source;
use crate::output::Screen;
use crate::output::progress::Progress;
use crate::problem::Problem;

/// What the command line says.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) out: PathBuf,
    pub(crate) from: Option<&'static Format>,
    pub(crate) owner: Option<Owner>,
    pub(crate) providers: Vec<Named>,
    pub(crate) request: Option<PathBuf>,
    pub(crate) overwrite: bool,
    pub(crate) json: bool,
}

/// Imports every file, and prints what became of each.
pub(crate) fn import(screen: &mut Screen, options: &Options) -> io::Result<()> {
    let work = match Work::new(options) {
        Ok(work) => work,
        Err(problem) => return screen.problem(&problem),
    };
    let taken = work.taken();
    if !taken.is_empty() {
        return screen.problem(&Problem::FixturesExist(taken));
    }
    let (outcomes, unknown) = work.run();
    if outcomes.is_empty() {
        return screen.problem(&Problem::NothingToImport(options.paths.clone()));
    }
    if options.json {
        screen.imported_as_json(&outcomes)
    } else {
        screen.imported(&outcomes, &unknown)
    }
}

struct Work<'o> {
    options: &'o Options,
    inputs: Vec<Input>,
    asked: Asked,
    importer: Importer,
}

/// What became of a file; `None` if it is no recording, and only its folder was named.
type Done = Option<Outcome>;

impl<'o> Work<'o> {
    fn new(options: &'o Options) -> Result<Self, Problem> {
        if let Some(missing) = options.paths.iter().find(|path| !path.exists()) {
            return Err(Problem::NoSuchFile(missing.clone()));
        }
        let provider = options.providers.iter().find(|one| one.host.is_none());
        let provider = provider.map(|one| one.provider);
        let asked = options.request.as_ref().map(|path| Asked::read(path, provider));
        let asked = asked.transpose().map_err(|error| Problem::BadRequest(error.to_string()))?;
        let asked = asked.unwrap_or_default();
        let any_ending = asked.is_given() || options.from.is_some();
        let inputs = names::inputs(&options.paths, &options.out, any_ending);
        let inputs = inputs.map_err(|why| Problem::Unlistable(why.to_string()))?;
        Ok(Self { options, inputs, asked, importer: Importer::new() })
    }

    /// Fixtures that exist and would be overwritten.
    fn taken(&self) -> Vec<PathBuf> {
        if self.options.overwrite {
            return Vec::new();
        }
        let exists = self.inputs.iter().filter(|input| input.fixture.exists());
        let is_recording = |input: &&Input| {
            let bytes = source::read(&input.path).unwrap_or_default();
            self.format(&Source::new(&input.path, &bytes), input).is_ok_and(|it| it.is_some())
        };
        exists.filter(is_recording).map(|input| input.fixture.clone()).collect()
    }

    /// The outcomes in the order of the files, and the files that are no recordings.
    fn run(&self) -> (Vec<Outcome>, Vec<PathBuf>) {
        // Each of them waits for the disk now and then.
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4) * 2;
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<(usize, Done)>> = Mutex::default();
        let progress = Progress::new("imported", self.inputs.len());
        std::thread::scope(|scope| {
            for _ in 0..threads.min(self.inputs.len()) {
                scope.spawn(|| {
                    while let Some(input) = {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        self.inputs.get(at).map(|input| (at, input))
                    } {
                        let outcome = self.file(input.1);
                        let mut done =
                            done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                        done.push((input.0, outcome));
                        progress.step(done.len());
                    }
                });
            }
        });
        progress.end();
        let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        done.sort_by_key(|(at, _)| *at);
        let mut outcomes = Vec::new();
        let mut unknown = Vec::new();
        for (at, outcome) in done {
            match outcome {
                Some(outcome) => outcomes.push(outcome),
                None => unknown.push(self.inputs[at].path.clone()),
            }
        }
        (outcomes, unknown)
    }

    fn file(&self, input: &Input) -> Done {
        let failed = |format, why: String| {
            Some(Outcome { source: input.path.clone(), format, result: Err(why) })
        };
        let bytes = match source::read(&input.path) {
            Ok(bytes) => bytes,
            Err(why) => return failed(None, format!("it cannot be read: {why}")),
        };
        let source = Source::new(&input.path, &bytes);
        let format = match self.format(&source, input) {
            Ok(Some(format)) => format,
            Ok(None) => return None,
            Err(why) => return failed(None, why),
        };
        let owner = self.options.owner.as_ref().map(|owner| owner.of(input));
        let conversion = Conversion {
            importer: &self.importer,
            asked: &self.asked,
            providers: &self.options.providers,
        };
        let converted = convert::convert(&source, format, &conversion, owner.as_deref());
        let (interactions, losses) = match converted {
            Ok(converted) => converted,
            Err(why) => return failed(Some(format.name), why.to_string()),
        };
        let written =
            Written { fixture: input.fixture.clone(), interactions: interactions.len(), losses };
        match save(&input.fixture, &interactions, self.options.overwrite) {
            Ok(()) => Some(Outcome {
                source: input.path.clone(),
                format: Some(format.name),
                result: Ok(written),
            }),
            Err(error) => failed(Some(format.name), format!("{error}: {}", error.source)),
        }
    }

    /// The format to read a file by; `None` if it is no recording and was found in a folder.
    fn format(
        &self,
        source: &Source<'_>,
        input: &Input,
    ) -> Result<Option<&'static Format>, String> {
        if let Some(format) = self.options.from {
            return Ok(Some(format));
        }
        if let Some(format) = format::of(source) {
            // A folder holds other JSON too, which only a request makes a response.
            let is_stream = input.path.extension().is_some_and(|ending| ending == "sse");
            let is_guess = format.name == format::RESPONSE && !input.is_named && !is_stream;
            return Ok(Some(format).filter(|_| !is_guess || self.asked.is_given()));
        }
        if source.root().is_some_and(|root| root.has("llmock")) {
            return if input.is_named {
                Err("it is a fixture of llmock already".to_owned())
            } else {
                Ok(None)
            };
        }
        if self.asked.request_for(source.path).is_some() {
            return Ok(format::named(format::RESPONSE));
        }
        if !input.is_named {
            return Ok(None);
        }
        let why = source.documents.as_ref().err().map(|why| format!(" ({})", why.0));
        Err(format!("its format is not known{}: name it with `--from`", why.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests;
