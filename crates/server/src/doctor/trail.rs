//! What each machine asked, in order: from the events that are kept, what was heard beside them, and what its agent said.
use super::{Ground, heard::Line, small, way};
use crate::views::BootWords;
use socle_boot::{Kind, Mac};
use socle_db::{boot_events::BootEvent, machines::Machine};
use socle_domain::Timestamp;
use socle_texts::{Arg, Lang, say};
use socle_wire::diagnosis::{Asked, Trail};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Machines that are told of at once.
pub const MAX_TRAILS: usize = 12;
/// What is told of one machine.
const MAX_ASKED: usize = 60;
/// How long an address is taken to be the same machine's.
const SAME_MACHINE_SECONDS: i64 = 1_800;

/// One thing heard.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    at: Timestamp,
    first: Option<Timestamp>,
    times: u64,
    who: String,
    service: String,
    words: BootWords,
}

impl Heard {
    fn of_event(event: BootEvent) -> Option<Heard> {
        let words = serde_json::from_str(&event.what).ok()?;
        Some(Heard { at: event.at, first: None, times: 1, who: event.who, service: event.service, words })
    }
    fn of_line(line: Line) -> Heard {
        let first = (line.times > 1).then_some(line.first);
        Heard { at: line.last, first, times: line.times, who: line.who, service: line.service, words: line.what }
    }
    fn step(&self) -> way::Step {
        match &self.words {
            BootWords::Boot(event) => way::step(event),
            BootWords::Key(key, values) => way::step_of_key(key, value(values, "file")),
        }
    }
    /// The IP address that it shows its machine to have.
    fn address(&self) -> Option<String> {
        match &self.words {
            BootWords::Boot(event) => match &event.kind {
                Kind::AddressOffered { given, .. } | Kind::AddressGiven { given, .. } => Some(given.to_string()),
                _ => event.address.map(|a| a.to_string()),
            },
            BootWords::Key(_, values) => value(values, "from").map(str::to_string),
        }
    }
    fn is_answered(&self) -> bool {
        match &self.words {
            BootWords::Boot(event) => !matches!(
                event.kind,
                Kind::Silent { .. } | Kind::AddressRefused { .. } | Kind::FileMissing { .. } | Kind::FileFailed { .. }
            ),
            BootWords::Key(key, _) => key != "server-boot-file-missing" && key != "server-boot-dropped",
        }
    }
    fn told(&self, lang: Lang) -> Asked {
        let what = match &self.words {
            BootWords::Boot(event) => event.say(lang),
            BootWords::Key(key, values) => {
                let args: Vec<(&str, Arg)> = values.iter().map(|(n, v)| (n.as_str(), v.into())).collect();
                say(lang, key, &args)
            }
        };
        let (at, first, times, service) = (self.at, self.first, self.times, self.service.clone());
        Asked { at, first, times, service, answered: self.is_answered(), what }
    }
}

fn value<'a>(values: &'a [(String, String)], name: &str) -> Option<&'a str> {
    values.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}

/// Everything heard of machines, the oldest first: what the doctor himself asked is no machine's.
pub(super) fn all(events: Vec<BootEvent>, lines: Vec<Line>) -> Vec<Heard> {
    let mut all: Vec<Heard> = events.into_iter().filter_map(Heard::of_event).collect();
    all.extend(lines.into_iter().map(Heard::of_line));
    all.retain(|h| !matches!(&h.words, BootWords::Boot(event) if event.is_by_the_doctor()));
    all.sort_by_key(|h| h.at);
    all
}

/// The machines to be told of: the one that is asked for, else the last that were heard.
pub(super) fn machines(all: &[Heard], wished: Option<Mac>) -> Vec<Mac> {
    if let Some(mac) = wished {
        return vec![mac];
    }
    let mut seen = BTreeSet::new();
    let macs = all.iter().rev().filter_map(|h| h.who.parse::<Mac>().ok());
    macs.filter(|mac| seen.insert(*mac)).take(MAX_TRAILS).collect()
}

/// What is known of one machine's attempts. `known` is the machine, where it has spoken to the server.
pub(super) fn trail(ground: &Ground, all: &[Heard], mac: Mac, known: Option<&Machine>) -> Trail {
    let who = mac.to_string();
    let own: Vec<&Heard> = all.iter().filter(|h| h.who == who).collect();
    let mut addresses: BTreeMap<String, Vec<Timestamp>> = BTreeMap::new();
    for (heard, address) in own.iter().filter_map(|h| Some((h, h.address()?))) {
        addresses.entry(address).or_default().push(heard.at);
    }
    for address in neighbours(&small("/proc/thread-self/net/arp").unwrap_or_default()).remove(&who).unwrap_or_default()
    {
        addresses.entry(address).or_default().push(ground.now);
    }
    let near = |a: Timestamp, b: Timestamp| (a.as_second() - b.as_second()).abs() <= SAME_MACHINE_SECONDS;
    let its = |h: &Heard| addresses.get(&h.who).is_some_and(|moments| moments.iter().any(|at| near(*at, h.at)));
    let mut heard: Vec<&Heard> = all.iter().filter(|h| h.who == who || its(h)).collect();
    heard.drain(..heard.len().saturating_sub(MAX_ASKED));

    let steps: Vec<_> = heard.iter().map(|h| (h.at, h.step())).collect();
    let (stages, verdict) = way::of_machine(&steps, known.map(|m| m.last_seen), ground.now, ground.lang);
    let mut asked: Vec<Asked> = heard.iter().map(|h| h.told(ground.lang)).collect();
    if let Some(machine) = known {
        let key = format!("doctor-asked-agent-{}", if machine.place == "installed" { "installed" } else { "boot" });
        let what = say(ground.lang, &key, &[]);
        let at = machine.last_seen;
        asked.push(Asked { at, first: None, times: 1, service: "agent".into(), answered: true, what });
        asked.sort_by_key(|a| a.at);
    }
    let name = known.and_then(|m| m.name.clone());
    Trail { mac: who, name, addresses: addresses.into_keys().collect(), stages, verdict, asked }
}

/// Who has which address now, as the kernel knows its neighbours (proc(5), /proc/net/arp): addresses by hardware address.
fn neighbours(table: &str) -> HashMap<String, Vec<String>> {
    let mut known: HashMap<String, Vec<String>> = HashMap::new();
    for line in table.lines().skip(1) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (Some(address), Some(mac)) = (fields.first(), fields.get(3).and_then(|m| m.parse::<Mac>().ok())) else {
            continue;
        };
        if mac.is_one_machine() {
            known.entry(mac.to_string()).or_default().push((*address).to_string());
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;
    use socle_wire::diagnosis::Reach;

    const MAC: &str = "52:54:00:00:00:01";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap_or_default()
    }
    fn event(second: i64, who: &str, service: &str, what: BootWords) -> BootEvent {
        let what = serde_json::to_string(&what).unwrap_or_default();
        BootEvent { at: at(second), who: who.into(), service: service.into(), what }
    }
    fn boot(asked: &str, mac: Option<&str>, address: Option<[u8; 4]>, kind: Kind) -> BootWords {
        let mac = mac.and_then(|m| m.parse().ok());
        let address = address.map(Into::into);
        BootWords::Boot(Box::new(socle_boot::BootEvent {
            mac,
            uuid: None,
            arch: None,
            address,
            asked: asked.into(),
            kind,
        }))
    }
    fn key(key: &str, values: &[(&str, &str)]) -> BootWords {
        BootWords::Key(key.into(), values.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect())
    }
    fn ground() -> Ground {
        Ground::outside("/nowhere".into(), crate::Config::default(), at(700), Lang::En)
    }

    #[test]
    fn what_came_by_address_belongs_to_its_machine_and_the_reason_of_each_silence_is_told() {
        let (ip, other) = ("10.0.0.50", "10.0.0.51");
        let offered = || Kind::BootOffered { file: "snponly.efi".into() };
        let sent = Kind::FileSent { file: "snponly.efi".into(), bytes: 9, milliseconds: 1, blocks_again: 0 };
        let events = vec![
            event(0, MAC, "proxydhcp", boot("DISCOVER", Some(MAC), None, offered())),
            event(2, MAC, "proxydhcp", boot("REQUEST", Some(MAC), Some([10, 0, 0, 50]), offered())),
            event(3, ip, "tftp", boot("RRQ", None, Some([10, 0, 0, 50]), sent)),
            event(4, other, "http", key("server-boot-file", &[("file", "initrd.img")])),
            event(5, MAC, "http", key("server-boot-no-work", &[("from", ip)])),
        ];
        let line = Line {
            who: MAC.into(),
            service: "proxydhcp".into(),
            what: boot("REQUEST", Some(MAC), None, Kind::Silent { why: socle_boot::Why::NotOurAddresses }),
            first: at(1),
            last: at(1),
            times: 3,
        };
        let own = "02:00:00:00:00:77";
        let asked = boot("DISCOVER (socle doctor)", Some(own), None, offered());
        let asked = Line { who: own.into(), what: asked, ..line.clone() };
        let heard = all(events, vec![line, asked]);
        assert_eq!(machines(&heard, None).len(), 1);
        let mac: Mac = MAC.parse().expect("a MAC");
        let told = trail(&ground(), &heard, mac, None);
        let services: Vec<_> = told.asked.iter().map(|a| (a.service.as_str(), a.answered)).collect();
        let wanted = [("proxydhcp", true), ("proxydhcp", false), ("proxydhcp", true), ("tftp", true), ("http", true)];
        assert_eq!(services, wanted);
        assert!(told.asked[1].what.contains("other DHCP server") && told.asked[1].times == 3, "{:?}", told.asked[1]);
        assert_eq!(told.addresses, [ip]);
        assert_eq!(told.verdict.said.code, "doctor-way-disk");
        assert!(told.stages.iter().any(|s| s.reach == Reach::Aside));
        // Nobody else's, and a machine that nobody heard is told so.
        let silent = trail(&ground(), &heard, Mac([2, 0, 0, 0, 0, 9]), None);
        assert_eq!((silent.asked.len(), silent.verdict.said.code.as_ref()), (0, "doctor-way-never"));
    }

    #[test]
    fn neighbours_are_read() {
        let table = "IP address       HW type     Flags       HW address            Mask     Device\n\
                     10.0.0.50        0x1         0x2         52:54:00:00:00:01     *        br0\n\
                     10.0.0.51        0x1         0x0         00:00:00:00:00:00     *        br0\nrubbish\n";
        let known = neighbours(table);
        assert_eq!(known.len(), 1);
        assert_eq!(known[MAC], ["10.0.0.50"]);
    }
}
