//! The program from outside.
mod alone;
mod bases;
mod commands;
mod doctor;
#[allow(dead_code)] // the server's own tests use the rest of it
#[path = "../../../server/tests/server/fake.rs"]
mod fake;
mod import;
mod json;
mod keep;
mod killed;
mod once;
mod organisation;
#[path = "../../../db/tests/db/postgresql.rs"]
mod postgresql;
mod program;
mod second_person;
mod support;

use socle_texts::{Lang, says};

/// Every command and every argument of the command line has its help in both languages.
#[test]
fn the_help_is_complete_in_both_languages() {
    for lang in [Lang::Fr, Lang::En] {
        let missing: Vec<_> = socle::shape::keys().into_iter().filter(|key| says(lang, key, &[]).is_none()).collect();
        assert!(missing.is_empty(), "in {lang:?}: {missing:?}");
        socle::shape::command(lang).debug_assert();
    }
}
