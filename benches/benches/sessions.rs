//! See `llmock_benches::sessions`.

fn main() {
    llmock_benches::bench(llmock_benches::sessions::figures);
}
