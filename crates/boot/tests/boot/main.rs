//! The room BOOT, from the outside.
mod dhcp_codec;
mod environment;
mod full;
mod machine;
mod namespaces;
mod hostile;
mod proxy;
mod script;
mod sockets;
mod tftp;
mod traces;
mod wake;
