//! See `llmock_benches::recording`.

fn main() {
    llmock_benches::bench(llmock_benches::recording::figures);
}
