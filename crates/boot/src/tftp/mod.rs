//! Handing a loader to a machine: TFTP, read-only (RFC 1350) with the options blksize (RFC 2348), tsize and timeout
//! (RFC 2349) and windowsize (RFC 7440), negotiated by RFC 2347.
//!
//! A name from the wire never reaches a filesystem: it is looked up in [`Files`], which holds whole files in memory.
//! [`Transfer`] is one file on its way, without I/O: datagrams and the time come in, datagrams come out.
mod packet;
mod server;
mod transfer;

pub use packet::{ErrorCode, MAX_REQUEST_BYTES, Message, Request};
pub use server::{Limits, Server};
pub use transfer::{End, Options, Step, Transfer, fuzz_tftp};

use std::{collections::BTreeMap, sync::Arc};

/// The files that are served, by name.
pub trait Files: Send + Sync {
    /// The file of that name, if it is served. The name came from the wire: look it up, never open it.
    fn find(&self, name: &str) -> Option<Arc<[u8]>>;
}

impl Files for BTreeMap<String, Arc<[u8]>> {
    fn find(&self, name: &str) -> Option<Arc<[u8]>> {
        self.get(name).cloned()
    }
}

impl<F: Fn(&str) -> Option<Arc<[u8]>> + Send + Sync> Files for F {
    fn find(&self, name: &str) -> Option<Arc<[u8]>> {
        self(name)
    }
}
