//! What one types: demo, test, quick, bench.
pub mod bench;
pub mod bench_cast;
mod bench_centre;
mod bench_corpus;
mod bench_image;
mod bench_mail;
mod bench_postgres;
mod bench_reset;
pub mod build;
pub mod demo;
pub mod fuzz;
mod measure;
pub mod on_postgresql;
pub mod package;
pub mod test;
