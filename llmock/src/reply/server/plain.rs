//! Decompresses request bodies, for servers that read requests themselves.

use std::borrow::Cow;

use crate::fixture::encoding::{self, DecodeError};

/// A compressed body could not be decompressed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct CompressionError(#[from] DecodeError);

impl CompressionError {
    /// Whether the decompressed body exceeds the limit.
    pub fn is_too_long(&self) -> bool {
        matches!(self.0, DecodeError::TooLong { .. })
    }
}

/// Decompresses a body according to its `content-encoding`: gzip, deflate, br, zstd, or several of them.
///
/// A body that is not compressed is returned as it is, whatever its length.
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
