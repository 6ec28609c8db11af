//! A connection, and when it and its request began.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};

use super::arrival::{Arrival, Moment};
use super::registry::Registry;

/// A connection. It carries one request, since every response closes its connection.
#[derive(Debug)]
pub(super) struct Connection {
    registry: Arc<Registry>,
    opened: Moment,
    began: OnceLock<Moment>,
}

impl Connection {
    pub(super) fn open(registry: &Arc<Registry>) -> Arc<Self> {
        let opened = registry.now();
        Arc::new(Self { registry: Arc::clone(registry), opened, began: OnceLock::new() })
    }

    pub(super) fn arrival(&self) -> Arrival {
        let began = self.began.get().cloned().unwrap_or_else(|| self.registry.now());
        Arrival { opened: self.opened.clone(), began }
    }

    fn has_read(&self) {
        self.began.get_or_init(|| self.registry.now());
    }
}

/// A socket that notes when the first byte arrives.
pub(super) struct Watched<T> {
    pub(super) io: T,
    pub(super) connection: Arc<Connection>,
}

impl<T: Read + Unpin> Read for Watched<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.io).poll_read(context, buffer);
        // The end of a connection without a request counts too; nothing reads it.
        if read.is_ready() {
            self.connection.has_read();
        }
        read
    }
}

impl<T: Write + Unpin> Write for Watched<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, slices)
    }
}
