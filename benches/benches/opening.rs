//! See `llmock_benches::opening`.

fn main() {
    llmock_benches::bench(llmock_benches::opening::figures);
}
