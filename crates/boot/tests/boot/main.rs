//! The room BOOT, from the outside.
mod chain;
mod dhcp_codec;
mod environment;
mod firmwares;
mod full;
mod hostile;
mod machine;
mod namespaces;
mod proxy;
mod relay;
mod script;
mod sockets;
mod tftp;
mod traces;
mod uki;
mod wake;
