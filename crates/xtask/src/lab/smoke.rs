//! The lab proves itself, with nothing of Socle in it: network boot to a first word, and the reference disk to its login.
use super::machine::{Bus, DiskPlan, MachinePlan};
use super::odd::Odd;
use super::school::School;
use super::signals::wait_for;
use super::{Lab, initrd};
use crate::command::{command, find};
use crate::lab::process::Process;
use crate::places;
use crate::reference;
use crate::setup::{self, Wish, private};
use crate::stop;
use crate::talk::{elapsed_seconds, say};
use crate::trouble::{Done, During};
use std::fs;
use std::time::Duration;

const WORD: &str = "Hello from a machine that started from the network.";
const NETWORK_BOOT: Duration = Duration::from_secs(120);
const DISK_BOOT: Duration = Duration::from_secs(180);

/// What the smoke test measured.
pub struct Measured {
    /// From power to a first word, over the network.
    pub network_boot_seconds: f64,
    /// The same in processor time.
    pub network_boot_cpu_seconds: f64,
    /// From power to an answer of the reference system.
    pub disk_boot_seconds: f64,
}

/// Runs both.
pub fn smoke() -> Done {
    setup::setup(Wish { lab: true, ..Wish::default() })?;
    measure().map(drop)
}

/// Runs both and tells how long they took.
pub fn measure() -> Done<Measured> {
    let mut lab = Lab::open("smoke")?;
    let answer = both(&mut lab);
    if answer.is_err() {
        for machine in &mut lab.machines {
            let picture = machine.screenshot().map_or_else(|t| t.to_string(), |p| p.display().to_string());
            say(
                "!",
                &format!(
                    "{}: picture {picture}; its serial line ends:\n{}",
                    machine.plan.name,
                    machine.serial_tail(25)
                ),
            );
        }
    }
    answer
}

fn both(lab: &mut Lab) -> Done<Measured> {
    let (network_boot_seconds, network_boot_cpu_seconds) = from_the_network(lab)?;
    let disk_boot_seconds = from_the_reference_disk(lab)?;
    Ok(Measured { network_boot_seconds, network_boot_cpu_seconds, disk_boot_seconds })
}

fn plan(name: &str, number: u8, disks: Vec<DiskPlan>) -> MachinePlan {
    MachinePlan {
        name: name.into(),
        number,
        disks,
        card: "virtio-net-pci",
        memory_mib: 768,
        processors: 1,
        clock: None,
        disk_first: false,
        odd: Odd::default(),
    }
}

/// Firmware, TFTP, iPXE, HTTP, kernel: everything but Socle.
fn from_the_network(lab: &mut Lab) -> Done<(f64, f64)> {
    let www = places::folder(lab.folder.join("www"))?;
    let kernel = setup::kernel()?;
    fs::copy(&kernel.file, www.join("vmlinuz")).during("serving the kernel")?;
    fs::copy(private::place("ipxe").join("usr/lib/ipxe/snponly.efi"), www.join("snponly.efi"))
        .during("serving iPXE")?;
    initrd::that_says(WORD, &kernel, &lab.folder, &www.join("initrd"))?;
    let at = School::address();
    let script = format!(
        "#!ipxe\nifconf -c dhcp net0\nkernel http://{at}/vmlinuz initrd=initrd console=ttyS0 quiet\n\
         initrd --name initrd http://{at}/initrd\nboot\n"
    );
    fs::write(www.join("autoexec.ipxe"), script).during("writing iPXE's script")?;
    lab.school = Some(School::that_boots(&lab.network, &lab.folder, &www, "snponly.efi")?);
    let busybox = find("busybox").ok_or("there is no busybox here")?;
    let mut http = command(busybox, ["httpd", "-f", "-p", &format!("{at}:80"), "-h", &www.to_string_lossy()]);
    lab.network.school.put_inside(&mut http);
    let _http = Process::start("the file server", &mut http, &lab.folder.join("http.log"))?;

    say("▸", "A bare machine starts from the network.");
    let start = elapsed_seconds();
    lab.add(plan("alpha", 1, Vec::new()))?;
    lab.start(0)?;
    let alpha = &mut lab.machines[0];
    let heard = wait_for(NETWORK_BOOT, || {
        let heard = alpha.serial().contains(WORD);
        if !heard && !alpha.is_on() {
            stop!("alpha went off before it said anything");
        }
        Ok(heard.then_some(()))
    })?;
    if heard.is_none() {
        stop!("alpha did not say its word within {} s", NETWORK_BOOT.as_secs());
    }
    let (seconds, cpu) = (elapsed_seconds() - start, alpha.cpu_seconds());
    say("✓", &format!("It said its word after {seconds:.1} s ({cpu:.1} s of processor)."));
    if !alpha.wait_off(Duration::from_secs(30))? {
        stop!("alpha did not switch itself off");
    }
    say("✓", "It switched itself off.");
    lab.school = None;
    Ok((seconds, cpu))
}

/// The reference system to its login, and a look inside.
fn from_the_reference_disk(lab: &mut Lab) -> Done<f64> {
    lab.school = Some(School::addresses_only(&lab.network, &lab.folder)?);
    let from = reference::provide()?;
    let bytes = from.metadata().during("looking at the reference disk")?.len();
    say("▸", "The reference system starts from its disk.");
    let start = elapsed_seconds();
    let disk = DiskPlan { bytes, bus: Bus::Nvme, from: Some(from) };
    lab.add(MachinePlan { disk_first: true, ..plan("origin", 2, vec![disk]) })?;
    lab.start(1)?;
    let Some(address) = wait_for(DISK_BOOT, || lab.address(1))? else {
        stop!("the reference system did not answer within {} s", DISK_BOOT.as_secs());
    };
    let seconds = elapsed_seconds() - start;
    say("✓", &format!("It answers at {address} after {seconds:.1} s."));
    let told = lab.on_machine(address, "hostname; cat /etc/machine-id; findmnt -no SOURCE /boot/efi; systemctl is-system-running --wait; systemctl --failed --no-legend")?;
    say("✓", &format!("It says: {}", told.split_whitespace().collect::<Vec<_>>().join(" ")));
    if !told.starts_with("reference\n") || !told.contains("running") {
        stop!("the reference system is not well: {told}");
    }
    let origin = &mut lab.machines[1];
    let picture = origin.screenshot()?;
    say("✓", &format!("Its screen: {}", picture.display()));
    origin.press_power_button()?;
    if !origin.wait_off(Duration::from_secs(60))? {
        stop!("the reference system did not shut down when its power button was pressed");
    }
    say("✓", &format!("It shut down in order, after {:.1} s of processor.", origin.cpu_seconds()));
    Ok(seconds)
}
