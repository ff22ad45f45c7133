//! Network cards: which there are, switched on, given an address. By the kernel's classic ioctls (netdevice(7)).
use std::{
    fs, io,
    net::{Ipv4Addr, UdpSocket},
    os::fd::AsRawFd,
    path::Path,
};

/// A wired network card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// Its name: `enp1s0`.
    pub name: String,
    /// Its address.
    pub mac: [u8; 6],
}

/// A MAC address as people write it.
pub fn mac_text(mac: &[u8; 6]) -> String {
    mac.map(|b| format!("{b:02x}")).join(":")
}

/// The six bytes of a MAC address, written with colons or hyphens.
pub fn mac_bytes(text: &str) -> Option<[u8; 6]> {
    let parts: Vec<u8> = text.split([':', '-']).map(|p| u8::from_str_radix(p, 16).ok()).collect::<Option<_>>()?;
    parts.try_into().ok()
}

/// Whether an Ethernet address can be one card's: neither all zeroes nor a group's (IEEE 802-2014 section 8.2).
pub fn is_usable(mac: &[u8; 6]) -> bool {
    *mac != [0; 6] && mac[0] & 1 == 0
}

/// An address for a card that has none of its own: always the same for the same `machine` and card, and marked as given
/// locally, so that it is no maker's.
pub fn made_up(machine: &[u8], card: &str) -> [u8; 6] {
    let mut mac = [0; 6];
    let mut hasher = blake3::Hasher::new_derive_key("socle 2026 address of a network card");
    hasher.update(&(machine.len() as u64).to_le_bytes()).update(machine).update(card.as_bytes());
    hasher.finalize_xof().fill(&mut mac);
    mac[0] = mac[0] & 0xfc | 0x02;
    mac
}

impl Card {
    /// The wired cards of this machine that are hardware, the one that the machine was started by first.
    pub fn all(started_by: Option<[u8; 6]>) -> Vec<Card> {
        Self::all_at(Path::new("/sys/class/net"), started_by)
    }
    /// Like [`all`](Self::all), of a folder shaped like `/sys/class/net`.
    pub fn all_at(folder: &Path, started_by: Option<[u8; 6]>) -> Vec<Card> {
        let mut cards: Vec<Card> = fs::read_dir(folder).into_iter().flatten().flatten().filter_map(card).collect();
        cards.sort_by_key(|c| (Some(c.mac) != started_by, c.name.clone()));
        cards
    }
    /// Whether a cable is plugged and something answers at its end.
    pub fn has_carrier(&self) -> bool {
        let path = Path::new("/sys/class/net").join(&self.name).join("carrier");
        fs::read_to_string(path).is_ok_and(|t| t.trim() == "1")
    }
    /// Whether its address is the maker's: one that the kernel or we made up says nothing about the machine
    /// (`addr_assign_type` of the kernel's Documentation/ABI/testing/sysfs-class-net: 0 is permanent).
    pub fn has_own_address(&self) -> bool {
        let path = Path::new("/sys/class/net").join(&self.name).join("addr_assign_type");
        is_usable(&self.mac) && fs::read_to_string(path).map_or(true, |t| t.trim() == "0")
    }
    /// Gives it another address, for as long as the kernel runs; it must be switched off.
    pub fn set_mac(&mut self, mac: [u8; 6]) -> io::Result<()> {
        let mut request = request(&self.name);
        let mut data = [0; 14];
        data.iter_mut().zip(mac).for_each(|(to, from)| *to = from as libc::c_char);
        request.ifr_ifru.ifru_hwaddr = libc::sockaddr { sa_family: libc::ARPHRD_ETHER, sa_data: data };
        call(libc::SIOCSIFHWADDR as _, &mut request)?;
        self.mac = mac;
        Ok(())
    }
    /// Switches it on.
    pub fn up(&self) -> io::Result<()> {
        up(&self.name)
    }
    /// Gives it an address and, where there is one, the way out.
    pub fn set_address(&self, address: Ipv4Addr, prefix_bits: u8, router: Option<Ipv4Addr>) -> io::Result<()> {
        let mask = Ipv4Addr::from(u32::MAX.checked_shl(32 - u32::from(prefix_bits.min(32))).unwrap_or(0));
        with_address(&self.name, libc::SIOCSIFADDR as _, address)?;
        with_address(&self.name, libc::SIOCSIFNETMASK as _, mask)?;
        match router {
            Some(router) => default_route(&self.name, router),
            None => Ok(()),
        }
    }
    /// Takes its address away.
    pub fn clear_address(&self) -> io::Result<()> {
        with_address(&self.name, libc::SIOCSIFADDR as _, Ipv4Addr::UNSPECIFIED)
    }
}

fn card(entry: fs::DirEntry) -> Option<Card> {
    let (name, path) = (entry.file_name().into_string().ok()?, entry.path());
    let text = |file: &str| fs::read_to_string(path.join(file)).ok();
    // ARPHRD_ETHER, on a bus, and not wireless.
    let wired = text("type")?.trim() == "1" && path.join("device").exists() && !path.join("wireless").exists();
    let mac = mac_bytes(text("address")?.trim())?;
    (wired && name.len() < libc::IFNAMSIZ).then_some(Card { name, mac })
}

/// Switches an interface on, `lo` included.
pub fn up(name: &str) -> io::Result<()> {
    let mut request = request(name);
    call(libc::SIOCGIFFLAGS as _, &mut request)?;
    // SAFETY: SIOCGIFFLAGS has just filled this member of the union.
    let flags = unsafe { request.ifr_ifru.ifru_flags };
    request.ifr_ifru.ifru_flags = flags | libc::IFF_UP as libc::c_short;
    call(libc::SIOCSIFFLAGS as _, &mut request)
}

fn request(name: &str) -> libc::ifreq {
    // SAFETY: an ifreq of zeroes is a valid one, with an empty name.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().take(libc::IFNAMSIZ - 1).zip(name.bytes()) {
        *to = from as libc::c_char;
    }
    request
}

fn sockaddr(address: Ipv4Addr) -> libc::sockaddr {
    let inet = libc::sockaddr_in {
        sin_family: libc::AF_INET as libc::sa_family_t,
        sin_port: 0,
        sin_addr: libc::in_addr { s_addr: u32::from(address).to_be() },
        sin_zero: [0; 8],
    };
    // SAFETY: both are 16 bytes that begin with the family; the kernel reads the one as the other.
    unsafe { std::mem::transmute(inet) }
}

fn with_address(name: &str, command: libc::c_ulong, address: Ipv4Addr) -> io::Result<()> {
    let mut request = request(name);
    request.ifr_ifru.ifru_addr = sockaddr(address);
    call(command, &mut request)
}

fn call<T>(command: libc::c_ulong, argument: &mut T) -> io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    // SAFETY: the argument is the structure that this command reads and writes, alive for the call.
    match unsafe { libc::ioctl(socket.as_raw_fd(), command as _, std::ptr::from_mut(argument)) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn default_route(name: &str, router: Ipv4Addr) -> io::Result<()> {
    let mut device: Vec<libc::c_char> = name.bytes().map(|b| b as libc::c_char).chain([0]).collect();
    // SAFETY: an rtentry of zeroes is a valid one; what counts is set below.
    let mut route: libc::rtentry = unsafe { std::mem::zeroed() };
    route.rt_dst = sockaddr(Ipv4Addr::UNSPECIFIED);
    route.rt_genmask = sockaddr(Ipv4Addr::UNSPECIFIED);
    route.rt_gateway = sockaddr(router);
    route.rt_flags = libc::RTF_UP | libc::RTF_GATEWAY;
    route.rt_dev = device.as_mut_ptr();
    match call(libc::SIOCADDRT as _, &mut route) {
        Err(e) if e.raw_os_error() == Some(libc::EEXIST) => Ok(()),
        other => other,
    }
}
