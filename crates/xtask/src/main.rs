//! demo, test, bench, lab, checks
fn main() {}
