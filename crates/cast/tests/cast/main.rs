//! One test binary of the room.
mod hostile;
mod kit;
mod network;
mod room;
mod stream;
