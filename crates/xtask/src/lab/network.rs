//! The room's network: a bridge, the machines' sockets in it, and the school's own server behind a cable.
use super::far::Far;
use super::namespace::Namespace;
use crate::stop;
use crate::trouble::Done;
use std::net::Ipv4Addr;
use std::path::Path;

/// Where Socle's server is in every lab.
pub const SERVER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
/// Where the school's own DHCP server is.
pub const SCHOOL: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);
/// What the school's server hands out, first and last.
pub const LEASES: (Ipv4Addr, Ipv4Addr) = (Ipv4Addr::new(10, 77, 0, 100), Ipv4Addr::new(10, 77, 0, 199));
/// The bridge's name.
pub const BRIDGE: &str = "br0";
/// The school's end of the cable.
pub const SCHOOL_INTERFACE: &str = "eth0";

/// A room with no way out: nothing of it can reach the real network.
pub struct Network {
    /// Where the server and the machines' sockets are.
    pub room: Namespace,
    /// Where the school's own DHCP server is.
    pub school: Namespace,
    /// The room behind the router, once there is one.
    pub far: Option<Far>,
    taps: usize,
}

impl Network {
    /// Makes the namespaces, the bridge and the cable.
    pub fn create() -> Done<Network> {
        let room = Namespace::create("room")?;
        let school = Namespace::create("school")?;
        room.ip(&[
            "link",
            "add",
            BRIDGE,
            "type",
            "bridge",
            "stp_state",
            "0",
            "forward_delay",
            "0",
            "mcast_snooping",
            "0",
        ])?;
        room.ip(&["addr", "add", &format!("{SERVER}/24"), "broadcast", "+", "dev", BRIDGE])?;
        room.ip(&["link", "set", BRIDGE, "up"])?;
        room.ip(&["link", "add", "school", "type", "veth", "peer", "name", SCHOOL_INTERFACE, "netns", school.name()])?;
        room.ip(&["link", "set", "school", "master", BRIDGE, "up"])?;
        school.ip(&["addr", "add", &format!("{SCHOOL}/24"), "broadcast", "+", "dev", SCHOOL_INTERFACE])?;
        school.ip(&["link", "set", SCHOOL_INTERFACE, "up"])?;
        Ok(Network { room, school, far: None, taps: 0 })
    }

    /// Makes the far room, once.
    pub fn make_far(&mut self, folder: &Path) -> Done {
        if self.far.is_none() {
            self.far = Some(Far::create(&self.room, &self.school, folder)?);
        }
        Ok(())
    }

    /// The room that a machine stands in.
    pub fn room_of(&self, far: bool) -> Done<&Namespace> {
        match (far, &self.far) {
            (false, _) => Ok(&self.room),
            (true, Some(far)) => Ok(far.room()),
            (true, None) => stop!("there is no far room; say first: far-room"),
        }
    }

    /// A new socket for a machine's network card, in the far room where it stands there; its name.
    pub fn plug(&mut self, far: bool) -> Done<String> {
        if far {
            return match &mut self.far {
                Some(far) => far.plug(),
                None => stop!("there is no far room; say first: far-room"),
            };
        }
        let tap = format!("tap{}", self.taps);
        self.taps += 1;
        self.room.ip(&["tuntap", "add", &tap, "mode", "tap"])?;
        self.room.ip(&["link", "set", &tap, "master", BRIDGE, "up"])?;
        Ok(tap)
    }

    /// Pulls a machine's cable, or puts it back.
    pub fn cable(&self, tap: &str, plugged: bool) -> Done {
        self.room.ip(&["link", "set", tap, if plugged { "up" } else { "down" }])
    }

    /// Addresses that were seen on the network for a card, the newest knowledge of the kernel first.
    pub fn addresses_of(&self, mac: &str) -> Vec<Ipv4Addr> {
        let args = ["-n", self.room.name(), "-4", "neigh", "show", "dev", BRIDGE];
        let text = crate::command::output(&mut crate::command::command("ip", args)).unwrap_or_default();
        let lines = text.lines().filter(|line| line.to_lowercase().contains(&mac.to_lowercase()));
        lines.filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect()
    }
}
