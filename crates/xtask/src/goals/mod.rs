//! What one types: demo, test, quick, bench.
pub mod bench;
mod bench_corpus;
mod bench_image;
mod bench_mail;
pub mod build;
pub mod demo;
mod measure;
pub mod test;
