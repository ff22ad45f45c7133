//! Starting machines: the boot room's DHCP and TFTP, the files over HTTP, and the decision what a machine starts into.
//!
//! What is answered here depends on hints that anybody can forge: it chooses between two scripts and reveals nothing
//! else. The files are the same for everybody and hold no secret.
use crate::{
    House,
    config::BootMode,
    environment::LOADER,
    house::blocking,
    refusal::{Answer, Refusal},
    views::BootWords,
};
use axum::{
    body::Bytes,
    extract::{ConnectInfo, Path, Query, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use socle_boot::{
    BootEvent, Interface, Mac,
    dhcp::{self, BootFiles, Decision, Lease},
    script::{Script, Url, autoexec},
    server::{Bound, Callers, Config as BootConfig, Ports, decide_with},
    tftp,
};
use socle_db::{Scope, boot_events, machines, machines::State as Recognised, runs, runs::StartsInto};
use socle_texts::{Fault, Result};
use socle_wire::api::LiveEvent;
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::mpsc;

const AUTOEXEC: &str = "autoexec.ipxe";
const SCRIPT: &str = "/boot/boot.ipxe";
/// Boot events that wait to be written; more are lost: they are for people to look at, not a proof.
const MAX_EVENTS_WAITING: usize = 4_096;
const MAX_LEASES: usize = 65_536;

/// Where machines find the boot files over HTTP: `http://10.0.0.1:8081`; as a last resort where this one asked.
fn base_url(house: &House, host: Option<&str>) -> Result<String> {
    let boot = &house.config.boot;
    if let Some(url) = &boot.url {
        return Ok(url.trim_end_matches('/').to_string());
    }
    let address = match (&boot.interface, boot.address, host) {
        (_, Some(address), _) => address.into(),
        (Some(name), None, _) => Interface::find(name)?.address.into(),
        (None, None, Some(host)) => return Ok(format!("http://{host}")),
        (None, None, None) => boot.listen.ip(),
    };
    Ok(format!("http://{}", SocketAddr::new(address, boot.listen.port())))
}

#[derive(Deserialize)]
pub(crate) struct Said {
    mac: Option<String>,
    uuid: Option<String>,
}

/// What a machine shall start into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Into {
    Environment(&'static str),
    LocalDisk(&'static str),
}

/// A machine that nobody knows, or one with work to do, starts the boot environment; any other its own disk at once.
async fn decide(house: &House, mac: Option<&str>, uuid: Option<&str>) -> Result<Into> {
    let mut conn = house.db.read().await?;
    let found = machines::by_hints(&mut conn, Scope::ROOT, mac, uuid).await?;
    if found.is_empty() {
        return Ok(Into::Environment("server-boot-unknown"));
    }
    // A machine that is known comes before one that only says the same of itself: whoever borrows its address can't keep
    // it from its disk.
    let mut known = None;
    for machine in found.iter().filter(|m| m.state == Recognised::Known) {
        let open = runs::open_all_of(&mut conn, Scope::ROOT, machine.id).await?;
        if open.iter().any(|r| r.starts_into == StartsInto::Boot) {
            return Ok(Into::Environment("server-boot-work"));
        }
        known = Some(if open.is_empty() { "server-boot-no-work" } else { "server-boot-goes-on" });
    }
    let waits = found.iter().any(|m| m.state == Recognised::ToRecognise);
    Ok(match known {
        Some(why) => Into::LocalDisk(why),
        None if waits => Into::Environment("server-boot-to-recognise"),
        None => Into::LocalDisk("server-boot-refused"),
    })
}

/// `GET /boot/boot.ipxe?mac=&uuid=`
pub(crate) async fn script(
    State(house): State<Arc<House>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Query(said): Query<Said>,
    headers: HeaderMap,
) -> Answer<Response> {
    let host = headers.get(header::HOST).and_then(|v| v.to_str().ok());
    let mac = said.mac.as_deref().and_then(|m| m.replace('-', ":").parse::<Mac>().ok()).map(|m| m.to_string());
    let uuid = said.uuid.as_deref().and_then(|u| u.parse::<uuid::Uuid>().ok()).map(|u| u.to_string());
    let who = mac.clone().unwrap_or_else(|| from.ip().to_canonical().to_string());
    let decided = decide(&house, mac.as_deref(), uuid.as_deref()).await?;
    let ready = {
        let house = house.clone();
        blocking(move || house.environment.files()).await
    };
    let (script, key) = match (decided, ready) {
        (Into::LocalDisk(why), _) => (Script::LocalDisk, why),
        (Into::Environment(_), Err(_)) => (Script::LocalDisk, "server-boot-no-environment"),
        (Into::Environment(why), Ok(_)) => {
            let base = base_url(&house, host)?;
            let environment = Script::Environment {
                kernel: Url::new(format!("{base}/boot/vmlinuz"))?,
                initrd: Url::new(format!("{base}/boot/initrd.img"))?,
                arguments: house.config.boot.kernel_arguments.clone(),
            };
            (environment, why)
        }
    };
    keep_event(&house, who, "http", BootWords::Key(key.into(), vec![]));
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], script.text()?).into_response())
}

/// `GET /boot/{file}`
pub(crate) async fn file(
    State(house): State<Arc<House>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    let host = headers.get(header::HOST).and_then(|v| v.to_str().ok()).map(str::to_string);
    let typed = [(header::CONTENT_TYPE, "application/octet-stream")];
    let shelf = house.clone();
    let wanted = name.clone();
    let bytes: Option<Bytes> = blocking(move || match wanted.as_str() {
        LOADER => Ok(Some(loader(&shelf)?)),
        AUTOEXEC => Ok(Some(Bytes::from(autoexec_text(&shelf, host.as_deref())?))),
        _ => Ok(shelf.environment.files()?.get(&wanted).cloned()),
    })
    .await?;
    let bytes = bytes.ok_or_else(|| Refusal::unknown("file"))?;
    let what = BootWords::Key("server-boot-file".into(), vec![("file".into(), name)]);
    keep_event(&house, from.ip().to_canonical().to_string(), "http", what);
    Ok((typed, bytes).into_response())
}

/// The loader, as the content key signed it with the rest of the boot environment.
fn loader(house: &House) -> Result<Bytes> {
    let missing = || Fault::new("server-loader-missing").with("path", &house.data.environment().join(LOADER));
    house.environment.files()?.get(LOADER).cloned().ok_or_else(missing)
}

fn autoexec_text(house: &House, host: Option<&str>) -> Result<String> {
    Ok(autoexec(&Url::new(format!("{}{SCRIPT}", base_url(house, host)?))?))
}

/// Keeps a boot event, soon, and tells it to those who listen.
fn keep_event(house: &House, who: String, service: &str, what: BootWords) {
    let what = serde_json::to_string(&what).unwrap_or_default();
    let event = boot_events::BootEvent { at: house.now(), who, service: service.into(), what };
    house.boot_log.note(event.clone());
    house.live.tell(LiveEvent::Boot(crate::views::boot_event(event, house.config.language)));
}

/// DHCP and TFTP with their ports taken; nothing where the configuration wants none.
pub(crate) fn bind(house: &Arc<House>) -> Result<Option<(Bound, mpsc::Receiver<BootEvent>)>> {
    let boot = &house.config.boot;
    let (Some(interface), false) = (&boot.interface, boot.mode == BootMode::Off) else { return Ok(None) };
    let base = base_url(house, None)?;
    let mode = match (boot.mode, &boot.pool) {
        (BootMode::Full, Some(range)) => Some(dhcp::Mode::Full(range.clone())),
        (BootMode::Proxy, _) => Some(dhcp::Mode::Proxy),
        _ => None,
    };
    let kept: Vec<Lease> = match house.data.leases().exists() {
        true => crate::data::read_json(&house.data.leases())?,
        false => Vec::new(),
    };
    let config = BootConfig {
        interface: interface.clone(),
        address: boot.address,
        mode,
        files: BootFiles {
            loader: LOADER.into(),
            loader_url: format!("{base}/boot/{LOADER}"),
            script_url: format!("{base}{SCRIPT}"),
        },
        leases: kept.clone(),
        ports: Ports::default(),
        tftp: tftp::Limits::default(),
    };
    let (tell, told) = mpsc::channel(MAX_EVENTS_WAITING);
    let files = house.clone();
    let time = house.clone();
    let callers = Callers {
        files: Arc::new(move |name: &str| -> Option<Arc<[u8]>> {
            let bytes = match name.trim_start_matches('/') {
                LOADER => loader(&files).map(|bytes| bytes.to_vec()),
                AUTOEXEC => autoexec_text(&files, None).map(String::into_bytes),
                _ => return None,
            };
            bytes.inspect_err(|fault| tracing::error!(%fault, "a boot file can't be served")).ok().map(Arc::from)
        }),
        // Every machine may start the loader: what it then does is the script's affair, which knows more.
        decide: decide_with(|_| async { Decision::Boot }),
        keep: keeper(house, kept),
        events: Arc::new(move |event| {
            let _ = tell.try_send(event);
        }),
        now: Arc::new(move || time.now().as_second().max(0) as u64),
    };
    Ok(Some((Bound::bind(config, callers)?, told)))
}

/// Leases are written down before they are given.
fn keeper(house: &Arc<House>, kept: Vec<Lease>) -> socle_boot::server::KeepLease {
    let path = house.data.leases();
    let held: Mutex<BTreeMap<Mac, Lease>> = Mutex::new(kept.into_iter().map(|l| (l.mac, l)).collect());
    Arc::new(move |lease: &Lease| {
        let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
        held.insert(lease.mac, lease.clone());
        if held.len() > MAX_LEASES
            && let Some(oldest) = held.values().min_by_key(|l| l.expires_unix_seconds).map(|l| l.mac)
        {
            held.remove(&oldest);
        }
        crate::data::write(&path, &crate::data::to_json(&held.values().collect::<Vec<_>>())?)
    })
}

/// Keeps what the boot room tells, as long as it tells.
pub(crate) async fn keep_events(house: Arc<House>, mut told: mpsc::Receiver<BootEvent>) {
    while let Some(event) = told.recv().await {
        if event.is_routine() {
            continue;
        }
        let who = match (event.mac, event.address) {
            (Some(mac), _) => mac.to_string(),
            (None, Some(address)) => address.to_string(),
            (None, None) => "–".into(),
        };
        let service = match (&event.kind, house.config.boot.mode) {
            (kind, _) if is_tftp(kind) => "tftp",
            (_, BootMode::Proxy) => "proxydhcp",
            _ => "dhcp",
        };
        keep_event(&house, who, service, BootWords::Boot(Box::new(event)));
    }
}

fn is_tftp(kind: &socle_boot::Kind) -> bool {
    use socle_boot::Kind;
    matches!(
        kind,
        Kind::FileSent { .. } | Kind::FileSizeAsked { .. } | Kind::FileMissing { .. } | Kind::FileFailed { .. }
    )
}
