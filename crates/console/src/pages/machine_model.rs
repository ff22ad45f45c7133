//! A machine as lists and pages show it.
use super::{list::escaped, run_model::run_badge};
use crate::{model::model, speak::Speak};
use minijinja::Value;
use serde_json::Value as Json;
use socle_domain::{facts::Facts, start::Standing};
use socle_wire::api::{BootEventView, MachineView, RunView};

pub(crate) fn machine_badge(speak: &Speak, state: &str) -> Value {
    let (tone, icon) = match state {
        "to-recognise" => ("wait", "help-circle"),
        "known" => ("good", "circle-check"),
        _ => ("quiet", "ban"),
    };
    model! { word => state, tone => tone, icon => icon, label => speak.say(&format!("console-machine-state-{state}"), &[]) }
}

/// A machine in a list.
pub(crate) fn machine_brief(speak: &Speak, machine: &MachineView, run: Option<&RunView>) -> Value {
    let hints = &machine.hints;
    let model = match (&hints.vendor, &hints.product) {
        (Some(vendor), Some(product)) if !product.starts_with(vendor.as_str()) => Some(format!("{vendor} {product}")),
        (vendor, product) => product.clone().or_else(|| vendor.clone()),
    };
    let unnamed = || speak.say("console-machine-unnamed", &[]);
    model! {
        id => machine.id,
        url => format!("/machines/{}", machine.id),
        start_url => format!("/machines/{}/start", machine.id),
        name => machine.name.clone().unwrap_or_else(unnamed),
        named => machine.name.is_some(),
        badge => machine_badge(speak, &machine.state),
        state => machine.state,
        since => speak.moment(machine.since),
        last_seen => speak.moment(machine.last_seen),
        // Six digits are compared by eye with a screen: two groups of three.
        code => spaced(&machine.code),
        address => machine.address,
        place => speak.say(&format!("console-place-{}", machine.place), &[]),
        model => model,
        serial => hints.serial,
        uuid => hints.uuid,
        macs => hints.macs,
        key => machine.key.short(),
        full_key => machine.key.to_string(),
        by => machine.by.as_deref().map(|by| recognised_by(speak, by)),
        run => run.map(|r| model! {
            url => format!("/runs/{}", r.id),
            badge => run_badge(speak, r.state.status.word()),
            since => speak.moment(r.state.since.unwrap_or(r.ordered)),
            master => r.master,
        }),
    }
}

fn spaced(code: &str) -> String {
    match code.len() {
        6 if code.is_ascii() => format!("{}\u{a0}{}", &code[..3], &code[3..]),
        _ => code.to_string(),
    }
}

fn recognised_by(speak: &Speak, by: &str) -> String {
    match by.strip_prefix("rule:") {
        Some(rule) => speak.say("console-by-rule", &[("rule", rule.into())]),
        None if by == "list" => speak.say("console-by-list", &[]),
        None => speak.say("console-by-person", &[]),
    }
}

pub(crate) fn boot_event(speak: &Speak, event: &BootEventView) -> Value {
    // The sentence mostly names who it is about: there the link goes.
    let (before, after) = event.what.split_once(event.who.as_str()).unwrap_or(("", &event.what));
    let named = event.what.contains(event.who.as_str());
    model! {
        before => before,
        after => if named { after.to_string() } else { format!(" {after}") },
        at => speak.moment(event.at),
        who => event.who,
        url => format!("/boot-events?who={}", escaped(&event.who)),
        service => event.service,
    }
}

/// What is known of a machine, with the words and units of the reader; what the list does not know is left to the API.
pub(crate) fn facts(speak: &Speak, facts: &Facts) -> Value {
    let text = |name: &str| facts.get(name).and_then(Json::as_str).map(str::to_string);
    let yes_no = |name: &str| {
        let yes = facts.get(name).and_then(Json::as_bool)?;
        Some(speak.say(if yes { "console-yes" } else { "console-no" }, &[]))
    };
    let cpu = facts.get("cpu").map(|cpu| {
        let model = cpu.get("model").and_then(Json::as_str).unwrap_or("?");
        let cores = cpu.get("cores").and_then(Json::as_u64).unwrap_or(0);
        speak.say("console-fact-cpu-value", &[("model", model.into()), ("n", cores.into())])
    });
    let word = |name: &str| text(name).map(|w| speak.say(&format!("console-{}-{w}", name.replace('_', "-")), &[]));
    let boot = |name: &str| {
        let word = facts.get("boot")?.get(name)?.as_str()?;
        Some(speak.say(&format!("console-boot-{name}-{word}"), &[]))
    };
    // A word, and what it is about.
    let word_about = |name: &str, about: &str, called: &'static str| {
        let (word, about) = (text(name)?, text(about).unwrap_or_else(|| "?".into()));
        Some(speak.say(&format!("console-{}-{word}", name.replace('_', "-")), &[(called, about.into())]))
    };
    let rows = [
        ("vendor", text("vendor")),
        ("product", text("product")),
        ("serial", text("serial")),
        ("uuid", text("uuid")),
        ("cpu", cpu),
        ("memory", facts.get("memory_bytes").and_then(Json::as_u64).map(|b| binary_bytes(speak, b))),
        ("firmware", word("firmware")),
        ("secure-boot", yes_no("secure_boot")),
        ("boot-trust", word("boot_trust")),
        ("boot-proof", word_about("boot_proof", "boot_proof_digest", "digest")),
        ("boot-chain", boot("chain")),
        ("boot-via", boot("via")),
        ("boot-enrolled", boot("enrolled")),
        ("tpm", yes_no("tpm")),
        ("tpm-ek", text("tpm_ek").map(|ek| shortened(&ek))),
        ("tpm-certified", word_about("tpm_certified", "tpm_issuer", "issuer")),
        ("key-sealed", yes_no("key_sealed")),
        ("power", word("power")),
    ];
    let rows: Vec<(String, String)> = rows
        .into_iter()
        .filter_map(|(name, value)| Some((speak.say(&format!("console-fact-{name}"), &[]), value?)))
        .collect();
    let list = |name: &str| facts.get(name).and_then(Json::as_array).cloned().unwrap_or_default();
    let disks: Vec<Value> = list("disks").iter().map(|d| disk(speak, d)).collect();
    let nics: Vec<Value> = list("nics").iter().map(|n| nic(speak, n)).collect();
    model! { rows => rows, disks => disks, nics => nics, start_advice => start_advice(speak, facts) }
}

/// What a person may do about the way in which a machine starts.
fn start_advice(speak: &Speak, facts: &Facts) -> Option<String> {
    let standing = Standing::of(facts);
    let about = [("file", "socle-boot.der".into()), ("path", "/boot/socle-boot.der".into())];
    let uefi = facts.get("firmware").and_then(Json::as_str) == Some("uefi");
    match standing {
        Standing::Unenrolled | Standing::Enrolled | Standing::Unproved => {}
        Standing::Off if uefi => {}
        _ => return None,
    }
    Some(speak.say(&format!("console-start-advice-{}", standing.word()), &about))
}

/// A digest as two people compare it: its beginning.
fn shortened(digest: &str) -> String {
    digest.get(..16).unwrap_or(digest).to_string()
}

/// Memory is sold in powers of two under decimal names: 8 GiB is called 8 GB, so it is here.
fn binary_bytes(speak: &Speak, bytes: u64) -> String {
    let mib = bytes >> 20;
    speak.bytes(if mib >= 1024 { ((mib as f64 / 1024.0 * 10.0).round() as u64) * 100_000_000 } else { mib * 1_000_000 })
}

fn disk(speak: &Speak, disk: &Json) -> Value {
    let text = |name: &str| disk.get(name).and_then(Json::as_str).unwrap_or("").to_string();
    let flag = |name: &str| disk.get(name).and_then(Json::as_bool).unwrap_or(false);
    let key = match (flag("removable"), flag("rotational")) {
        (true, _) => "console-disk-removable",
        (_, true) => "console-disk-rotational",
        _ => "console-disk-solid",
    };
    model! {
        path => text("path"),
        size => speak.bytes(disk.get("size_bytes").and_then(Json::as_u64).unwrap_or(0)),
        model => text("model"),
        serial => text("serial"),
        kind => speak.say(key, &[]),
    }
}

fn nic(speak: &Speak, nic: &Json) -> Value {
    let text = |name: &str| nic.get(name).and_then(Json::as_str).unwrap_or("").to_string();
    let speed = nic.get("speed_mbps").and_then(Json::as_u64);
    model! {
        name => text("name"),
        mac => text("mac"),
        driver => text("driver"),
        speed => speed.map(|s| format!("{}\u{a0}Mbit/s", speak.number(s))),
    }
}
