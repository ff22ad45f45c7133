//! A door from this computer into the lab's room, so that a person's browser reaches the console.
use super::namespace::{Namespace, enter};
use crate::trouble::{Done, During};
use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::thread;

/// Opens the door: what connects to `wished` on this computer reaches `to` in the room. Answers the port that was
/// free: the one wished for, or any other.
pub fn open(room: &Namespace, wished: u16, to: SocketAddr) -> Done<u16> {
    let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener =
        TcpListener::bind(at(wished)).or_else(|_| TcpListener::bind(at(0))).during("opening a port for the browser")?;
    let port = listener.local_addr().during("opening a port for the browser")?.port();
    let handle = Arc::new(room.handle()?);
    thread::spawn(move || {
        for visitor in listener.incoming().flatten() {
            let handle = Arc::clone(&handle);
            thread::spawn(move || carry(visitor, &handle, to));
        }
    });
    Ok(port)
}

/// Carries bytes both ways until both sides have said all. A visitor that leaves is nobody's trouble.
fn carry(visitor: TcpStream, handle: &File, to: SocketAddr) {
    let host = thread::scope(|threads| {
        let inside = threads.spawn(|| enter(handle.as_raw_fd()).ok().and_then(|()| TcpStream::connect(to).ok()));
        inside.join().ok().flatten()
    });
    let Some(host) = host else { return };
    let (Ok(visitor_too), Ok(host_too)) = (visitor.try_clone(), host.try_clone()) else { return };
    let there = thread::spawn(move || pour(visitor_too, host_too));
    pour(host, visitor);
    let _ = there.join();
}

fn pour(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 16 << 10];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
