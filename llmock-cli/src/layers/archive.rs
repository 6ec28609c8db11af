//! Archives with all fixtures of a layer.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Component;

use flate2::read::GzDecoder;
use llmock_rules::Archive;
use ruzstd::decoding::StreamingDecoder;

use crate::problem::Problem;
use crate::target;

/// What an archive may hold: a small one can unpack to any size.
const MOST: u64 = 4 << 30;

/// The files of an archive by their names.
///
/// Folders above all files are left out, as `tar` writes them for a folder that was packed as a whole.
pub(crate) fn unpack(
    bytes: &[u8],
    archive: Option<Archive>,
    location: &str,
) -> Result<BTreeMap<String, Vec<u8>>, Problem> {
    let failed = |why: String| Problem::Other(format!("failed to unpack `{location}`: {why}"));
    let reader: Box<dyn Read + '_> = match archive {
        Some(Archive::Gzip) => Box::new(GzDecoder::new(bytes)),
        Some(Archive::Zstd) => {
            Box::new(StreamingDecoder::new(bytes).map_err(|why| failed(why.to_string()))?)
        }
        _ => Box::new(bytes),
    };
    let files = read(reader).map_err(|why| failed(why.to_string()))?;
    if files.is_empty() {
        return Err(failed("it holds no fixtures".to_owned()));
    }
    Ok(without_common_folder(files))
}

fn read(reader: impl Read) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let invalid = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    let mut files = BTreeMap::new();
    let mut archive = tar::Archive::new(reader.take(MOST));
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let kind = entry.header().entry_type();
        if kind.is_dir() || kind.is_pax_global_extensions() {
            continue;
        }
        let mut parts = Vec::new();
        for part in path.components() {
            match part {
                Component::CurDir => {}
                Component::Normal(part)
                    if part.to_str().is_some_and(|part| !part.contains(['\\', ':'])) =>
                {
                    parts.extend(part.to_str());
                }
                _ => {
                    return Err(invalid(format!(
                        "`{}` would be outside of the layer",
                        path.display()
                    )));
                }
            }
        }
        if !kind.is_file() {
            return Err(invalid(format!("`{}` is a link", path.display())));
        }
        if parts.iter().any(|part| target::is_hidden(part.as_ref())) {
            continue;
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        files.insert(parts.join("/"), bytes);
    }
    Ok(files)
}

fn without_common_folder(files: BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    let folder = |name: &str| name.split_once('/').map(|(folder, _)| folder.to_owned());
    let Some(first) = files.keys().next().and_then(|name| folder(name)) else { return files };
    // A folder of assets belongs to the fixture beside it.
    if !files.keys().all(|name| folder(name).as_ref() == Some(&first)) || first.ends_with(".assets")
    {
        return files;
    }
    let inner = |name: &str| name[first.len() + 1..].to_owned();
    files.into_iter().map(|(name, bytes)| (inner(&name), bytes)).collect()
}
