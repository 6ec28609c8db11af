//! Bodies of requests without their compression, for servers that read requests themselves.

use std::borrow::Cow;

use crate::fixture::encoding::{self, DecodeError};

/// A compressed body could not be read.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct CompressionError(#[from] DecodeError);

impl CompressionError {
    /// Whether it is the limit that the body exceeds.
    pub fn is_too_long(&self) -> bool {
        matches!(self.0, DecodeError::TooLong { .. })
    }
}

/// A body without the compression that its `content-encoding` names: gzip, deflate, br, zstd, or several.
///
/// A body that is plain already comes back as it is and is not measured.
///
/// ```
/// # use llmock::reply::uncompressed;
/// assert_eq!(&*uncompressed(None, b"{}", 1024)?, b"{}");
/// assert!(uncompressed(Some("snappy"), b"{}", 1024).is_err());
/// # Ok::<(), llmock::reply::CompressionError>(())
/// ```
pub fn uncompressed<'a>(
    content_encoding: Option<&str>,
    body: &'a [u8],
    limit: usize,
) -> Result<Cow<'a, [u8]>, CompressionError> {
    Ok(encoding::decompress(content_encoding, body, limit)?)
}
