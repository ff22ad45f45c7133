//! Telling systemd (sd_notify(3)): one datagram to the socket that `NOTIFY_SOCKET` names.
use std::os::{
    linux::net::SocketAddrExt,
    unix::net::{SocketAddr, UnixDatagram},
};

/// Says `READY=1` or `STOPPING=1`; nothing where nobody listens.
pub(crate) fn tell(what: &str) {
    let Ok(name) = std::env::var("NOTIFY_SOCKET") else { return };
    let address = match name.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(&name),
    };
    let sent = address.and_then(|a| UnixDatagram::unbound()?.send_to_addr(what.as_bytes(), &a));
    if let Err(error) = sent {
        tracing::warn!(%error, "systemd could not be told");
    }
}
