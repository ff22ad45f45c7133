//! The one program of the administrator.
fn main() {
    let lang = socle_texts::Lang::choose(&std::env::var("LANG").unwrap_or_default()).unwrap_or_default();
    socle::shape::command(lang).get_matches();
}
