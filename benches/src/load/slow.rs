//! A server of tokio and nothing else, whose events come when they are due: what timers, sockets, and clients cost without
//! llmock.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep_until};

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
    transfer-encoding: chunked\r\nconnection: close\r\n\r\n";

/// Serves streams of so many events, one each `gap`, on a thread of its own for as long as the process lives.
pub fn serve(events: usize, gap: Duration) -> SocketAddr {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.set_nonblocking(true).expect("a socket");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let listener = TcpListener::from_std(listener).expect("a listener");
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(stream(socket, events, gap));
            }
        });
    });
    address
}

async fn stream(mut socket: TcpStream, events: usize, gap: Duration) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut request = Vec::new();
    // the end of the body that asks for it
    while !request.ends_with(b"]}") {
        if socket.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let mut due = Instant::now();
    socket.write_all(HEAD).await?;
    for number in 0..events {
        due += gap;
        let event = format!("data: {{\"n\":{number}}}\n\n");
        let chunk = format!("{:x}\r\n{event}\r\n", event.len());
        sleep_until(due).await;
        socket.write_all(chunk.as_bytes()).await?;
    }
    socket.write_all(b"0\r\n\r\n").await
}
