//! What one types: demo, test, quick, bench.
pub mod bench;
pub mod build;
pub mod demo;
pub mod test;
