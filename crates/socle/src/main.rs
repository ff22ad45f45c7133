//! The one program of the administrator
fn main() {}
