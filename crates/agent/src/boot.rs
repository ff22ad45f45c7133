//! The agent in the boot environment: from a kernel that has just started to a machine that starts again.
use crate::{
    clock::{ServerClock, of_machine},
    config::{self, Config},
    disks, facts, home,
    http::{Http, Patience},
    init, key,
    key::MachineKey,
    memories,
    network::{
        self,
        link::{self, Card},
    },
    run::{End, Engine, Installed, Journal, World},
    screen::Screen,
    seen::LastOrder,
    session::Session,
    start,
    tpm::Tpm,
    wizard::{
        Key, Layout,
        drive::{self, Counter},
        hands::Hands,
    },
};
use socle_disk::{devices, efi::Variables};
use socle_domain::{
    Timestamp,
    journal::Kept,
    keys::server_key,
    order::{Act, Order, accept},
    sequence::RebootInto,
    sign::{Signed, Signer},
};
use socle_texts::{Fault, Lang, Result};
use socle_wire::agent::{Challenge, Known, Welcome, Where};
use std::{
    fs,
    path::Path,
    sync::atomic::AtomicBool,
    thread::sleep,
    time::{Duration, Instant},
};

const AGAIN: Duration = Duration::from_secs(5);
const READING_TIME: Duration = Duration::from_secs(60);
const ORDERS_WAIT_SECONDS: u32 = 25;

/// What the machine does next.
enum Leave {
    Restart,
    /// To its own disk: there is nothing to do here.
    Home,
    Off,
}

/// Does everything that the boot environment is there for; ends with a restart.
pub fn work() -> ! {
    init::install_panic_words();
    let lang =
        Config::read(Path::new(config::IN_BOOT)).map_or_else(|_| init::language(), |c| init::language_or(c.lang));
    let (screen, _drawer) = Screen::start(lang);
    screen.event("agent-begins", &[("version", crate::VERSION.into())]);
    init::prepare_hardware(&screen);
    let config = match Config::read(Path::new(config::IN_BOOT)) {
        Ok(config) => config,
        Err(fault) => {
            screen.trouble(&fault);
            sleep(READING_TIME);
            init::reboot()
        }
    };
    screen.update(|v| v.server = config.server.clone());
    let hands = Hands::open(Layout::of(screen.lang()));
    let mut connected = false;
    // Once it has stayed, it stays until there is work or somebody presses a key: nothing restarts by itself.
    let mut stays = None;
    loop {
        match converse(&config, &screen, &hands, &mut connected) {
            Ok(Leave::Restart) => restart(&screen),
            Ok(Leave::Home) => {
                match home::next(Variables::open().as_ref(), &start::of_this_machine(), of_machine(), stays) {
                    home::Way::Restart => restart(&screen),
                    why => {
                        stays = Some(why);
                        stay(&screen, &hands, why);
                    }
                }
            }
            Ok(Leave::Off) => {
                screen.event("agent-switches-off", &[]);
                screen.end();
                init::off()
            }
            // Whatever could not be kept is read again from where it stands: a new beginning is always right.
            Err(fault) => {
                screen.trouble(&fault);
                sleep(AGAIN);
                init::prepare_hardware(&screen);
            }
        }
    }
}

fn restart(screen: &Screen) -> ! {
    screen.event("agent-restarts", &[]);
    screen.end();
    init::reboot()
}

/// There is no way home: it says so, and asks for work from time to time. A key sends it off all the same.
fn stay(screen: &Screen, hands: &Hands, why: home::Way) {
    let key = if why == home::Way::NoEntry { "agent-home-none" } else { "agent-home-came-back" };
    screen.event(key, &[]);
    hands.forget();
    if hands.next(READING_TIME).is_some() {
        home::again(Variables::open().as_ref(), of_machine());
        restart(screen);
    }
}

fn converse(config: &Config, screen: &Screen, hands: &Hands, connected: &mut bool) -> Result<Leave> {
    let http = Http::new(&config.server, config.pin)?;
    let cmdline = fs::read_to_string("/proc/cmdline").unwrap_or_default();
    // `BOOTIF=01-…`: the hardware type, then the address of the card that the machine was started by.
    let started_by = config::kernel_arg(&cmdline, "BOOTIF").and_then(|b| link::mac_bytes(b.get(3..)?));
    let hints = facts::hints(&[]);
    screen.update(|v| {
        let words = [hints.vendor, hints.product];
        v.model = words.into_iter().flatten().collect::<Vec<_>>().join(" ");
        v.serial = hints.serial.unwrap_or_default();
    });
    let first = !*connected;
    if first {
        let reaches = |_: &network::Connected| {
            let ask = || http.post::<_, Challenge>("/agent/v1/challenge", &(), Patience::For(Duration::from_secs(8)));
            ask().is_ok()
        };
        network::connect(started_by, reaches, &mut |said| match said {
            network::Said::Address(c) => {
                let address = c.lease.address.to_string();
                if screen.now().address != address {
                    screen.event("agent-has-address", &[("address", address.as_str().into())]);
                }
                screen.update(|v| (v.mac, v.address) = (link::mac_text(&c.card.mac), address));
            }
            network::Said::Named(card) => {
                let mac = link::mac_text(&card.mac);
                screen.event("agent-card-named", &[("card", card.name.as_str().into()), ("mac", mac.into())]);
            }
            network::Said::Unusable(card, why) => {
                screen.event("agent-card-unusable", &[("card", (*card).into()), ("why", why.to_string().into())]);
            }
        })?;
        *connected = true;
        screen.calm();
    }
    let cards = Card::all(started_by);
    // What comes late brings its driver's wish with it.
    let disks = || match devices::list() {
        Ok(found) if !disks::any_fixed(&found) => {
            init::prepare_hardware(screen);
            devices::list()
        }
        found => found,
    };
    if first && Variables::open().is_none() {
        // Where the firmware keeps no key, a disk may: without it this machine would take itself for a new one.
        let no_stop = AtomicBool::new(false);
        disks::wait_for(screen, disks::PATIENCE_FOR_IDENTITY, &no_stop, disks::any_fixed, disks)?;
    }
    let mut facts = facts::gather(&cards);
    let hints = facts::hints(&cards);
    let tpm = Tpm::find(Where::Boot);
    let (key, found) = identity(screen, tpm.as_ref())?;
    if found == key::Found::Made {
        screen.event("agent-key-made", &[("key", key.public().short().into())]);
        if Variables::open().is_none() {
            screen.event("agent-key-not-kept", &[]);
        }
    }
    facts.set("key_kept", kept(found));
    start::say(&facts, screen);
    facts.set("key_sealed", !key.at_rest().is_open());
    let clock = ServerClock::at(Timestamp::UNIX_EPOCH);
    let place = Where::Boot;
    let content_key = config.content_key;
    let session = Session {
        http: &http,
        key: &key,
        content_key,
        place,
        hints,
        facts: facts.clone(),
        clock: &clock,
        screen,
        tpm: tpm.as_ref(),
    };
    let Some(known) = be_recognised(&session, screen, hands)? else { return Ok(Leave::Home) };
    let seen = LastOrder::of(&server_key(&content_key, &known.delegation)?)?;
    let order_seen = |number: u64| seen.seen(number);
    let world = World {
        server: &session,
        clock: &clock,
        key: &key,
        content_key,
        lowest: config.lowest.clone(),
        delegation: known.delegation.clone(),
        screen,
        place,
        facts,
        disks: &disks,
        disk_patience: disks::PATIENCE,
        kept: Kept::Partition,
        installed: Some(Installed { binary: "/proc/self/exe".into(), config: config.clone() }),
        scratch: "/run/socle".into(),
        order_seen: &order_seen,
    };
    obey(&world, &known, &seen)
}

/// The machine's key: found or made, sealed where there is a TPM, on its disk too.
fn identity(screen: &Screen, tpm: Option<&Tpm>) -> Result<(MachineKey, key::Found)> {
    let mut keep = memories::find(&devices::list()?, screen);
    let on_partition = keep.as_ref().and_then(|k| k.key());
    let key::Identity { key, found, lost, unsealed } =
        key::find_or_make(on_partition.clone(), Variables::open().as_ref(), tpm)?;
    if lost {
        screen.event("agent-key-of-another-tpm", &[]);
    }
    if let Some(fault) = unsealed {
        screen.trouble(&fault);
        screen.event("agent-key-not-sealed", &[]);
    }
    if let Some(keep) = &mut keep
        && on_partition.is_some_and(|kept| kept.is_open() && kept.public() == key.public())
    {
        // What lay open on the disk is sealed from now on.
        keep.keep_key(key.at_rest())?;
    }
    Ok((key, found))
}

/// Where the machine's key is safe from a power cut, in a word for its record. On a BIOS machine without a disk of ours
/// that is nowhere: until its disk is laid out, a power cut makes it a stranger that must be recognised again.
fn kept(found: key::Found) -> &'static str {
    match (found, Variables::open().is_some()) {
        (_, true) => "firmware",
        (key::Found::Partition, false) => "disk",
        (_, false) => "memory",
    }
}

/// Introduces the machine until it is known; nothing where a person refused it. Meanwhile somebody may sign in at it.
fn be_recognised(session: &Session<'_>, screen: &Screen, hands: &Hands) -> Result<Option<Box<Known>>> {
    // What was pressed before anybody could see what for is nobody's wish.
    hands.forget();
    loop {
        match session.introduce()? {
            Welcome::Known(known) => {
                screen.update(|v| {
                    v.name = Some(known.name.clone());
                    v.code = None;
                });
                screen.calm();
                screen.event("agent-recognised", &[("name", known.name.as_str().into())]);
                return Ok(Some(known));
            }
            Welcome::Unknown { code, again_seconds } => {
                if screen.now().code.as_deref() != Some(&code) {
                    screen.event("agent-not-recognised-yet", &[("code", code.as_str().into())]);
                }
                screen.update(|v| v.code = Some(code));
                wait_for_hands(session, screen, hands, Duration::from_secs(u64::from(again_seconds.clamp(1, 60))));
            }
            // What is asked of a TPM has been answered already.
            Welcome::Refused {} | Welcome::Attest {} => {
                screen.event("agent-refused", &[]);
                sleep(AGAIN);
                return Ok(None);
            }
        }
    }
}

/// Waits, or leads somebody through the wizard who wishes it.
fn wait_for_hands(session: &Session<'_>, screen: &Screen, hands: &Hands, long: Duration) {
    let begin = Instant::now();
    while let Some(left) = long.checked_sub(begin.elapsed()) {
        let Some((at, key)) = hands.next(left) else { return };
        match key {
            Key::F(2) => screen.update(|v| v.lang = if v.lang == Lang::Fr { Lang::En } else { Lang::Fr }),
            key if drive::opens(key) => {
                let counter = Counter { http: session.http, key: session.key };
                drive::run(&counter, session.key, screen, hands, at);
                hands.forget();
                return;
            }
            _ => {}
        }
    }
}

/// Goes on with the run that was begun, then does what is ordered, until there is nothing left here.
fn obey(world: &World<'_>, known: &Known, seen: &LastOrder) -> Result<Leave> {
    if let Some(journal) = begun(world, known)? {
        world.screen.event("agent-goes-on", &[]);
        if let Some(leave) = carry_out(world, journal)? {
            return Ok(leave);
        }
    }
    loop {
        let orders = match world.server.orders(seen.number(), ORDERS_WAIT_SECONDS) {
            Ok(orders) => orders,
            Err(fault) if fault.retry => {
                world.screen.trouble(&fault);
                sleep(AGAIN);
                continue;
            }
            Err(fault) => return Err(fault),
        };
        world.screen.calm();
        if orders.go_local {
            world.screen.event("agent-nothing-to-do", &[]);
            return Ok(Leave::Home);
        }
        if orders.orders.is_empty() {
            sleep(Duration::from_secs(1));
        }
        for signed in orders.orders {
            let Some(order) = acceptable(world, known, seen, &signed) else { continue };
            if !matches!(order.act, Act::Run(_)) {
                // About a run that is over here.
                seen.seen(order.number);
                continue;
            }
            let keep = memories::ours(&(world.disks)()?, &world.key.public(), world.screen);
            let journal = Journal::begin(world, &signed, keep)?;
            if let Some(leave) = carry_out(world, journal)? {
                return Ok(leave);
            }
            break;
        }
    }
}

fn acceptable(world: &World<'_>, known: &Known, seen: &LastOrder, signed: &Signed<Order>) -> Option<Order> {
    let (content, delegation) = (&world.content_key, &world.delegation);
    let (machine, now) = (world.key.public(), world.clock.now());
    let accepted = accept(signed, content, delegation, known.target, &machine, seen.number(), now);
    let accepted = accepted.and_then(|order| match &order.act {
        Act::Run(spec) => world.check_generation(spec).map(|()| order),
        _ => Ok(order),
    });
    match accepted {
        Ok(order) => Some(order),
        Err(fault) => {
            world.screen.trouble(&fault);
            sleep(AGAIN);
            None
        }
    }
}

/// The run that this machine has begun: as the server knows it, or as it remembers itself.
fn begun(world: &World<'_>, known: &Known) -> Result<Option<Journal>> {
    let keep = memories::ours(&(world.disks)()?, &world.key.public(), world.screen);
    let local = keep.as_ref().map(|k| k.remembered()).transpose()?.unwrap_or_default();
    let Some(run) = known.run else {
        // The server knows of none; it may not have heard the end of the last one.
        if let Some(keep) = keep
            && !local.entries.is_empty()
            && let Ok(mut journal) = Journal::remembered(world, keep)
        {
            let _ = journal.hand_over(world, false);
        }
        return Ok(None);
    };
    let tail = world.server.tail(run)?;
    if tail.entries.is_empty() && (local.run() != Some(run) || local.entries.is_empty()) {
        return Ok(None);
    }
    let keep = keep.filter(|_| local.run() == Some(run));
    let journal = Journal::resume(world, &tail, keep)?;
    Ok((!journal.run.status.is_over()).then_some(journal))
}

/// Carries a run out; what the machine does next, or nothing where it stays for more.
fn carry_out(world: &World<'_>, journal: Journal) -> Result<Option<Leave>> {
    home::forget(Variables::open().as_ref());
    let mut engine = Engine::new(world, journal);
    let end = engine.run()?;
    world.screen.update(|v| (v.work, v.progress) = (None, None));
    Ok(match end {
        End::Restart(RebootInto::Off) => Some(Leave::Off),
        End::Restart(_) => Some(Leave::Restart),
        End::Completed | End::Cancelled => None,
        End::Elsewhere => return Err(Fault::new("agent-step-elsewhere")),
    })
}
