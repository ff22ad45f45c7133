//! Starting machines: the boot room's DHCP and TFTP, the files over HTTP, and the decision what a machine starts into.
//!
//! What is answered here depends on hints that anybody can forge: it chooses between two scripts and reveals nothing
//! else. The files are the same for everybody and hold no secret.
use crate::{
    House, boot_once,
    config::BootMode,
    environment::{BIOS_LOADER, LOADER},
    house::blocking,
    refusal::{Answer, Refusal},
    starts,
    views::BootWords,
};
use axum::{
    body::Bytes,
    extract::{ConnectInfo, Path, Query, State},
    http::{HeaderMap, Uri, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use socle_boot::{
    BootEvent, Interface, Mac,
    chain::{Chain, OWN_DISK, Stands, choose, grub_script, stands_for},
    dhcp::{self, BootFiles, Client, Decision, Lease},
    script::{Script, Url, autoexec},
    server::{Bound, Callers, Config as BootConfig, Ports, decide_with},
    tftp,
};
use socle_db::{
    Conn, Scope, boot_events, machines,
    machines::{Machine, State as Recognised},
    runs,
    runs::StartsInto,
};
use socle_texts::{Fault, Result};
use socle_wire::api::LiveEvent;
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError, Weak},
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
    let found = hinted(&mut conn, mac, uuid).await?;
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
        if boot_once::comes_by_network(&mut conn, machine.id).await? {
            return Ok(Into::Environment("server-boot-ordered"));
        }
        known = Some(if open.is_empty() { "server-boot-no-work" } else { "server-boot-goes-on" });
    }
    let waits = found.iter().any(|m| m.state == Recognised::ToRecognise);
    Ok(match known {
        Some(why) => Into::LocalDisk(why),
        None if waits => Into::Environment("server-boot-to-recognise"),
        None if found.iter().any(|m| heard_lately(house, m)) => Into::LocalDisk("server-boot-refused"),
        None => Into::Environment("server-boot-refused-before"),
    })
}

/// Whether one that was refused was so, or was told so, within the last hour. It was refused by its key; an address may be
/// borrowed. So it is asked again who it is, once an hour at most: whoever was refused under the address of a machine that
/// comes later does not send that one to its disk for ever, and one that is told no starts its disk and not the network.
fn heard_lately(house: &House, machine: &machines::Machine) -> bool {
    const HOUR_SECONDS: i64 = 3_600;
    let heard = house.presence.heard(machine.id).unwrap_or_default();
    let last = machine.since.max(machine.last_seen).max(heard);
    (0..HOUR_SECONDS).contains(&house.now().duration_since(last).as_secs())
}

/// The machines that say the same of themselves.
async fn hinted(conn: &mut Conn, mac: Option<&str>, uuid: Option<&str>) -> Result<Vec<Machine>> {
    let uuid = uuid.filter(|u| tells_machines_apart(u));
    let mut found = machines::by_hints(conn, Scope::ROOT, mac, uuid).await?;
    // A card that moves from machine to machine (one at a USB socket) brings its address along: where both say who they
    // are, another identifier is another machine.
    found.retain(|m| match (uuid, m.hints.uuid.as_deref().filter(|u| tells_machines_apart(u))) {
        (Some(said), Some(known)) => is_same_uuid(said, known),
        _ => true,
    });
    Ok(found)
}

/// What firmware is told to load: the chain that suits its machine, by what it said of itself when it last spoke. Where
/// that is iPXE, its script decides later and knows more; any other chain is not even begun by a machine without work.
async fn load(house: &Arc<House>, request: dhcp::Request) -> Result<Decision> {
    let over_http = match (request.client, request.arch) {
        (Client::Pxe, Some(arch)) if arch.is_uefi_x64() => false,
        (Client::Http, Some(arch)) if arch.is_uefi_x64_http() => true,
        _ => return Ok(Decision::Boot),
    };
    let shelf = house.clone();
    // Without an environment nothing else than before is served: what is asked for is said to be missing.
    let Ok(files) = blocking(move || shelf.environment.files()).await else { return Ok(Decision::Boot) };
    let (mac, uuid) = (request.mac.to_string(), request.uuid.map(|u| u.to_string()));
    let found = hinted(&mut *house.db.read().await?, Some(&mac), uuid.as_deref()).await?;
    let mine = found.iter().find(|m| m.state == Recognised::Known).or(found.first());
    let known = mine.and_then(|m| starts::known(&m.facts));
    let chain = choose(over_http, &|name| files.contains_key(name), known, house.config.boot.first_chain);
    if chain == Chain::Ipxe {
        return Ok(Decision::Boot);
    }
    let file = match decide(house, Some(&mac), uuid.as_deref()).await? {
        Into::Environment(_) => chain.file(),
        Into::LocalDisk(why) => {
            keep_event(house, mac, "dhcp", BootWords::Key(why.into(), vec![]));
            OWN_DISK
        }
    };
    Ok(Decision::Load { file: if over_http { format!("{}/boot/{file}", base_url(house, None)?) } else { file.into() } })
}

/// Whether a machine's identifier is its own: not all the same digit, and none of those that makers forget to change.
fn tells_machines_apart(uuid: &str) -> bool {
    let digits: Vec<char> = uuid.chars().filter(char::is_ascii_hexdigit).collect();
    let same = digits.iter().all(|d| Some(d) == digits.first());
    !same && !uuid.eq_ignore_ascii_case("03000200-0400-0500-0006-000700080009")
}

/// Whether two identifiers are one, read in either order: SMBIOS before 2.6 does not say in which order it holds them.
fn is_same_uuid(one: &str, other: &str) -> bool {
    match (one.parse::<uuid::Uuid>(), other.parse::<uuid::Uuid>()) {
        (Ok(one), Ok(other)) => one == other || one.to_bytes_le() == *other.as_bytes(),
        _ => one.eq_ignore_ascii_case(other),
    }
}

/// `GET /boot/boot.ipxe?mac=&uuid=`
pub(crate) async fn script(
    State(house): State<Arc<House>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Query(said): Query<Said>,
    headers: HeaderMap,
) -> Answer<Response> {
    let host = headers.get(header::HOST).and_then(|v| v.to_str().ok());
    // A loader that the card itself holds knows no more than the address that DHCP gave it: first it says who it is.
    if said.mac.is_none() && said.uuid.is_none() {
        let script = Script::SayWho { script: Url::new(format!("{}{SCRIPT}", base_url(&house, host)?))? };
        return Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], script.text()?).into_response());
    }
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
    // From where: what comes by that address alone afterwards is the same machine's.
    let values = vec![("from".into(), from.ip().to_canonical().to_string())];
    keep_event(&house, who, "http", BootWords::Key(key.into(), values));
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
        LOADER | BIOS_LOADER => Ok(Some(loader(&shelf, &wanted)?)),
        AUTOEXEC => Ok(Some(Bytes::from(autoexec_text(&shelf, host.as_deref())?))),
        _ => Ok(shelf.environment.files()?.get(&wanted).cloned()),
    })
    .await?;
    let key = if bytes.is_some() { "server-boot-file" } else { "server-boot-file-missing" };
    let shown: String = name.chars().filter(|c| !c.is_control()).take(120).collect();
    let what = BootWords::Key(key.into(), vec![("file".into(), shown)]);
    keep_event(&house, from.ip().to_canonical().to_string(), "http", what);
    let bytes = bytes.ok_or_else(|| Refusal::unknown("file"))?;
    Ok((typed, bytes).into_response())
}

/// `GET /boot/{folder}/{file}`, `GET /grub/…`: what the loaders of a chain ask for beside themselves.
pub(crate) async fn beside(
    State(house): State<Arc<House>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
) -> Answer<Response> {
    let host = headers.get(header::HOST).and_then(|v| v.to_str().ok()).map(str::to_string);
    let path = uri.path().strip_prefix("/boot").unwrap_or(uri.path()).trim_start_matches('/').to_string();
    let stands = stands_for(&path).ok_or_else(|| Refusal::unknown("file"))?;
    let shelf = house.clone();
    let bytes = blocking(move || of_chain(&shelf, &stands, host.as_deref())).await?;
    let what = BootWords::Key("server-boot-file".into(), vec![("file".into(), path)]);
    keep_event(&house, from.ip().to_canonical().to_string(), "http", what);
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
}

/// A file that the loaders of a chain ask for.
fn of_chain(house: &House, stands: &Stands, host: Option<&str>) -> Result<Bytes> {
    match stands {
        Stands::File(name) => loader(house, name),
        Stands::GrubScript => {
            let base = Url::new(base_url(house, host)?)?;
            Ok(Bytes::from(grub_script(&base, &house.config.boot.kernel_arguments)))
        }
    }
}

/// A loader, as the content key signed it with the rest of the boot environment.
fn loader(house: &House, name: &str) -> Result<Bytes> {
    let missing = || Fault::new("server-loader-missing").with("path", &house.data.environment().join(name));
    house.environment.files()?.get(name).cloned().ok_or_else(missing)
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
            bios_loader: Some(BIOS_LOADER.into()),
            loader_url: format!("{base}/boot/{LOADER}"),
            script_url: format!("{base}{SCRIPT}"),
        },
        leases: kept.clone(),
        ports: Ports::default(),
        tftp: tftp::Limits::default(),
    };
    let (tell, told) = mpsc::channel(MAX_EVENTS_WAITING);
    let files = house.clone();
    let copies = Copies::default();
    let chooser = house.clone();
    let time = house.clone();
    let counting = house.clone();
    let callers = Callers {
        files: Arc::new(move |name: &str| -> Option<Arc<[u8]>> {
            let bytes = match (name.trim_start_matches('/'), stands_for(name)) {
                (name @ (LOADER | BIOS_LOADER), _) => loader(&files, name),
                (AUTOEXEC, _) => autoexec_text(&files, None).map(Bytes::from),
                (_, Some(stands)) => of_chain(&files, &stands, None),
                (_, None) => return None,
            };
            let bytes = bytes.inspect_err(|fault| tracing::error!(%fault, "a boot file can't be served")).ok()?;
            Some(copies.of(name, &bytes))
        }),
        decide: decide_with(move |request| {
            let chooser = chooser.clone();
            async move {
                // A machine that nothing can be chosen for starts as machines did before there was a choice.
                let failed = |fault: &Fault| tracing::error!(%fault, "no chain can be chosen");
                load(&chooser, request).await.inspect_err(failed).unwrap_or(Decision::Boot)
            }
        }),
        keep: keeper(house, kept),
        events: Arc::new(move |event| {
            // What is lost is counted: a gap in the events is never taken for silence.
            if tell.try_send(event).is_err() {
                counting.boot_log.lost();
            }
        }),
        now: Arc::new(move || time.now().as_second().max(0) as u64),
    };
    Ok(Some((Bound::bind(config, callers)?, told)))
}

/// Files as TFTP holds them: one copy of each for all transfers that run, none when none runs.
#[derive(Default)]
struct Copies(Mutex<BTreeMap<String, (usize, Weak<[u8]>)>>);

impl Copies {
    fn of(&self, name: &str, bytes: &Bytes) -> Arc<[u8]> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, (_, copy)| copy.strong_count() > 0);
        let place = bytes.as_ptr() as usize;
        match held.get(name).filter(|(of, _)| *of == place).and_then(|(_, copy)| copy.upgrade()) {
            Some(copy) if *copy == **bytes => copy,
            _ => {
                let copy: Arc<[u8]> = Arc::from(&bytes[..]);
                held.insert(name.to_string(), (place, Arc::downgrade(&copy)));
                copy
            }
        }
    }
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
        let routine = event.is_routine();
        let what = BootWords::Boot(Box::new(event));
        match routine {
            true => house.heard.note(house.now(), who, service, what),
            false => keep_event(&house, who, service, what),
        }
    }
}

fn is_tftp(kind: &socle_boot::Kind) -> bool {
    use socle_boot::Kind;
    matches!(
        kind,
        Kind::FileSent { .. } | Kind::FileSizeAsked { .. } | Kind::FileMissing { .. } | Kind::FileFailed { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_tells_machines_apart_unless_its_maker_forgot_it() {
        for forgotten in [
            "00000000-0000-0000-0000-000000000000",
            "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
            "03000200-0400-0500-0006-000700080009",
        ] {
            assert!(!tells_machines_apart(forgotten), "{forgotten}");
        }
        let (one, swapped) = ("00112233-4455-6677-8899-aabbccddeeff", "33221100-5544-7766-8899-aabbccddeeff");
        assert!(tells_machines_apart(one) && is_same_uuid(one, one) && is_same_uuid(one, swapped));
        assert!(!is_same_uuid(one, "00112233-4455-6677-8899-aabbccddeefe"));
    }
}
