//! The configuration file: TOML, everything optional, unknown keys refused.
pub mod sign_in;

pub use sign_in::SignIn;

use serde::{Deserialize, Serialize};
use socle_boot::{chain::Chain, dhcp::Range, script::Argument};
use socle_domain::network::Network;
use socle_texts::{Fault, Lang, Result};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

/// What the server is told.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Language of what has no reader yet: events, the machines' screens.
    pub language: Lang,
    /// Where everything is kept.
    pub database: Database,
    /// Pages and API.
    pub console: Console,
    /// Where agents speak to the server.
    pub agents: Agents,
    /// Starting machines.
    pub boot: Boot,
    /// Machines' security chips.
    pub tpm: Tpm,
    /// Orders.
    pub orders: Orders,
    /// One image to a whole room at once.
    pub cast: Cast,
    /// How people prove who they are.
    pub sign_in: SignIn,
    /// Telling other programs what happens.
    pub webhooks: Webhooks,
    /// Directories that people are read from.
    pub directories: Directories,
}

/// Where everything is kept.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// `postgres://…`; none: SQLite in the data folder.
    pub url: Option<String>,
}

/// Pages and API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Console {
    /// Where to listen. Loopback by default: put a TLS proxy before anything else.
    pub listen: SocketAddr,
    /// How people reach it, for the links that are printed.
    pub url: Option<String>,
    /// Proxies whose word is taken for from where a request comes (`X-Forwarded-For`): addresses or networks.
    pub proxies: Vec<Network>,
}
impl Default for Console {
    fn default() -> Self {
        Console { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)), url: None, proxies: Vec::new() }
    }
}
impl Console {
    /// How people reach it.
    pub fn url(&self) -> String {
        match &self.url {
            Some(url) => url.trim_end_matches('/').to_string(),
            None if self.listen.ip().is_loopback() => format!("http://localhost:{}", self.listen.port()),
            None => format!("http://{}", self.listen),
        }
    }
}

/// Where agents speak to the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Agents {
    /// Where to listen, with TLS.
    pub listen: SocketAddr,
    /// How machines reach it: `https://10.0.0.1:8443`, an address and not a name. Written into the boot environment.
    pub url: Option<String>,
}
impl Default for Agents {
    fn default() -> Self {
        Agents { listen: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 8443)), url: None }
    }
}

/// Which part of DHCP the server plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BootMode {
    /// None, and no TFTP; boot files are served over HTTP all the same.
    #[default]
    Off,
    /// Beside a DHCP server that we do not control.
    Proxy,
    /// The only DHCP server of a closed network.
    Full,
    /// TFTP alone: another DHCP server tells machines to come here.
    Tftp,
}

/// Starting machines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Boot {
    /// Which part of DHCP the server plays.
    pub mode: BootMode,
    /// The interface to serve.
    pub interface: Option<String>,
    /// Which of its addresses is ours; by default its first.
    pub address: Option<Ipv4Addr>,
    /// Where boot files are served over HTTP.
    pub listen: SocketAddr,
    /// How machines reach that; by default the interface's address and the port of `listen`.
    pub url: Option<String>,
    /// Addresses to give, where the mode is `full`.
    pub pool: Option<Range>,
    /// Arguments for the kernel: `quiet`, `console=ttyS0`.
    pub kernel_arguments: Vec<Argument>,
    /// By which chain machines are started that never spoke: `ipxe`, `uki`, `shim` or `debian`. Which one suits a machine is
    /// known from its first words on.
    pub first_chain: Chain,
    /// Whether machines that did not start trusted, from the firmware on, get nothing even with Secure Boot off.
    pub require_trusted_start: bool,
    /// Whether such a start must be proved by the machine's TPM: its own word is then not enough.
    pub require_proved_start: bool,
    /// SHA-256 digests (Authenticode) of images that a maker's firmware starts before ours, and that the centre has decided to
    /// know. Where a TPM's proof fails by one, the machine's page shows its digest.
    pub known_images: Vec<Sha256>,
}
impl Default for Boot {
    fn default() -> Self {
        Boot {
            mode: BootMode::Off,
            interface: None,
            address: None,
            listen: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 8081)),
            url: None,
            pool: None,
            // What the kernel says would be written over what the machine shows.
            kernel_arguments: Argument::new("quiet").into_iter().collect(),
            first_chain: Chain::default(),
            require_trusted_start: false,
            require_proved_start: false,
            known_images: Vec::new(),
        }
    }
}

/// Machines' security chips.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tpm {
    /// Certificates (PEM, one or more in each file) of the makers of TPMs whom the centre believes, and of those between them
    /// and the TPMs.
    pub makers: Vec<PathBuf>,
    /// Whether neither a rule nor a list recognises a machine without a TPM that one of them vouches for. A person may.
    pub recognise_only_certified: bool,
}

/// A SHA-256, in text hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256(pub [u8; 32]);
impl TryFrom<String> for Sha256 {
    type Error = String;
    fn try_from(text: String) -> std::result::Result<Self, String> {
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok().and_then(|b| b.try_into().ok());
        bytes.map(Sha256).ok_or_else(|| "64 hexadecimal digits are a SHA-256".to_string())
    }
}
impl From<Sha256> for String {
    fn from(digest: Sha256) -> String {
        data_encoding::HEXLOWER.encode(&digest.0)
    }
}

/// Telling other programs what happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Webhooks {
    /// Networks of the centre's own that webhooks may lead to: `["10.1.2.0/24"]`. The open network is always allowed,
    /// with TLS; inside these, plain HTTP too.
    pub allow: Vec<Network>,
    /// So many failed attempts in a row switch a webhook off.
    pub off_after: u64,
}
impl Default for Webhooks {
    fn default() -> Self {
        Webhooks { allow: Vec::new(), off_after: 20 }
    }
}

/// Directories that people are read from. The one of `sign_in.directory` is the centre's own and needs nothing here.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Directories {
    /// Networks inside which units' directories may stand: `["10.1.2.0/24"]`. The open network is always allowed.
    pub allow: Vec<Network>,
}

/// Orders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Orders {
    /// How long an order holds. One that nobody took is given again before that.
    pub expire_hours: u32,
}
impl Default for Orders {
    fn default() -> Self {
        Orders { expire_hours: 24 }
    }
}

/// One image to a whole room at once. Whether a site wants it, and how fast, its option `room_megabits` says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cast {
    /// The address of the interface through which streams go; none: that of `boot.address` or `boot.interface`, and where
    /// that is not said either, no streams.
    pub address: Option<Ipv4Addr>,
    /// The first multicast group; each stream at once takes one more.
    pub group: Ipv4Addr,
    /// The UDP port.
    pub port: u16,
    /// How many routers a stream may pass, less one: 1 stays in the network.
    pub hops: u32,
    /// So many streams at once; what comes then goes by unicast.
    pub streams: u8,
    /// The longest that a stream waits for machines that are on their way, in seconds. Who comes later joins all the same.
    pub gather_seconds: u32,
}
impl Default for Cast {
    fn default() -> Self {
        // 239/8: administratively scoped (RFC 2365).
        let group = Ipv4Addr::new(239, 255, 77, 1);
        Cast { address: None, group, port: 7077, hops: 1, streams: 4, gather_seconds: 20 }
    }
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// `texts-file-unreadable`; `server-config-unreadable` (with `path`, `line`); `server-config-wrong` (with `key`).
    pub fn read(path: &Path) -> Result<Config> {
        let text = std::fs::read_to_string(path)
            .map_err(|e| Fault::new("texts-file-unreadable").with("path", path).because(e))?;
        Self::parse(&text, path)
    }

    /// Reads its text; `path` is for the error.
    pub fn parse(text: &str, path: &Path) -> Result<Config> {
        let config: Config = toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(1, |s| text.bytes().take(s.start).filter(|b| *b == b'\n').count() + 1);
            Fault::new("server-config-unreadable").with("path", path).with("line", line).because(e.message())
        })?;
        config.check().map_err(|fault| fault.with("path", path))?;
        Ok(config)
    }

    /// Refuses what reads well but can't be meant.
    ///
    /// # Errors
    /// `server-config-wrong` (with `key`).
    pub fn check(&self) -> Result<()> {
        let wrong = |key: &str, why: &str| Err(Fault::new("server-config-wrong").with("key", key).because(why));
        if self
            .database
            .url
            .as_deref()
            .is_some_and(|url| !["postgres://", "postgresql://"].iter().any(|k| url.starts_with(k)))
        {
            return wrong(
                "database.url",
                "postgres://NAME:PASSWORD@SERVER/DATABASE; none for SQLite in the data folder",
            );
        }
        for (key, url) in [("console.url", &self.console.url), ("boot.url", &self.boot.url)] {
            if url.as_deref().is_some_and(|url| !is_address_of(url, &["http", "https"])) {
                return wrong(key, "http://SERVER:PORT or https://SERVER");
            }
        }
        if self.boot.mode != BootMode::Off && self.boot.interface.is_none() {
            return wrong("boot.interface", "boot.mode needs an interface");
        }
        if (self.boot.mode == BootMode::Full) != self.boot.pool.is_some() {
            return wrong("boot.pool", "it is given exactly where boot.mode is \"full\"");
        }
        if !(1..=24 * 31).contains(&self.orders.expire_hours) {
            return wrong("orders.expire_hours", "between 1 and 744");
        }
        let cast = &self.cast;
        let last = u32::from(cast.group).saturating_add(u32::from(cast.streams));
        if !cast.group.is_multicast() || !Ipv4Addr::from(last).is_multicast() {
            return wrong("cast.group", "a multicast group, for instance 239.255.77.1");
        }
        if !(1..=32).contains(&cast.hops) || !(1..=16).contains(&cast.streams) || cast.gather_seconds > 300 {
            return wrong("cast", "hops between 1 and 32, streams between 1 and 16, gather_seconds at most 300");
        }
        if self.tpm.recognise_only_certified && self.tpm.makers.is_empty() {
            return wrong("tpm.makers", "with recognise_only_certified somebody must be believed");
        }
        if self.webhooks.off_after == 0 {
            return wrong("webhooks.off_after", "at least 1");
        }
        if let Some(url) = &self.agents.url
            && !is_https_address(url)
        {
            return wrong("agents.url", "https://ADDRESS:PORT, an IP address: machines have no name service");
        }
        self.sign_in.check()
    }
}

/// Whether a text is a URL of one of these kinds with a server in it.
fn is_address_of(text: &str, kinds: &[&str]) -> bool {
    let uri = text.parse::<axum::http::Uri>();
    uri.is_ok_and(|uri| {
        uri.scheme_str().is_some_and(|kind| kinds.contains(&kind)) && uri.host().is_some_and(|host| !host.is_empty())
    })
}

/// Whether a URL is what an agent can use: HTTPS and an IP address.
pub fn is_https_address(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://").map(|r| r.trim_end_matches('/')) else { return false };
    rest.parse::<SocketAddr>().is_ok() || rest.parse::<IpAddr>().is_ok()
}
