//! Who there is: a centre, its bodies, their sites and rooms, and the machines in them. All of it follows from a seed.
use socle_domain::{TargetId, UnitId, facts::Facts, recognise::Hints};
use socle_trust::KeyPair;
use std::net::Ipv4Addr;
use uuid::Uuid;

/// When all of this is said to have begun: 2026-01-01, in milliseconds since 1970.
pub const BEGAN_MS: u64 = 1_767_225_600_000;

/// A fleet, by its measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fleet {
    /// From which everything follows.
    pub seed: u64,
    /// Autonomous bodies.
    pub bodies: u32,
    /// Sites of each.
    pub sites: u32,
    /// Rooms of each site.
    pub rooms: u32,
    /// Machines in all.
    pub machines: u32,
}

impl Fleet {
    /// The national case: 150 bodies of five sites.
    pub fn national(machines: u32) -> Self {
        Fleet { seed: 5, bodies: 150, sites: 5, rooms: 4, machines }
    }

    fn bytes(&self, what: &str, n: u32) -> [u8; 32] {
        socle_domain::Digest::of(format!("socle simulated {} {what} {n}", self.seed).as_bytes()).0
    }
    pub(crate) fn ten(&self, what: &str, n: u32) -> [u8; 10] {
        let mut ten = [0; 10];
        ten.copy_from_slice(&self.bytes(what, n)[..10]);
        ten
    }

    /// The key of a simulated machine.
    pub fn key(&self, n: u32) -> KeyPair {
        KeyPair::from_seed(&self.bytes("key", n))
    }
    /// Its identifier, where it was enrolled by writing it into the database.
    pub fn target(&self, n: u32) -> TargetId {
        TargetId::new(BEGAN_MS + u64::from(n), self.ten("target", n))
    }
    /// Its name.
    pub fn name(&self, n: u32) -> String {
        format!("simulated-{n:06}")
    }
    /// Its site, of all sites. Numbers that follow one another stand in different sites, as machines speak in no order.
    pub fn site_of(&self, n: u32) -> u32 {
        n % (self.bodies * self.sites)
    }
    /// Its room, of all rooms.
    pub fn room_of(&self, n: u32) -> u32 {
        self.site_of(n) * self.rooms + n / (self.bodies * self.sites) % self.rooms
    }
    /// The address from which its site speaks: one for all its machines, as behind a router.
    pub fn address(&self, n: u32) -> Ipv4Addr {
        let site = self.site_of(n);
        Ipv4Addr::new(127, 16 + (site / 60_000) as u8, (site / 240 % 250) as u8 + 1, (site % 240) as u8 + 1)
    }

    /// The unit below the centre that holds all bodies: a scope that is not the whole and sees as much.
    pub fn federation(&self) -> UnitId {
        unit(self.ten("federation", 0))
    }
    /// The unit of a body.
    pub fn body(&self, body: u32) -> UnitId {
        unit(self.ten("body", body))
    }
    /// The unit of a site, of all sites.
    pub fn site(&self, site: u32) -> UnitId {
        unit(self.ten("site", site))
    }
    /// The unit of a room, of all rooms.
    pub fn room(&self, room: u32) -> UnitId {
        unit(self.ten("room", room))
    }

    /// What it says of itself.
    pub fn hints(&self, n: u32) -> Hints {
        let [a, b, c, d] = n.to_be_bytes();
        Hints {
            macs: vec![format!("02:16:{a:02x}:{b:02x}:{c:02x}:{d:02x}")],
            serial: Some(format!("SIM{n:08}")),
            uuid: Some(Uuid::from_bytes([0x16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d]).to_string()),
            vendor: Some(["Dell Inc.", "HP", "LENOVO"][n as usize % 3].into()),
            product: Some(["OptiPlex 7010", "EliteDesk 800 G6", "ThinkCentre M70q"][n as usize % 3].into()),
        }
    }
    /// What is known of it: about as much as a real agent says.
    pub fn facts(&self, n: u32) -> Facts {
        let hints = self.hints(n);
        let value = serde_json::json!({
            "memory_bytes": (4_u64 << 30) << (n % 4),
            "firmware": if n.is_multiple_of(7) { "bios" } else { "uefi" },
            "secure_boot": n.is_multiple_of(2),
            "tpm": !n.is_multiple_of(5),
            "power": "mains",
            "cpu": { "model": "Intel(R) Core(TM) i5-10500T CPU @ 2.30GHz", "cores": 6 },
            "vendor": hints.vendor, "product": hints.product, "serial": hints.serial, "uuid": hints.uuid,
            "macs": hints.macs,
            "disks": [{
                "path": "/dev/nvme0n1", "size_bytes": 256_060_514_304_u64, "model": "SAMSUNG MZVLB256HBHQ-000H1",
                "serial": format!("S4GENX0{n:08}"), "sector_bytes": 512, "rotational": false, "removable": false,
                "transport": "nvme",
            }],
            "nics": [{ "name": "eno1", "mac": hints.macs.first(), "driver": "e1000e", "speed_mbps": 1000 }],
        });
        let serde_json::Value::Object(map) = value else { return Facts::default() };
        Facts(map)
    }
}

fn unit(random: [u8; 10]) -> UnitId {
    UnitId::new(BEGAN_MS, random)
}
