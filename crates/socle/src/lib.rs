//! The one program of the administrator: a shape, and an act for each command.
pub mod image;
pub mod shape;
