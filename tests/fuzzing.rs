//! Every input that the fuzzer keeps, through the very functions that it calls.

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

#[path = "../fuzz/src/lib.rs"]
mod fuzz;

/// Where the inputs of a target are.
fn corpus(target: &str) -> PathBuf {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    fuzz.join("corpus").join(target)
}

#[test]
fn every_input_of_the_corpus_is_survived() {
    for (target, run) in fuzz::TARGETS {
        let mut inputs = 0;
        for entry in fs::read_dir(corpus(target)).unwrap() {
            let path = entry.unwrap().path();
            let data = fs::read(&path).unwrap();
            let survived = catch_unwind(|| run(&data)).is_ok();
            assert!(survived, "{target} panics on {}", path.display());
            inputs += 1;
        }
        assert!(inputs >= 20, "{target} has {inputs} inputs only");
    }
}
