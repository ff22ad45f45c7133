//! Starting and stopping: everything is opened and every port taken before the first answer.
use crate::{
    Config, Data, House, boot, boot_log, doctor,
    doorkeeper::{self, Doorkeeper},
    first_start, house, lock, notify, presence,
    routes::{Door, router},
    webhooks,
};
use axum_server::{
    Handle, Server as Listener,
    accept::{DefaultAcceptor, NoDelayAcceptor},
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use hyper_util::rt::TokioTimer;
use socle_domain::{Clock, Digest};
use socle_texts::{Fault, Result};
use std::{
    future::Future,
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
    time::Duration,
};
use tokio::task::JoinSet;

/// What is under way has this long to end.
const GRACE: Duration = Duration::from_secs(10);
/// A connection on which nobody says what he wants is ended after this: silence is free for who holds ten thousand.
const SILENCE: Duration = Duration::from_secs(60);
/// Connections that wait to be taken, where the system allows so many: a fleet that comes back at once.
const MAX_KNOCKING: i32 = 4_096;
const SWEEP: Duration = Duration::from_secs(60);
/// Once a day the database counts what it holds: in the first minute after a start, and then each so many sweeps.
const SWEEPS_OF_A_DAY: u64 = 24 * 60;
/// Tokens that have ended are shown for a month.
const REMEMBERED: Duration = Duration::from_secs(30 * 24 * 3600);
/// A device from which nobody has signed in for a year is a stranger again.
const DEVICES: Duration = Duration::from_secs(365 * 24 * 3600);
/// Machines that nobody recognised and that are silent since are forgotten after a month.
const FORGET_HOURS: i64 = 24 * 30;

/// A server whose ports are taken.
pub struct Server {
    house: Arc<House>,
    doors: Vec<(Door, TcpListener)>,
    boot: Option<(socle_boot::server::Bound, tokio::sync::mpsc::Receiver<socle_boot::BootEvent>)>,
    link: Option<String>,
    held: lock::Held,
}

impl Server {
    /// Opens everything and takes the ports.
    ///
    /// # Errors
    /// Those of [`House::open`] and of [`Config::read`]; `server-already-running`; `server-port-busy`; those of the boot
    /// room.
    pub async fn open(data: &Path, config: Config, clock: Arc<dyn Clock>) -> Result<Server> {
        let data = Data::new(data)?;
        let held = lock::take(&data)?;
        let house = Arc::new(House::open(data, config, clock).await?);
        let link = first_start::administrator(&house.db, house.now()).await?;
        let checked = house.clone();
        // A boot environment that is missing or altered is no reason not to start: the console shows it.
        let _ = house::blocking(move || checked.environment.files().map(drop)).await;
        let doors = [
            (Door::Console, house.config.console.listen),
            (Door::Agents, house.config.agents.listen),
            (Door::Boot, house.config.boot.listen),
        ];
        let doors = doors.into_iter().map(|(door, at)| Ok((door, listen(at)?))).collect::<Result<_>>()?;
        let boot = boot::bind(&house)?;
        presence::load(&house).await?;
        Ok(Server { house, doors, boot, link, held })
    }

    /// Where a door listens: useful when port 0 was asked.
    pub fn address(&self, door: Door) -> Option<SocketAddr> {
        self.doors.iter().find(|d| d.0 == door).and_then(|d| d.1.local_addr().ok())
    }
    /// The one-time link of the administrator, where he has no password yet.
    pub fn link(&self) -> Option<String> {
        self.link.as_ref().map(|token| first_start::link_url(&self.house.config, token))
    }
    /// By what agents know this server.
    pub fn pin(&self) -> Result<Digest> {
        self.house.keys.tls.pin()
    }
    /// Its state.
    pub fn house(&self) -> &Arc<House> {
        &self.house
    }

    /// Answers until `stop` is done, then lets what is under way end.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<()> {
        let _held = self.held;
        let handle = Handle::new();
        let mut tasks = JoinSet::new();
        let (quit, quitting) = tokio::sync::watch::channel(false);
        // Half for the fleet, an eighth for each of the others; the rest is for files.
        let connections = doorkeeper::connections();
        let tls = RustlsConfig::from_config(Arc::new(resumed_by_ticket(self.house.keys.tls.server_config()?)?));
        for (door, listener) in self.doors {
            let app = router(&self.house, door).into_make_service_with_connect_info::<SocketAddr>();
            let failed = |e: std::io::Error| Fault::new("server-broken").because(e);
            let (handle, stop) = (handle.clone(), quitting.clone());
            match door {
                Door::Agents => {
                    // What is said is short: it is not held back to be joined with what follows.
                    let acceptor = RustlsAcceptor::new(tls.clone()).acceptor(NoDelayAcceptor::new());
                    let keeper = Doorkeeper::new(acceptor, "agents", connections / 2, stop);
                    let server = axum_server::from_tcp(listener).map_err(failed)?.acceptor(keeper);
                    tasks.spawn(impatient(server).handle(handle).serve(app));
                }
                Door::Console | Door::Boot => {
                    let name = if door == Door::Boot { "boot" } else { "console" };
                    if door == Door::Boot {
                        gently(&listener);
                    }
                    let keeper = Doorkeeper::new(DefaultAcceptor::new(), name, connections / 8, stop);
                    let mut server = impatient(axum_server::from_tcp(listener).map_err(failed)?.acceptor(keeper));
                    // GRUB 2.12 finds the length of what it loads only under `Content-Length`, written so.
                    server.http_builder().http1().title_case_headers(door == Door::Boot);
                    tasks.spawn(server.handle(handle).serve(app));
                }
            }
        }
        let stopped = |mut quitting: tokio::sync::watch::Receiver<bool>| async move {
            let _ = quitting.wait_for(|q| *q).await;
        };
        let mut loops = JoinSet::new();
        if let Some((bound, told)) = self.boot {
            loops.spawn(bound.run(stopped(quitting.clone())));
            loops.spawn(boot::keep_events(self.house.clone(), told));
        }
        // What was approved before the server was stopped is carried out now.
        crate::consenting::wake(&self.house);
        loops.spawn(boot_log::keep(self.house.clone(), stopped(quitting.clone())));
        loops.spawn(doctor::heard::keep(self.house.clone(), stopped(quitting.clone())));
        let endless = [loops.spawn(sweep(self.house.clone())), loops.spawn(presence::keep(self.house.clone()))];
        // One that is cut in the middle of a message tells it again after the next start.
        let telling = loops.spawn(webhooks::deliver(self.house.clone()));
        notify::tell("READY=1");
        tracing::info!("serving");
        stop.await;
        notify::tell("STOPPING=1");
        tracing::info!("stopping");
        self.house.live.stop();
        self.house.casts.stop();
        quit.send_replace(true);
        endless.iter().for_each(|one| one.abort());
        telling.abort();
        handle.graceful_shutdown(Some(GRACE));
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended.map_err(std::io::Error::other).and_then(|served| served) {
                tracing::error!(%error, "a door has failed");
            }
        }
        while tokio::time::timeout(GRACE, loops.join_next()).await.is_ok_and(|ended| ended.is_some()) {}
        presence::keep_the_rest(&self.house).await;
        self.house.db.close().await;
        Ok(())
    }
}

/// A session is resumed by a ticket that its machine keeps: a fleet's would not fit in the server's memory of sessions,
/// and one signature for each heartbeat is what a ticket saves.
fn resumed_by_ticket(mut tls: rustls::ServerConfig) -> Result<rustls::ServerConfig> {
    let unavailable = |e: rustls::Error| Fault::new("trust-tls-unavailable").because(e);
    tls.ticketer = rustls::crypto::aws_lc_rs::Ticketer::new().map_err(unavailable)?;
    tls.send_tls13_tickets = 1;
    Ok(tls)
}

/// HTTP/1.1, and no more patience than [`SILENCE`].
fn impatient<A>(server: Listener<SocketAddr, A>) -> Listener<SocketAddr, A> {
    let mut server = server.http1_only();
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(SILENCE);
    server
}

/// What is on its way to one machine at once, in bytes (the system takes twice that). Firmware has small buffers, takes
/// what comes slowly, and gives up after five seconds of silence: more than it can hold is lost, and sent again too late.
const TO_FIRMWARE_BYTES: usize = 128 << 10;

/// Sends to firmware no faster than it takes.
fn gently(listener: &TcpListener) {
    if let Err(error) = socket2::SockRef::from(listener).set_send_buffer_size(TO_FIRMWARE_BYTES) {
        tracing::warn!(%error, "boot files are sent as fast as they can be");
    }
}

fn listen(at: SocketAddr) -> Result<TcpListener> {
    let busy = |e: std::io::Error| Fault::new("server-port-busy").with("address", at.to_string()).because(e);
    let listener = TcpListener::bind(at).map_err(busy)?;
    // The usual 128 are a room; who finds no place waits a whole second before he asks again.
    socket2::SockRef::from(&listener).listen(MAX_KNOCKING).map_err(busy)?;
    listener.set_nonblocking(true).map_err(busy)?;
    Ok(listener)
}

/// Forgets what has ended, and does what is done each day.
async fn sweep(house: Arc<House>) {
    for minute in 0_u64.. {
        tokio::time::sleep(SWEEP).await;
        if minute.is_multiple_of(SWEEPS_OF_A_DAY)
            && let Err(fault) = house.db.learn().await
        {
            tracing::warn!(%fault, "the database could not count what it holds");
        }
        let now = house.now();
        house.captures.sweep(now);
        let swept = async {
            let mut tx = house.db.write().await?;
            socle_db::sessions::sweep(&mut tx, now).await?;
            socle_db::people::sweep_links(&mut tx, now).await?;
            socle_db::tokens::sweep(&mut tx, now - REMEMBERED).await?;
            socle_db::factors::sweep_devices(&mut tx, now - DEVICES).await?;
            socle_db::wizard::sweep(&mut tx, now).await?;
            socle_db::consents::expire(&mut tx, now).await?;
            socle_db::consents::sweep(&mut tx, now - socle_domain::consent::COUNTED_TOGETHER).await?;
            socle_db::idempotency::sweep(&mut tx, now).await?;
            socle_db::webhooks::sweep(&mut tx, now - webhooks::REMEMBERED).await?;
            let before = now - Duration::from_secs(FORGET_HOURS as u64 * 3600);
            socle_db::machines::forget_silent(&mut tx, socle_db::Scope::ROOT, before).await?;
            socle_db::settings::sweep_secrets(&mut tx, before).await?;
            tx.commit().await
        };
        if let Err(fault) = swept.await {
            tracing::warn!(%fault, "what has ended could not be forgotten");
        }
        if let Err(fault) = crate::organisation::keep_to_date(&house).await {
            tracing::error!(%fault, "a decision about the organisation could not be applied");
        }
        if let Err(fault) = crate::audit_trail::checkpoint(&house).await {
            tracing::error!(%fault, "the audit trail could not be signed");
        }
        crate::consenting::resume(&house).await;
    }
}

/// Done when the system asks to stop: SIGTERM or Ctrl-C. Heard from the call on, not only once it is waited for: who is told
/// that the server is ready may ask it to stop at once.
pub fn asked_to_stop() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let [terminated, interrupted] = [SignalKind::terminate(), SignalKind::interrupt()].map(|kind| {
        let heard = signal(kind);
        async move {
            match heard {
                Ok(mut heard) => drop(heard.recv().await),
                Err(_) => std::future::pending().await,
            }
        }
    });
    async move {
        tokio::select! {
            () = terminated => {}
            () = interrupted => {}
        }
    }
}
