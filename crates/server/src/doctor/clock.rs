//! The clock: against what this server wrote before, against itself since it serves, and against others that can be asked.
//!
//! Machines do not need it: they believe the server's key and no date. Orders that expire, sessions and certificates of
//! other services do.
use super::Ground;
use socle_domain::Timestamp;
use socle_wire::diagnosis::{Finding, Part, State, Wire};
use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, UdpSocket},
    time::{Duration, Instant},
};

const NTP: u16 = 123;
/// Between 1900, from which NTP counts (RFC 5905 §6), and 1970.
const ERA_SECONDS: i64 = 2_208_988_800;
const PATIENCE: Duration = Duration::from_millis(700);
/// Others that are asked, at most.
const MAX_ASKED: usize = 4;
/// Nobody notices less.
const NOTICED_SECONDS: i64 = 5;
/// More breaks sign-in services, codes of applications and orders.
const BREAKS_SECONDS: i64 = 300;

/// Looks at it. `wire` says whom to ask: the time servers, routers and DHCP servers that were heard.
pub(super) fn look(ground: &Ground, wire: Option<&Wire>) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(ground.serving.and_then(|(since, begun)| jump(ground.now, since, begun.elapsed())));
    let Some(wire) = wire else { return findings };
    let others = others(wire);
    let asked = others.iter().take(MAX_ASKED).find_map(|other| Some((*other, offset_seconds(*other).ok()?)));
    findings.push(match asked {
        Some((other, seconds)) => against(other, seconds),
        None => Finding::new(Part::Clock, State::Unseen, "doctor-clock-alone"),
    });
    findings
}

/// Whether the clock went backwards since something was written; none where nothing was.
pub(super) fn backwards(now: Timestamp, newest: Option<Timestamp>) -> Option<Finding> {
    let newest = newest?;
    let back = newest.as_second() - now.as_second();
    let finding = || Finding::new(Part::Clock, State::Wrong, "doctor-clock-backwards");
    (back > 60).then(|| finding().with("seconds", back).with("newest", shown(newest)).with("now", shown(now)))
}

fn shown(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Whether somebody set the clock since the server serves.
fn jump(now: Timestamp, since: Timestamp, served: Duration) -> Option<Finding> {
    let seconds = now.as_second() - since.as_second() - i64::try_from(served.as_secs()).unwrap_or(i64::MAX);
    let finding = || Finding::new(Part::Clock, State::Attention, "doctor-clock-jumped");
    (seconds.abs() > 60).then(|| finding().with("seconds", seconds))
}

fn against(other: Ipv4Addr, seconds: i64) -> Finding {
    let (state, code) = match seconds.abs() {
        ..=NOTICED_SECONDS => (State::Good, "doctor-clock-good"),
        ..=BREAKS_SECONDS => (State::Attention, "doctor-clock-off"),
        _ => (State::Wrong, "doctor-clock-wrong"),
    };
    Finding::new(Part::Clock, state, code).with("other", other.to_string()).with("seconds", seconds)
}

/// Who might know the time: option 42 first, then those who are there anyway.
fn others(wire: &Wire) -> Vec<Ipv4Addr> {
    let listed = |code: u8| {
        let texts = wire.answers.iter().filter_map(move |a| a.options.get(&code));
        texts.flat_map(|t| t.split(", ")).filter_map(|t| t.parse().ok()).collect::<Vec<Ipv4Addr>>()
    };
    let servers = wire.answers.iter().filter(|a| !a.ours).map(|a| a.server);
    let mut seen = BTreeSet::new();
    listed(42).into_iter().chain(listed(3)).chain(servers).filter(|a| seen.insert(*a)).collect()
}

/// How far the clock is ahead of another's (RFC 4330 §4 and §5).
fn offset_seconds(other: Ipv4Addr) -> std::io::Result<i64> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.connect((other, NTP))?;
    let mut question = [0; 48];
    // No warning, version 4, a client.
    question[0] = 0x23;
    let asked = Instant::now();
    socket.send(&question)?;
    let mut answer = [0; 64];
    let length = socket.recv(&mut answer)?;
    let took = asked.elapsed();
    let theirs = read(&answer[..length]).ok_or(std::io::ErrorKind::InvalidData)?;
    let ours = Timestamp::now().as_second() - i64::try_from(took.as_secs() / 2).unwrap_or(0);
    Ok(ours - theirs)
}

/// The seconds since 1970 that a server says; nothing where it does not know the time itself. Never panics.
fn read(answer: &[u8]) -> Option<i64> {
    let (mode, stratum) = (answer.first()? & 7, *answer.get(1)?);
    let seconds: [u8; 4] = answer.get(40..44)?.try_into().ok()?;
    let seconds = i64::from(u32::from_be_bytes(seconds));
    // The high bit says which era (RFC 4330 §3): from 2036 on it is counted from there.
    let era = if seconds & 0x8000_0000 == 0 { 1 << 32 } else { 0 };
    (mode == 4 && (1..16).contains(&stratum) && seconds != 0).then_some(seconds + era - ERA_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap_or_default()
    }

    #[test]
    fn a_clock_that_goes_back_or_jumps_is_told() {
        assert!(backwards(at(1_000), Some(at(1_050))).is_none() && backwards(at(1_000), None).is_none());
        assert_eq!(backwards(at(1_000), Some(at(2_000))).map(|f| f.state), Some(State::Wrong));
        let check = |now, served, jumped| {
            let found = jump(at(now), at(1_000), Duration::from_secs(served));
            assert_eq!(found.is_some(), jumped, "{now} {served}");
        };
        check(1_100, 100, false);
        check(1_100, 20, true);
        check(500, 10, true);
    }

    #[test]
    fn others_are_believed_only_when_they_know_the_time() {
        let mut answer = [0; 48];
        answer[0] = 0x24;
        answer[1] = 2;
        answer[40..44].copy_from_slice(&(u32::try_from(1_790_000_000 + ERA_SECONDS).unwrap_or(0)).to_be_bytes());
        assert_eq!(read(&answer), Some(1_790_000_000));
        for cut in 0..44 {
            assert_eq!(read(&answer[..cut]), None);
        }
        answer[1] = 0;
        assert_eq!(read(&answer), None, "a kiss of death (RFC 4330 §8)");
        let states = [0, 5, -6, 300, -301].map(|seconds| against(Ipv4Addr::LOCALHOST, seconds).state);
        assert_eq!(states, [State::Good, State::Good, State::Attention, State::Attention, State::Wrong]);
    }
}
