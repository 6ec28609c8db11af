//! See `llmock_benches::replay`.

fn main() {
    llmock_benches::bench(llmock_benches::replay::figures);
}
