//! Verbs about the room and its machines.
use crate::lab::firmware::Keys;
use crate::lab::machine::{Bus, DiskPlan, MachinePlan};
use crate::lab::odd::{ExtraCard, Odd, Start, stick};
use crate::lab::school::School;
use crate::lab::signals;
use crate::reference::{
    self,
    variants::{self, Variant},
};
use crate::story::chance::Chance;
use crate::story::line::{Line, bytes, duration, span};
use crate::story::teller::Teller;
use crate::trouble::{Done, Trouble};
use std::time::Duration;

/// Chooses the seed of all chance.
pub fn seed(teller: &mut Teller, line: &Line) -> Done<String> {
    let seed = line.word(0)?.parse().map_err(|_| line.wrong("a seed is a number"))?;
    teller.chance = Chance::new(seed);
    Ok(String::new())
}

/// The school's own DHCP server comes to life.
pub fn school(teller: &mut Teller, line: &Line) -> Done<String> {
    if line.word(0)? != "gives-addresses" {
        return Err(line.wrong("the school can only do this: school gives-addresses"));
    }
    teller.lab.school = Some(School::addresses_only(&teller.lab.network, &teller.lab.folder)?);
    Ok("the school's own DHCP server hands out addresses, and knows nothing of Socle".into())
}

/// A machine is built and stands in the room, switched off.
pub fn machine(teller: &mut Teller, line: &Line) -> Done<String> {
    let name = line.word(0)?.to_string();
    if teller.lab.machines.iter().any(|m| m.plan.name == name) {
        return Err(line.wrong(&format!("there is a machine {name} already")));
    }
    let number = u8::try_from(teller.lab.machines.len() + 1).map_err(|_| line.wrong("the room is full"))?;
    let plan = MachinePlan {
        name,
        number,
        disks: disks(line)?,
        card: choose(line, "card", &[("virtio", "virtio-net-pci"), ("e1000e", "e1000e"), ("usb", "usb-net")])?,
        memory_mib: mib(line, "memory", "768M")?,
        processors: line.count("processors", 1)?.clamp(1, 8),
        clock: line.option("clock").map(str::to_string),
        disk_first: choose(line, "first", &[("network", false), ("disk", true)])?,
        odd: odd(teller, line)?,
    };
    teller.lab.add(plan)?;
    Ok(String::new())
}

/// What is old or odd about a machine.
fn odd(teller: &Teller, line: &Line) -> Done<Odd> {
    let start = match line.option("start").unwrap_or("uefi") {
        "uefi" => Start::Uefi,
        "bios" => Start::Bios,
        "bios-loader" => Start::BiosLoader,
        "stick" => stick(teller.server(line)?.data(), &teller.lab.folder)?,
        other => return Err(line.wrong(&format!("start={other} is none of uefi, bios, bios-loader, stick"))),
    };
    let extra = [
        ("none", None),
        ("unplugged", Some(ExtraCard::Unplugged)),
        ("elsewhere", Some(ExtraCard::Elsewhere)),
        ("nameless", Some(ExtraCard::Nameless)),
    ];
    Ok(Odd {
        start,
        keys: keys(teller, line)?,
        over_http: choose(line, "over", &[("pxe", false), ("http", true)])?,
        extra_card: choose(line, "extra-card", &extra)?,
        usb_card: line.option("card") == Some("usb"),
        large_sectors: choose(line, "sectors", &[("512", false), ("4096", true)])?,
        late_disks: choose(line, "disks", &[("built-in", false), ("late", true)])?,
        tpm: choose(line, "tpm", &[("no", false), ("yes", true)])?,
        far: choose(line, "room", &[("near", false), ("far", true)])?,
    })
}

/// Whom a machine's firmware believes.
fn keys(teller: &Teller, line: &Line) -> Done<Keys> {
    let certificate = || -> Done<_> { Ok(teller.server(line)?.data().join("boot-environment/socle-boot.der")) };
    Ok(match line.option("keys").unwrap_or("off") {
        "off" => Keys::Off,
        "microsoft" => Keys::Microsoft,
        "ours" => Keys::Ours(certificate()?),
        "mok" => Keys::Mok(certificate()?),
        other => return Err(line.wrong(&format!("keys={other} is none of off, microsoft, ours, mok"))),
    })
}

fn mib(line: &Line, name: &str, otherwise: &str) -> Done<u32> {
    let size = bytes(line.option(name).unwrap_or(otherwise)).map_err(|why| line.wrong(&why))?;
    u32::try_from(size >> 20).map_err(|_| line.wrong("that is too much memory"))
}

/// One of several words; the first one when none is said.
fn choose<T: Copy>(line: &Line, name: &str, choices: &[(&str, T)]) -> Done<T> {
    let said = line.option(name).unwrap_or(choices[0].0);
    choices.iter().find(|(word, _)| *word == said).map(|(_, value)| *value).ok_or_else(|| {
        let known: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        line.wrong(&format!("{name}={said} is none of {}", known.join(", ")))
    })
}

fn disks(line: &Line) -> Done<Vec<DiskPlan>> {
    let bus = choose(line, "bus", &[("nvme", Bus::Nvme), ("sata", Bus::Sata), ("virtio", Bus::Virtio)])?;
    let from = match line.option("from") {
        None => None,
        Some("reference") => Some(reference::provide()?),
        Some("reference-mbr") => Some(variants::provide(Variant::Mbr)?),
        Some("reference-4096") => Some(variants::provide(Variant::LargeSectors)?),
        Some("reference-signed") => Some(reference::provide_signed()?),
        Some(other) => {
            let known = "reference, reference-mbr, reference-4096 or reference-signed";
            return Err(line.wrong(&format!("a disk can come from={known}, not from={other}")));
        }
    };
    let sizes = match (line.option("disk"), &from) {
        (Some(text), _) => {
            text.split(',').map(bytes).collect::<Result<Vec<u64>, String>>().map_err(|why| line.wrong(&why))?
        }
        (None, Some(source)) => vec![source.metadata().map_err(|e| Trouble(e.to_string()))?.len()],
        (None, None) => Vec::new(),
    };
    let disk = |(index, bytes)| DiskPlan { bytes, bus, from: if index == 0 { from.clone() } else { None } };
    Ok(sizes.into_iter().enumerate().map(disk).collect())
}

/// Machines are switched on.
pub fn boot(teller: &mut Teller, line: &Line) -> Done<String> {
    for name in &line.words {
        let index = teller.machine(line, name)?;
        teller.lab.start(index)?;
    }
    Ok(String::new())
}

/// The plug is pulled, now or at a moment that chance chooses.
pub fn cut(teller: &mut Teller, line: &Line) -> Done<String> {
    let index = teller.machine(line, line.word(0)?)?;
    let after = match line.option("after") {
        None => Duration::ZERO,
        Some(text) if text.contains("..") => {
            let (from, to) = span(text).map_err(|why| line.wrong(&why))?;
            teller.chance.between(from, to)
        }
        Some(text) => duration(text).map_err(|why| line.wrong(&why))?,
    };
    signals::pause(after)?;
    teller.lab.machines[index].cut_power()?;
    teller.tally.cuts += 1;
    Ok(format!("power cut after {:.2} s", after.as_secs_f64()))
}

/// The power button is pressed, and the system ends in order.
pub fn shutdown(teller: &mut Teller, line: &Line) -> Done<String> {
    let index = teller.machine(line, line.word(0)?)?;
    let limit = line.time("within", Duration::from_secs(60))?;
    let machine = &mut teller.lab.machines[index];
    machine.press_power_button()?;
    if !machine.wait_off(limit)? {
        return Err(line.wrong(&format!(
            "{} is still on {} s after its power button was pressed",
            machine.plan.name,
            limit.as_secs()
        )));
    }
    Ok("off".into())
}

/// The reset button is pressed.
pub fn reset(teller: &mut Teller, line: &Line) -> Done<String> {
    let index = teller.machine(line, line.word(0)?)?;
    teller.lab.machines[index].press_reset_button()?;
    Ok(String::new())
}

/// The network cable is pulled.
pub fn unplug(teller: &mut Teller, line: &Line) -> Done<String> {
    cable(teller, line, false)
}

/// The network cable is put back.
pub fn plug(teller: &mut Teller, line: &Line) -> Done<String> {
    cable(teller, line, true)
}

fn cable(teller: &mut Teller, line: &Line, plugged: bool) -> Done<String> {
    let index = teller.machine(line, line.word(0)?)?;
    teller.lab.network.cable(teller.lab.machines[index].tap(), plugged)?;
    Ok(String::new())
}

/// Time passes.
pub fn pause(_teller: &mut Teller, line: &Line) -> Done<String> {
    signals::pause(duration(line.word(0)?).map_err(|why| line.wrong(&why))?)?;
    Ok(String::new())
}

/// The far room comes to life, with its router and its DHCP relay agent.
pub fn far_room(teller: &mut Teller, _line: &Line) -> Done<String> {
    teller.lab.network.make_far(&teller.lab.folder)?;
    Ok("a second network behind a router, whose relay agent passes DHCP on to the school's server and to Socle's"
        .into())
}

/// A machine's disks are pushed in while it runs.
pub fn push_disk(teller: &mut Teller, line: &Line) -> Done<String> {
    let index = teller.machine(line, line.word(0)?)?;
    let pushed = teller.lab.machines[index].push_disks()?;
    Ok(format!("{pushed} pushed in"))
}
