//! What the fuzzer does with one input, for each of its targets: the real readers, and what is done
//! with what they read. The ordinary tests call the same functions with every file of `corpus/`.

pub mod answers;
pub mod readers;
pub mod stack_file;

/// A folder in `corpus/`, and what its inputs are for.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 3] = [
    ("answers", answers::run),
    ("readers", readers::run),
    ("stack_file", stack_file::run),
];
