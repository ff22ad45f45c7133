//! Verbs about Secure Boot: what a firmware refuses, somebody who serves altered files, and what a start was worth.
use crate::command::{command, output};
use crate::lab::boot_line::{BootLine, BootResult};
use crate::lab::firmware;
use crate::lab::machine::without_escapes;
use crate::lab::school::School;
use crate::lab::signals::wait_for;
use crate::places;
use crate::setup::{private, signing};
use crate::story::line::Line;
use crate::story::teller::Teller;
use crate::trouble::{Done, During};
use std::fs;
use std::time::Duration;

/// How `lying-server` is said.
pub const LYING_USAGE: &str = "lying-server tampered=none|kernel|initrd|cmdline|unsigned [beside=socle]";
/// How `refused` is said.
pub const REFUSED_USAGE: &str = "refused MACHINE says=\"text\" chain=\"words\" [within=180s]";
/// How `started` is said.
pub const STARTED_USAGE: &str =
    "started MACHINE chain=uki via=http enrolled=db trusted=yes|no [proof=key|image|word] [within=120s]";

const PATIENCE: Duration = Duration::from_secs(180);

/// The file that the lying server names.
const SERVED: &str = "start.efi";

/// Somebody else answers DHCP and serves what Socle would, altered. Socle's own server must be down, unless both shall answer:
/// it serves nothing that the content key did not sign.
pub fn lying_server(teller: &mut Teller, line: &Line) -> Done<String> {
    if teller.server.is_some() && line.option("beside") != Some("socle") {
        return Err(line.wrong("Socle's server still serves; say first: crash server, or here: beside=socle"));
    }
    let served = teller.lab.folder.join("server/boot-environment");
    let read = |name: &str| fs::read(served.join(name)).during(format!("reading {name}"));
    let tampered = line.option("tampered").unwrap_or("none");
    let bytes = match tampered {
        "unsigned" => read("snponly.efi")?,
        part => {
            let mut image = read("socle.efi")?;
            let section = match part {
                "none" => None,
                "kernel" => Some(".linux"),
                "initrd" => Some(".initrd"),
                "cmdline" => Some(".cmdline"),
                _ => return Err(line.wrong(LYING_USAGE)),
            };
            section.map_or(Ok(()), |section| firmware::turn_a_bit(&mut image, section))?;
            image
        }
    };
    let folder = places::folder(teller.lab.folder.join("lying"))?;
    fs::write(folder.join(SERVED), bytes).during("writing an altered image")?;
    // The one before must have let go of its port.
    teller.lab.school = None;
    teller.lab.school = Some(School::that_boots(&teller.lab.network, &teller.lab.folder, &folder, SERVED)?);
    Ok(match tampered {
        "none" => "somebody else serves the signed image as it is".into(),
        "unsigned" => "somebody else serves iPXE, which nobody signed".into(),
        part => format!("somebody else serves the signed image with one bit of its {part} turned"),
    })
}

/// The firmware or a loader refuses, and no agent speaks; shows the line of the table.
pub fn refused(teller: &mut Teller, line: &Line) -> Done<String> {
    let index = teller.machine(line, line.word(0)?)?;
    let limit = line.time("within", PATIENCE)?;
    let (Some(wanted), Some(chain)) = (line.option("says"), line.option("chain")) else {
        return Err(line.wrong(REFUSED_USAGE));
    };
    let machine = &mut teller.lab.machines[index];
    let seen = wait_for(limit, || {
        let said = without_escapes(&machine.serial());
        if said.contains("Socle") && said.contains("agent") {
            return Err(line.wrong("it was started"));
        }
        Ok(said.contains(wanted).then(|| machine.seconds_on()))
    })?;
    let Some(seconds) = seen else {
        let said = machine.serial_tail(12);
        return Err(line.wrong(&format!("nothing says `{wanted}` within {} s; it said:\n{said}", limit.as_secs())));
    };
    let plan = &machine.plan;
    let told = BootLine {
        firmware: format!("{}, {}", plan.odd.start.firmware(), plan.odd.keys.words()),
        chain: chain.into(),
        result: BootResult::Refused(format!("the firmware: {wanted}")),
        seconds_to_agent: seconds,
    };
    told.show();
    Ok(format!("after {seconds:.1} s"))
}

/// What the machine says of its start, as the server tells it; and the fleet's filter finds it by that.
pub fn started(teller: &mut Teller, line: &Line) -> Done<String> {
    let index = teller.machine(line, line.word(0)?)?;
    let mac = teller.lab.machines[index].mac();
    let limit = line.time("within", Duration::from_secs(120))?;
    let (server, room) = (teller.server(line)?, &teller.lab.network.room);
    let wanted = ["chain", "via", "enrolled"].map(|name| (name, line.option(name).unwrap_or_default()));
    let trusted = line.option("trusted") == Some("yes");
    let proof = line.option("proof");
    let mine = |query: &str| -> Done<Option<serde_json::Value>> {
        let all = server.get(room, &format!("/api/v1/machines?limit=1000{query}"))?;
        let mut all = all["items"].as_array().cloned().unwrap_or_default().into_iter();
        Ok(all.find(|m| m["hints"]["macs"].as_array().is_some_and(|macs| macs.iter().any(|one| *one == mac.as_str()))))
    };
    let matching = wait_for(limit, || {
        let Some(machine) = mine("")? else { return Ok(None) };
        let boot = &machine["facts"]["boot"];
        let right = wanted.iter().all(|(name, value)| boot[name] == *value) && boot["trusted"] == trusted;
        let right = right && proof.is_none_or(|proof| machine["facts"]["boot_proof"] == proof);
        Ok(right.then(|| machine["facts"]["boot_trust"].as_str().unwrap_or_default().to_string()))
    })?;
    let Some(trust) = matching else {
        let said = mine("")?.map_or("nothing".into(), |m| {
            let facts = &m["facts"];
            format!("{}, proof {} {}", facts["boot"], facts["boot_proof"], facts["boot_proof_digest"])
        });
        return Err(line.wrong(&format!("of its start it says {said}")));
    };
    if mine(&format!("&trust={trust}"))?.is_none() {
        return Err(line.wrong(&format!("the machines with trust={trust} are told without it")));
    }
    Ok(match proof {
        Some(proof) => format!("so it is (proof: {proof}), and it is found among those that are `{trust}`"),
        None => format!("it says so of itself, and is found among those that are `{trust}`"),
    })
}

/// Another program than ours checks the signed image's signature.
pub fn sbverify(teller: &mut Teller, line: &Line) -> Done<String> {
    let served = teller.server(line)?.data().join("boot-environment");
    let certificate = teller.lab.folder.join("server/content-key/boot.pem");
    let place = private::place(signing::UNPACKED);
    let mut check = command(place.join("usr/bin/sbverify"), ["--cert"]);
    check.arg(certificate).arg(served.join("socle.efi"));
    check.env("LD_LIBRARY_PATH", place.join("usr/lib/x86_64-linux-gnu"));
    let said = output(&mut check)?;
    Ok(format!("sbverify says: {}", said.trim()))
}
