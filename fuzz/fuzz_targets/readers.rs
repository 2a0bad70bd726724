#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ajuda_fuzz::readers::run(data));
