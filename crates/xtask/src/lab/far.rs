//! A second room behind a router: another network, whose machines reach DHCP servers through a relay agent alone.
use super::namespace::Namespace;
use super::network::{BRIDGE, SCHOOL, SERVER};
use super::process::Process;
use crate::command::command;
use crate::setup::private;
use crate::trouble::{Done, During};
use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;

/// The router's address in the far room, which its machines are given as their way out.
pub const ROUTER: Ipv4Addr = Ipv4Addr::new(10, 78, 0, 1);
/// The router's address in the first room.
const UPLINK: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 3);
/// What the school's server hands out there, first and last.
pub const LEASES: (Ipv4Addr, Ipv4Addr) = (Ipv4Addr::new(10, 78, 0, 100), Ipv4Addr::new(10, 78, 0, 199));
const FAR_BRIDGE: &str = "br1";
const FAR_NETWORK: &str = "10.78.0.0/24";

/// The far room with its router.
pub struct Far {
    relay: Process,
    room: Namespace,
    taps: usize,
}

impl Far {
    /// Makes the room, its router, and the relay agent that passes DHCP on to the school's server and to Socle's: ISC's,
    /// which adds its own words (option 82) to what it passes on.
    pub fn create(room: &Namespace, school: &Namespace, folder: &Path) -> Done<Far> {
        let far = Namespace::create("far")?;
        far.ip(&["link", "add", FAR_BRIDGE, "type", "bridge", "stp_state", "0", "forward_delay", "0"])?;
        far.ip(&["addr", "add", &format!("{ROUTER}/24"), "broadcast", "+", "dev", FAR_BRIDGE])?;
        far.ip(&["link", "set", FAR_BRIDGE, "up"])?;
        room.ip(&["link", "add", "far", "type", "veth", "peer", "name", "uplink", "netns", far.name()])?;
        room.ip(&["link", "set", "far", "master", BRIDGE, "up"])?;
        far.ip(&["addr", "add", &format!("{UPLINK}/24"), "broadcast", "+", "dev", "uplink"])?;
        far.ip(&["link", "set", "uplink", "up"])?;
        // Names below /proc/sys/net mean the network world of the thread that opens them.
        far.inside(|| fs::write("/proc/sys/net/ipv4/ip_forward", "1"))?.during("making a router")?;
        let way = UPLINK.to_string();
        room.ip(&["route", "add", FAR_NETWORK, "via", &way])?;
        school.ip(&["route", "add", FAR_NETWORK, "via", &way])?;
        let program = private::place("isc-dhcp-relay").join("usr/sbin/dhcrelay");
        let pid = format!("{}", folder.join("relay.pid").display());
        let mut dhcrelay = command(program, ["-4", "-d", "-a", "-pf", &pid, "-id", FAR_BRIDGE, "-iu", "uplink"]);
        dhcrelay.args([SCHOOL, SERVER].map(|address| address.to_string()));
        far.put_inside(&mut dhcrelay);
        let relay = Process::start("the DHCP relay agent", &mut dhcrelay, &folder.join("relay.log"))?;
        Ok(Far { relay, room: far, taps: 0 })
    }

    /// Where its machines live.
    pub fn room(&self) -> &Namespace {
        &self.room
    }

    /// A new socket for a machine's network card; its name.
    pub fn plug(&mut self) -> Done<String> {
        let tap = format!("fartap{}", self.taps);
        self.taps += 1;
        self.room.ip(&["tuntap", "add", &tap, "mode", "tap"])?;
        self.room.ip(&["link", "set", &tap, "master", FAR_BRIDGE, "up"])?;
        Ok(tap)
    }

    /// Fails when the relay agent has died.
    pub fn must_run(&mut self) -> Done {
        self.relay.must_run()
    }
}
