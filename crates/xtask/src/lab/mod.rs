//! The virtual room: a network of its own, the school's server, and machines.
pub mod boot_line;
pub mod boot_table;
pub mod chip;
pub mod far;
pub mod firmware;
pub mod forward;
pub mod initrd;
pub mod keyboard;
pub mod leftovers;
pub mod machine;
pub mod namespace;
pub mod network;
pub mod odd;
pub mod process;
pub mod qmp;
pub mod school;
pub mod seats;
pub mod signals;
pub mod smoke;
pub mod ssh;

use crate::places;
use crate::setup::qemu::{self, Qemu};
use crate::trouble::Done;
use machine::{Machine, MachinePlan};
use network::Network;
use school::School;
use std::net::SocketAddr;
use std::path::PathBuf;

/// One lab; everything of it goes when it is dropped, machines before the network that they hang on.
pub struct Lab {
    /// Its machines.
    pub machines: Vec<Machine>,
    /// The school's own server, when there is one.
    pub school: Option<School>,
    /// Its network.
    pub network: Network,
    /// The emulator.
    pub qemu: Qemu,
    /// Where its logs, pictures and disks are.
    pub folder: PathBuf,
    keep_disks: bool,
    door: Option<u16>,
}

impl Lab {
    /// Makes an empty room.
    pub fn open(name: &str) -> Done<Lab> {
        signals::listen();
        leftovers::sweep()?;
        let qemu = qemu::provide()?;
        let folder = places::folder(leftovers::runs().join(format!("{}-{name}", std::process::id())))?;
        Ok(Lab {
            machines: Vec::new(),
            school: None,
            network: Network::create()?,
            qemu,
            folder,
            keep_disks: false,
            door: None,
        })
    }

    /// Adds a machine, switched off.
    pub fn add(&mut self, plan: MachinePlan) -> Done<&mut Machine> {
        let machine = Machine::build(plan, &mut self.network, &self.folder)?;
        self.machines.push(machine);
        self.machines.last_mut().ok_or_else(|| "a machine vanished".into())
    }

    /// The port of this computer through which a browser reaches `to` in the room: 8080 if it is free.
    pub fn door(&mut self, to: SocketAddr) -> Done<u16> {
        let port = match self.door {
            Some(port) => port,
            None => forward::open(&self.network.room, 8080, to)?,
        };
        self.door = Some(port);
        Ok(port)
    }

    /// Switches a machine on.
    pub fn start(&mut self, index: usize) -> Done {
        self.machines[index].start(&self.qemu, &self.network)
    }

    /// Keeps the disks after the end, for a look.
    pub fn keep_disks(&mut self) {
        self.keep_disks = true;
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.machines.clear();
        self.school = None;
        let _ = std::fs::remove_dir_all(format!("/tmp/{}{}", namespace::PREFIX, std::process::id()));
        if !self.keep_disks {
            leftovers::remove_disks(&self.folder);
        }
    }
}
