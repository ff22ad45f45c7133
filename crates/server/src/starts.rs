//! What a machine's start is worth here: who is given orders, content and secrets, and which chain a machine is offered.
use crate::{House, config::BootMode, refusal::Refusal};
use axum::http::StatusCode;
use socle_boot::chain::{Enrolled, Known};
use socle_db::machines::Machine;
use socle_domain::{
    facts::Facts,
    start::{BOOT, Demand, SECURE_BOOT, Standing, is_withheld, proof},
};
use socle_texts::Fault;

/// What the centre demands of a start.
fn demand(house: &House) -> Demand {
    let boot = &house.config.boot;
    Demand { trusted: boot.require_trusted_start, proved: boot.require_proved_start }
}

/// Whether this machine, as it speaks now, is given neither orders nor content nor secrets. An installed system is: it is
/// the disk that was checked when it was written, and its firmware starts it by its own rules.
pub(crate) fn withheld(house: &House, machine: &Machine) -> bool {
    machine.place == "boot" && is_withheld(&machine.facts, demand(house))
}

/// Whether what is asked may be answered to it: who is withheld from may still say how it goes and ask for orders.
pub(crate) fn may_ask(house: &House, machine: &Machine, path: &str) -> Result<(), Refusal> {
    let harmless = path == "/agent/v1/orders" || path.ends_with("/journal") || path.ends_with("/progress");
    match harmless || !withheld(house, machine) {
        true => Ok(()),
        false => Err(Refusal::new(StatusCode::FORBIDDEN, fault(machine))),
    }
}

/// Whether a run may be ordered for it: not where its orders would never be given. A machine whose firmware knows our
/// certificate is started by the chain that counts as soon as it has work.
pub(crate) fn may_be_ordered(house: &House, machine: &Machine) -> Result<(), Refusal> {
    let standing = Standing::of(&machine.facts);
    // An installed agent of before says nothing; what starts next will.
    let silent = machine.place != "boot" && standing == Standing::Unsaid;
    let refused = is_withheld(&machine.facts, demand(house));
    match refused && standing != Standing::Enrolled && !silent {
        true => Err(Refusal::conflict(fault(machine))),
        false => Ok(()),
    }
}

/// Whether starting again brings another chain: where the firmware knows our certificate and it is we who say what it loads.
pub(crate) fn starts_better_again(house: &House, machine: &Machine) -> bool {
    let ours = matches!(house.config.boot.mode, BootMode::Proxy | BootMode::Full);
    ours && Standing::of(&machine.facts) == Standing::Enrolled
}

/// Why nothing is given, and what to do about it.
pub(crate) fn fault(machine: &Machine) -> Fault {
    let name = machine.name.clone().unwrap_or_else(|| machine.code.clone());
    match (Standing::of(&machine.facts), proof(&machine.facts)) {
        (Standing::Unproved, Some(why)) => Fault::new("server-start-unproved").with("machine", name).because(why),
        _ => Fault::new("server-start-untrusted").with("machine", name),
    }
}

/// What a machine said of its firmware, for the choice of its chain; nothing where it never said.
pub(crate) fn known(facts: &Facts) -> Option<Known> {
    let secure_boot = facts.get(SECURE_BOOT)?.as_bool()?;
    let enrolled = match facts.get(BOOT).and_then(|boot| boot.get("enrolled")?.as_str()) {
        Some("db") => Enrolled::Db,
        Some("mok") => Enrolled::Mok,
        Some(_) => Enrolled::Nowhere,
        // An agent of before: where nothing is checked, its word is enough.
        None if secure_boot => return None,
        None => Enrolled::Nowhere,
    };
    Some(Known { secure_boot, enrolled })
}

#[cfg(test)]
mod tests {
    use super::*;
    use socle_domain::start::Start;

    #[test]
    fn what_a_machine_said_is_read_for_its_chain() {
        let of = |secure_boot, enrolled| {
            let mut facts = Facts::default();
            Start { secure_boot, chain: "debian", via: "pxe", enrolled, trusted: false }.tell(&mut facts);
            known(&facts)
        };
        assert_eq!(of(true, "db"), Some(Known { secure_boot: true, enrolled: Enrolled::Db }));
        assert_eq!(of(true, "mok"), Some(Known { secure_boot: true, enrolled: Enrolled::Mok }));
        assert_eq!(of(false, "none"), Some(Known { secure_boot: false, enrolled: Enrolled::Nowhere }));
        // An agent of before says one thing only.
        let mut facts = Facts::default();
        assert_eq!(known(&facts), None);
        facts.set(SECURE_BOOT, true);
        assert_eq!(known(&facts), None);
        facts.set(SECURE_BOOT, false);
        assert_eq!(known(&facts), Some(Known { secure_boot: false, enrolled: Enrolled::Nowhere }));
    }
}
