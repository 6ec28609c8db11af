//! Writing a file in one step: a reader sees the old text or the new one, and a failure leaves the old one.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

/// Writes a file, and the folders that it needs. An existing file keeps its permissions.
pub(crate) fn replace(file: &Path, text: &[u8]) -> io::Result<()> {
    let folder = file.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder.join(format!(".{name}.{}", std::process::id()));
    let permissions = fs::metadata(file).map(|known| known.permissions());
    let written = File::create(&temporary)
        .and_then(|mut new| new.write_all(text).and_then(|()| new.sync_all()))
        .and_then(|()| permissions.map_or(Ok(()), |own| fs::set_permissions(&temporary, own)))
        .and_then(|()| fs::rename(&temporary, file));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}
