//! DHCP and TFTP on one interface of this machine.
//!
//! Two sockets share port 67: one takes what is sent to everybody, the other what is sent to our address, and the
//! second sends all answers, so that they carry our address even where the interface has several. All are bound to
//! the interface: nothing is ever answered by another one.
mod dhcp_loop;

use crate::{BootEvent, Interface, dhcp, tftp};
use dhcp_loop::DhcpLoop;
use socle_texts::{Fault, Result};
use std::{
    future::Future,
    net::Ipv4Addr,
    pin::Pin,
    sync::{Arc, Mutex},
};
use tokio::{net::UdpSocket, sync::watch};

/// Who is told of each answer and each silence. Called on the server's task: hand it on, don't wait.
pub type Events = Arc<dyn Fn(BootEvent) + Send + Sync>;
/// Who says whether a machine may be started. Called only for machines that could be; two seconds to answer.
pub type Decide = Arc<dyn Fn(dhcp::Request) -> Pin<Box<dyn Future<Output = dhcp::Decision> + Send>> + Send + Sync>;
/// Who writes a lease down, before it is given; an error keeps it from being given.
pub type KeepLease = Arc<dyn Fn(&dhcp::Lease) -> Result<()> + Send + Sync>;
/// The present, in seconds since 1970.
pub type Now = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Makes a [`Decide`] of an async function.
pub fn decide_with<F, Fut>(decide: F) -> Decide
where
    F: Fn(dhcp::Request) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = dhcp::Decision> + Send + 'static,
{
    Arc::new(move |request| Box::pin(decide(request)))
}

/// Waits until told to stop, or until nobody is left to tell.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|told| *told).await;
}

/// The ports, which only a test changes: firmware knows no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// DHCP server (RFC 2131 §4.1).
    pub dhcp: u16,
    /// DHCP client.
    pub dhcp_client: u16,
    /// Boot server (PXE 2.1 §2.2.3).
    pub boot_server: u16,
    /// TFTP (RFC 1350 §4).
    pub tftp: u16,
}

impl Default for Ports {
    fn default() -> Self {
        Ports { dhcp: 67, dhcp_client: 68, boot_server: 4011, tftp: 69 }
    }
}

/// What to serve and where.
#[derive(Debug, Clone)]
pub struct Config {
    /// The interface's name.
    pub interface: String,
    /// Which of its addresses is ours; its first one if not said.
    pub address: Option<Ipv4Addr>,
    /// What DHCP does; nothing, where TFTP alone is wanted.
    pub mode: Option<dhcp::Mode>,
    /// What machines are told to load.
    pub files: dhcp::BootFiles,
    /// The leases that were kept.
    pub leases: Vec<dhcp::Lease>,
    /// The ports.
    pub ports: Ports,
    /// How much TFTP serves at once.
    pub tftp: tftp::Limits,
}

/// Those whom the server asks and tells.
#[derive(Clone)]
pub struct Callers {
    /// What TFTP serves.
    pub files: Arc<dyn tftp::Files>,
    /// Who may be started.
    pub decide: Decide,
    /// Where leases are kept.
    pub keep: KeepLease,
    /// Who is told.
    pub events: Events,
    /// The present.
    pub now: Now,
}

/// All sockets are ours; nothing is answered yet.
pub struct Bound {
    interface: Interface,
    callers: Callers,
    limits: tftp::Limits,
    tftp: UdpSocket,
    dhcp: Option<DhcpLoop>,
}

impl Bound {
    /// Takes the ports.
    ///
    /// # Errors
    /// `boot-interface-missing`, `boot-range-impossible`, `boot-port-busy`, `boot-port-forbidden`,
    /// `boot-socket-failed`.
    pub fn bind(config: Config, callers: Callers) -> Result<Bound> {
        let mut interface = Interface::find(&config.interface)?;
        if let Some(address) = config.address {
            interface.address = address;
        }
        let (address, ports) = (interface.address, config.ports);
        let [tftp] = interface.listen([address], ports.tftp)?;
        let dhcp = match config.mode {
            None => None,
            Some(mode) => {
                let [everybody, ours] = interface.listen([Ipv4Addr::UNSPECIFIED, address], ports.dhcp)?;
                let [boot_server] = interface.listen([address], ports.boot_server)?;
                let settings = dhcp::Config { address, mode, files: config.files };
                Some(DhcpLoop {
                    service: Arc::new(Mutex::new(dhcp::Service::new(settings, config.leases)?)),
                    everybody,
                    ours: Arc::new(ours),
                    boot_server: Arc::new(boot_server),
                    interface: interface.clone(),
                    ports,
                    callers: callers.clone(),
                })
            }
        };
        Ok(Bound { interface, callers, limits: config.tftp, tftp, dhcp })
    }

    /// The interface served.
    pub fn interface(&self) -> &Interface {
        &self.interface
    }

    /// Where TFTP listens: useful when a test asked for port 0.
    ///
    /// # Errors
    /// `boot-socket-failed`.
    pub fn tftp_port(&self) -> Result<u16> {
        let failed = |e: std::io::Error| Fault::new("boot-socket-failed").with("port", "?").because(e);
        self.tftp.local_addr().map(|a| a.port()).map_err(|e| failed(e).with("interface", &self.interface.name))
    }

    /// Answers until `shutdown` is done; running transfers are then ended with a word to the machine.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let (stop, stopped) = watch::channel(false);
        let Callers { files, events, .. } = self.callers;
        let tftp = tftp::Server { interface: self.interface, files, events, limits: self.limits };
        let dhcp = async {
            if let Some(dhcp) = &self.dhcp {
                dhcp.run(stopped.clone()).await;
            }
        };
        let stop_when_told = async {
            shutdown.await;
            let _ = stop.send(true);
        };
        tokio::join!(tftp.run(self.tftp, stopped.clone()), dhcp, stop_when_told);
    }
}

/// Takes the ports and answers until `shutdown` is done.
///
/// # Errors
/// Those of [`Bound::bind`].
pub async fn serve(config: Config, callers: Callers, shutdown: impl Future<Output = ()>) -> Result<()> {
    Bound::bind(config, callers)?.run(shutdown).await;
    Ok(())
}
