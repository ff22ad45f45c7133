//! The one program of the administrator: a shape, and an act for each command.
pub mod act;
pub mod image;
pub mod mail;
pub mod out;
pub mod shape;
