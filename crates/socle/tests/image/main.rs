//! `socle image` as a person uses it, as a real process: killed, crowded, out of room, lied to.
mod acts;
mod deaths;
mod devices;
#[path = "../../../disk/tests/image/make.rs"]
#[allow(dead_code)]
mod make;
mod refusals;
mod resets;
mod scene;
