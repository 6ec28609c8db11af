#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| llmock::__fuzz::run("fixture", data));
