//! The server's tests once more, their servers on PostgreSQL.
use super::bench_postgres::Cluster;
use super::build::cargo;
use crate::command::visible;
use crate::setup::{self, Wish};
use crate::stop;
use crate::talk::{elapsed_seconds, say};
use crate::trouble::Done;

/// Runs the server's tests, or those of a filter of nextest's, each server on a database of its own in one PostgreSQL.
/// Tests that look into SQLite's file itself do so on SQLite here, too.
pub fn on_postgresql(rest: &[String]) -> Done {
    let filter = match rest {
        [] => "all()",
        [filter] => filter,
        _ => stop!("test-postgresql takes one filter of nextest's, or none"),
    };
    setup::setup(Wish { postgres: true, api: true, directory: true, tpm: true, ..Wish::default() })?;
    let cluster = Cluster::for_tests()?;
    let mut tests = cargo(["nextest", "run", "-p", "socle-server", "--no-fail-fast", "-E", filter]);
    visible(tests.env("SOCLE_TEST_DATABASE", cluster.folder()))?;
    say("✓", &format!("The server's tests passed on PostgreSQL in {:.0} s.", elapsed_seconds()));
    Ok(())
}
