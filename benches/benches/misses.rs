//! See `llmock_benches::misses`.

fn main() {
    llmock_benches::bench(llmock_benches::misses::figures);
}
