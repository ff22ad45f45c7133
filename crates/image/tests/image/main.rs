//! The format: frozen samples, and bytes from enemies.
mod frozen;
mod hostile;
mod moves;
mod shapes;
