//! The wizard on the machine: a technician signs in where it stands, names it, places it, chooses a master, and answers
//! what that leaves to be asked. Keyboard only.
//!
//! * [`keys`] and [`layout`]: from a keyboard to keys; [`hands`] listens to the keyboards that there are;
//! * [`field`], [`form`] and [`flow`]: what is asked and answered, pure;
//! * [`drive`]: between the person, the screen and the server.
pub mod drive;
pub mod field;
pub mod flow;
pub mod form;
pub mod hands;
pub mod keys;
pub mod layout;

pub use flow::Wizard;
pub use keys::Key;
pub use layout::Layout;
