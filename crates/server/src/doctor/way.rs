//! How far a machine came on its way, and where and why it stopped: from what was heard of it. Pure.
use socle_boot::{BootEvent, Kind, Why};
use socle_domain::Timestamp;
use socle_texts::{Lang, say};
use socle_wire::diagnosis::{Finding, Part, Place, Reach, Stage, State};

/// A pause this long ends an attempt: nobody waits for firmware that long.
const PAUSE_SECONDS: i64 = 600;
/// From the boot environment's last file to the agent's first word, on a slow machine.
const AGENT_SECONDS: i64 = 240;

/// One thing heard of a machine, as far as its way is concerned.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Told what to load.
    Told,
    /// An address, and nothing to load, for this reason where it asked for that.
    AddressOnly(Option<Why>),
    /// Nothing was answered.
    Silence(Why),
    /// A loader went whole.
    Loader(String),
    /// A file did not go, for this reason.
    LoaderFailed(String, Why),
    /// A file that is not served was asked.
    Missing(String),
    /// The script was asked: into the boot environment.
    Environment(String),
    /// The script was asked: to its own disk, for this reason.
    Disk(String),
    /// The script was asked and no boot environment could be given.
    NoEnvironment,
    /// A file of the boot environment went; whether it is the last.
    Part(bool),
    /// Something that says only that the machine is there.
    Other,
}

/// What a boot event says of the way.
pub fn step(event: &BootEvent) -> Step {
    match &event.kind {
        Kind::BootOffered { .. } => Step::Told,
        Kind::AddressOffered { file: Some(_), .. } | Kind::AddressGiven { file: Some(_), .. } => Step::Told,
        Kind::AddressOffered { withheld, .. } | Kind::AddressGiven { withheld, .. } => {
            Step::AddressOnly(withheld.clone())
        }
        Kind::Silent { why } | Kind::AddressRefused { why, .. } => Step::Silence(why.clone()),
        Kind::FileSent { file, .. } => sent(file),
        Kind::FileFailed { file, why } => Step::LoaderFailed(file.clone(), why.clone()),
        Kind::FileMissing { file } => Step::Missing(file.clone()),
        _ => Step::Other,
    }
}

/// What a whole file says of the way.
pub fn sent(file: &str) -> Step {
    let name = file.rsplit('/').next().unwrap_or(file);
    match name {
        // The signed image holds kernel and initrd; behind shim it bears the name that shim asks for.
        "initrd.img" | "socle.efi" => Step::Part(true),
        _ if file.ends_with("mok/grubx64.efi") => Step::Part(true),
        "vmlinuz" => Step::Part(false),
        // Read beside the loader: it says nothing of how far it came.
        _ if name.ends_with(".ipxe") || name.ends_with(".cfg") => Step::Other,
        _ => Step::Loader(name.to_string()),
    }
}

/// What an event of the server's own files says of the way.
pub fn step_of_key(key: &str, file: Option<&str>) -> Step {
    match (key, file) {
        ("server-boot-file", Some(file)) => sent(file),
        ("server-boot-file-missing", Some(file)) => Step::Missing(file.to_string()),
        ("server-boot-no-environment", _) => Step::NoEnvironment,
        ("server-boot-goes-on" | "server-boot-no-work" | "server-boot-refused", _) => Step::Disk(key.to_string()),
        (key, _) if key.starts_with("server-boot-") && key != "server-boot-dropped" => {
            Step::Environment(key.to_string())
        }
        _ => Step::Other,
    }
}

/// The last attempt among things heard, the oldest first.
fn last_attempt(heard: &[(Timestamp, Step)]) -> &[(Timestamp, Step)] {
    let pause = |two: &[(Timestamp, Step)]| two[1].0.as_second() - two[0].0.as_second() > PAUSE_SECONDS;
    let from = heard.windows(2).rposition(pause).map_or(0, |at| at + 1);
    &heard[from..]
}

/// The way of a machine, and the verdict. `agent` is when its agent last spoke to the server.
pub fn of_machine(
    heard: &[(Timestamp, Step)],
    agent: Option<Timestamp>,
    now: Timestamp,
    lang: Lang,
) -> (Vec<Stage>, Finding) {
    let attempt = last_attempt(heard);
    let (reached, how, verdict) = judge(attempt, agent, now, lang);
    let stage = |place: Place| {
        let reach = match place.cmp(&reached) {
            std::cmp::Ordering::Less => Reach::Passed,
            std::cmp::Ordering::Equal => how,
            std::cmp::Ordering::Greater => Reach::Beyond,
        };
        Stage { place, reach }
    };
    (Place::ALL.iter().map(|place| stage(*place)).collect(), verdict)
}

fn judge(
    attempt: &[(Timestamp, Step)],
    agent: Option<Timestamp>,
    now: Timestamp,
    lang: Lang,
) -> (Place, Reach, Finding) {
    let about = |state, code| Finding::new(Part::Machines, state, code);
    let said = |finding: Finding, why: &Why| finding.with("why", why.say(lang));
    let last = |wanted: &dyn Fn(&Step) -> bool| attempt.iter().rev().map(|(_, s)| s).find(|s| wanted(s));
    let any = |wanted: &dyn Fn(&Step) -> bool| last(wanted).is_some();
    let begun = attempt.first().map(|(at, _)| *at);

    if begun.is_none() || begun.zip(agent).is_some_and(|(begun, agent)| agent >= begun) {
        return match agent {
            Some(_) => (Place::Server, Reach::Passed, about(State::Good, "doctor-way-arrived")),
            None => (Place::Machine, Reach::Stopped, about(State::Attention, "doctor-way-never")),
        };
    }
    if any(&|s| matches!(s, Step::Part(true))) {
        let waited = attempt.last().map_or(0, |(at, _)| now.as_second() - at.as_second());
        return match waited > AGENT_SECONDS {
            true => (Place::Server, Reach::Stopped, about(State::Wrong, "doctor-way-no-agent")),
            false => (Place::Server, Reach::Doubtful, about(State::Attention, "doctor-way-waiting")),
        };
    }
    // What the script last said counts: a machine may have come twice in one attempt.
    match last(&|s| matches!(s, Step::Environment(_) | Step::Disk(_) | Step::NoEnvironment)) {
        Some(Step::Disk(key)) => {
            let finding = about(State::Good, "doctor-way-disk").with("why", say(lang, key, &[]));
            return (Place::Environment, Reach::Aside, finding);
        }
        Some(Step::NoEnvironment) => {
            return (Place::Environment, Reach::Stopped, about(State::Wrong, "doctor-way-no-environment"));
        }
        Some(_) => return (Place::Environment, Reach::Stopped, about(State::Wrong, "doctor-way-cut")),
        None => {}
    }
    if let Some(Step::Loader(file)) = last(&|s| matches!(s, Step::Loader(_))) {
        let finding = about(State::Wrong, "doctor-way-no-script").with("file", file);
        return (Place::Environment, Reach::Stopped, finding);
    }
    match last(&|s| matches!(s, Step::LoaderFailed(..) | Step::Missing(_))) {
        Some(Step::LoaderFailed(file, why)) => {
            let finding = about(State::Wrong, "doctor-way-loader-failed").with("file", file);
            return (Place::Loader, Reach::Stopped, said(finding, why));
        }
        Some(Step::Missing(file)) => {
            let finding = about(State::Wrong, "doctor-way-loader-missing").with("file", file);
            return (Place::Loader, Reach::Stopped, finding);
        }
        _ => {}
    }
    if any(&|s| matches!(s, Step::Told)) {
        return (Place::Loader, Reach::Stopped, about(State::Wrong, "doctor-way-no-loader"));
    }
    // What is said beside a DHCP server says nothing; what was refused for a reason does.
    let telling = |s: &Step| match s {
        Step::Silence(why) => !matches!(why, Why::NotOurAddresses | Why::AnotherServer | Why::NotNetworkBoot),
        Step::AddressOnly(why) => why.is_some(),
        _ => false,
    };
    match last(&telling) {
        Some(Step::Silence(why) | Step::AddressOnly(Some(why))) => {
            (Place::Dhcp, Reach::Stopped, said(about(State::Wrong, "doctor-way-silent"), why))
        }
        _ => (Place::Machine, Reach::Aside, about(State::Attention, "doctor-way-not-network")),
    }
}

/// The way as the server knows it, whoever comes: each place is as bad as the worst that was found of it.
pub fn of_server(findings: &[Finding]) -> Vec<Stage> {
    let place_of = |finding: &Finding| match finding.part {
        Part::Interface | Part::Dhcp => Place::Dhcp,
        Part::Ports | Part::Firewall | Part::Loader => Place::Loader,
        Part::Environment => Place::Environment,
        Part::Identity | Part::Clock | Part::Database | Part::Space => Place::Server,
        Part::Machines => Place::Machine,
    };
    let worst = |place: Place| findings.iter().filter(|f| place_of(f) == place).map(|f| f.state).max();
    let reach = |place: Place| match worst(place) {
        _ if place == Place::Machine => Reach::Passed,
        Some(State::Good) => Reach::Passed,
        Some(State::Attention) => Reach::Doubtful,
        Some(State::Wrong) => Reach::Stopped,
        Some(State::Unseen) if findings.iter().any(|f| place_of(f) == place && f.state == State::Good) => Reach::Passed,
        Some(State::Unseen) | None => Reach::Beyond,
    };
    Place::ALL.iter().map(|place| Stage { place: *place, reach: reach(*place) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap_or_default()
    }

    /// Steps a second apart, then the present ten minutes later.
    fn check(steps: &[Step], agent: Option<i64>, place: Place, reach: Reach, code: &str) {
        let heard: Vec<_> = steps.iter().enumerate().map(|(n, s)| (at(1_000 + n as i64), s.clone())).collect();
        let (stages, verdict) = of_machine(&heard, agent.map(at), at(1_600), Lang::En);
        assert_eq!(verdict.said.code, format!("doctor-way-{code}"), "{steps:?}");
        let here = stages.iter().find(|s| s.place == place).map(|s| s.reach);
        assert_eq!(here, Some(reach), "{steps:?}: {stages:?}");
        assert!(stages.iter().filter(|s| s.place < place).all(|s| s.reach == Reach::Passed), "{stages:?}");
        assert!(stages.iter().filter(|s| s.place > place).all(|s| s.reach == Reach::Beyond), "{stages:?}");
    }

    #[test]
    fn every_stop_has_its_place_and_its_reason() {
        use Place::*;
        use Reach::*;
        let loader = || Step::Loader("snponly.efi".into());
        let environment = || Step::Environment("server-boot-unknown".into());
        let disk = Step::Disk("server-boot-no-work".into());
        check(&[], None, Machine, Stopped, "never");
        check(&[], Some(900), Server, Passed, "arrived");
        check(&[Step::Silence(Why::NotNetworkBoot)], None, Machine, Aside, "not-network");
        check(&[Step::Silence(Why::NotOurAddresses), Step::Other], None, Machine, Aside, "not-network");
        check(&[Step::Silence(Why::Architecture { arch: 11 })], None, Dhcp, Stopped, "silent");
        check(&[Step::AddressOnly(Some(Why::ArchitectureUnsaid))], None, Dhcp, Stopped, "silent");
        check(&[Step::Told, Step::Silence(Why::NotOurAddresses)], None, Loader, Stopped, "no-loader");
        let failed = Step::LoaderFailed("snponly.efi".into(), Why::NoAnswer);
        check(&[Step::Told, failed], None, Loader, Stopped, "loader-failed");
        check(&[Step::Told, Step::Missing("pxelinux.0".into())], None, Loader, Stopped, "loader-missing");
        check(&[Step::Told, loader()], None, Environment, Stopped, "no-script");
        check(&[Step::Told, loader(), disk], None, Environment, Aside, "disk");
        check(&[Step::Told, loader(), Step::NoEnvironment], None, Environment, Stopped, "no-environment");
        check(&[Step::Told, loader(), environment(), Step::Part(false)], None, Environment, Stopped, "cut");
        let all = [Step::Told, loader(), environment(), Step::Part(false), Step::Part(true)];
        check(&all, None, Server, Stopped, "no-agent");
        check(&[Step::Told, sent("mok/shimx64.efi")], None, Environment, Stopped, "no-script");
        check(&[Step::Told, sent("mok/shimx64.efi"), sent("mok/grubx64.efi")], None, Server, Stopped, "no-agent");
        check(&[Step::Told, sent("socle.efi")], None, Server, Stopped, "no-agent");
        check(&all, Some(900), Server, Stopped, "no-agent");
        check(&all, Some(1_030), Server, Passed, "arrived");
    }

    #[test]
    fn only_the_last_attempt_counts_and_a_machine_has_time_to_speak() {
        let heard = [(at(0), Step::Told), (at(1), Step::Loader("a".into())), (at(5_000), Step::Told)];
        assert_eq!(of_machine(&heard, None, at(5_100), Lang::Fr).1.said.code, "doctor-way-no-loader");
        let heard = [(at(0), Step::Told), (at(9), Step::Part(true))];
        assert_eq!(of_machine(&heard, None, at(60), Lang::Fr).1.said.code, "doctor-way-waiting");
    }

    #[test]
    fn the_servers_own_way_is_as_bad_as_its_worst_finding() {
        let finding = |part, state| Finding::new(part, state, "doctor-space-good");
        let stages = of_server(&[
            finding(Part::Dhcp, State::Good),
            finding(Part::Interface, State::Attention),
            finding(Part::Ports, State::Wrong),
            finding(Part::Database, State::Good),
            finding(Part::Clock, State::Unseen),
        ]);
        let reached: Vec<Reach> = stages.iter().map(|s| s.reach).collect();
        assert_eq!(reached, [Reach::Passed, Reach::Doubtful, Reach::Stopped, Reach::Beyond, Reach::Passed]);
    }
}
