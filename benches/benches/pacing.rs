//! See `llmock_benches::pacing`.

fn main() {
    llmock_benches::bench(llmock_benches::pacing::figures);
}
