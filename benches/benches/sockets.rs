//! See `llmock_benches::sockets`.

fn main() {
    llmock_benches::bench(llmock_benches::sockets::figures);
}
