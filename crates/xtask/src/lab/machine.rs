//! A workstation: real firmware, disks and a network card, emulated.
use super::chip;
use super::namespace::PREFIX;
use super::network::Network;
use super::odd::Odd;
use super::process::Process;
use super::qmp::Qmp;
use super::signals::wait_for;
use crate::command::tail;
use crate::places;
use crate::setup::qemu::Qemu;
use crate::stop;
use crate::trouble::{Done, During};
use serde_json::json;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How a disk is connected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bus {
    /// A usual modern disk.
    Nvme,
    /// SATA, through AHCI.
    Sata,
    /// The disk of virtual machines.
    Virtio,
}

/// A disk before it exists.
#[derive(Debug, Clone, PartialEq)]
pub struct DiskPlan {
    /// Its size.
    pub bytes: u64,
    /// How it is connected.
    pub bus: Bus,
    /// What is on it at first; nothing when absent.
    pub from: Option<PathBuf>,
}

/// A machine before it exists.
#[derive(Debug, Clone, PartialEq)]
pub struct MachinePlan {
    /// What the story calls it.
    pub name: String,
    /// Its place in the room, which makes its card's address and its serial number.
    pub number: u8,
    /// Its disks, the first one first.
    pub disks: Vec<DiskPlan>,
    /// Its card: `virtio-net-pci` or `e1000e`.
    pub card: &'static str,
    /// Its memory.
    pub memory_mib: u32,
    /// Its processors.
    pub processors: u32,
    /// What its clock says when it is switched on; the host's time when absent.
    pub clock: Option<String>,
    /// Whether it tries its own disk before the network.
    pub disk_first: bool,
    /// What is old or odd about it.
    pub odd: Odd,
}

/// A machine with its lasting parts: disks and firmware memory survive power cuts.
pub struct Machine {
    /// What it is made of.
    pub plan: MachinePlan,
    folder: PathBuf,
    socket: PathBuf,
    tap: String,
    process: Option<Process>,
    chip: Option<Process>,
    qmp: Option<Qmp>,
    serial_from: u64,
    /// How much of what it printed since then was looked for already, in bytes.
    seen: usize,
    cpu_seconds_before: f64,
    /// When it was last switched on.
    on_since: Option<Instant>,
}

impl Machine {
    /// Builds it, switched off.
    pub fn build(plan: MachinePlan, network: &mut Network, run: &Path) -> Done<Machine> {
        let folder = places::folder(run.join(&plan.name))?;
        let sockets = places::folder(PathBuf::from(format!("/tmp/{PREFIX}{}", std::process::id())))?;
        let socket = sockets.join(format!("{}.qmp", plan.name));
        let tap = network.plug(plan.odd.far)?;
        plan.odd.keys.write_memory(&folder.join("firmware.vars"))?;
        let machine = Machine {
            plan,
            folder,
            socket,
            tap,
            process: None,
            chip: None,
            qmp: None,
            serial_from: 0,
            seen: 0,
            cpu_seconds_before: 0.0,
            on_since: None,
        };
        for (index, disk) in machine.plan.disks.iter().enumerate() {
            make_disk(&machine.disk_file(index), disk)?;
        }
        Ok(machine)
    }

    /// Its card's address.
    pub fn mac(&self) -> String {
        // QEMU gives every card at a USB socket this first byte.
        let first = if self.plan.odd.usb_card { "40" } else { "52" };
        format!("{first}:54:00:50:c1:{:02x}", self.plan.number)
    }

    /// The bridge's end of its cable.
    pub fn tap(&self) -> &str {
        &self.tap
    }

    fn chip_socket(&self) -> PathBuf {
        self.socket.with_extension("tpm")
    }

    /// The file that is one of its disks.
    pub fn disk_file(&self, index: usize) -> PathBuf {
        self.folder.join(format!("{index}.disk"))
    }

    /// Everything that it printed on its serial line, over all its starts.
    pub fn serial_file(&self) -> PathBuf {
        self.folder.join("serial.log")
    }

    /// Switches it on.
    pub fn start(&mut self, qemu: &Qemu, network: &Network) -> Done {
        if self.is_on() {
            stop!("{} is on already", self.plan.name);
        }
        let _ = fs::remove_file(&self.socket);
        self.serial_from = self.serial_file().metadata().map_or(0, |m| m.len());
        self.seen = 0;
        if self.plan.odd.tpm {
            self.chip = Some(chip::start(&self.folder, &self.chip_socket())?);
        }
        let mut command = qemu.command();
        command.args(self.arguments()?);
        network.room_of(self.plan.odd.far)?.put_inside(&mut command);
        let mut process = Process::start(&self.plan.name, &mut command, &self.folder.join("qemu.log"))?;
        self.on_since = Some(Instant::now());
        let mut qmp = Qmp::connect(&self.socket, || process.must_run())?;
        self.plan.odd.after_start(&mut qmp)?;
        self.qmp = Some(qmp);
        self.process = Some(process);
        Ok(())
    }

    /// Seconds since it was last switched on.
    pub fn seconds_on(&self) -> f64 {
        self.on_since.map_or(0.0, |since| since.elapsed().as_secs_f64())
    }

    /// Pushes its disks in while it runs, where it was built without them.
    pub fn push_disks(&mut self) -> Done<usize> {
        let files: Vec<PathBuf> = (0..self.plan.disks.len()).map(|index| self.disk_file(index)).collect();
        let Some(qmp) = &mut self.qmp else { stop!("{} is off", self.plan.name) };
        for (index, file) in files.iter().enumerate() {
            self.plan.odd.push_disk(qmp, index, file, &disk_serial(self.plan.number, index))?;
        }
        Ok(files.len())
    }

    fn arguments(&self) -> Done<Vec<String>> {
        let plan = &self.plan;
        let given = usize::from(plan.odd.starts_given());
        let (net, disk) = if plan.disk_first { (10, given) } else { (given, 10) };
        let mut args: Vec<String> = Vec::new();
        let mut add = |option: &str, value: String| args.extend([format!("-{option}"), value]);
        // Always emulation: what some hosts offer as acceleration does not run Debian's kernels.
        add("accel", "tcg,thread=multi".into());
        add("machine", plan.odd.machine().into());
        // No processor model of Intel: its page table isolation costs half as much again under emulation.
        add("cpu", "max".into());
        add("m", format!("{}M", plan.memory_mib));
        add("smp", plan.processors.to_string());
        add("display", "none".into());
        add("uuid", format!("50c1e000-0000-4000-8000-0000000000{:02x}", plan.number));
        add("smbios", format!("type=1,serial=LAB-{:04}", plan.number));
        if let Some(clock) = &plan.clock {
            add("rtc", format!("base={clock}"));
        }
        for (option, value) in plan.odd.firmware_arguments(&self.folder.join("firmware.vars"), &self.folder)? {
            add(option, value);
        }
        add("chardev", format!("file,id=serial,append=on,path={}", self.serial_file().display()));
        add("serial", "chardev:serial".into());
        add("qmp", format!("unix:{},server=on,wait=off", self.socket.display()));
        add("device", "VGA".into());
        add("device", "virtio-rng-pci".into());
        add("netdev", format!("tap,id=net0,ifname={},script=no,downscript=no", self.tap));
        // What comes first on the bus is found first.
        for (option, value) in plan.odd.extra_card_arguments(plan.number) {
            add(option, value);
        }
        if plan.odd.usb_card {
            add("device", "qemu-xhci".into());
            add("device", format!("usb-net,netdev=net0,mac={}", self.mac()));
        } else {
            // With UEFI no boot ROM on the card: the firmware's own network stack starts the machine.
            let program = plan.odd.card_program();
            add("device", format!("{},netdev=net0,mac={},bootindex={net}{program}", plan.card, self.mac()));
        }
        if plan.odd.tpm {
            chip::arguments(&self.chip_socket()).into_iter().for_each(|(option, value)| add(option, value));
        }
        plan.odd.late_sockets(plan.disks.len()).into_iter().for_each(|(option, value)| add(option, value));
        let there = if plan.odd.late_disks { &[][..] } else { &plan.disks[..] };
        let sector = if plan.odd.large_sectors { ",logical_block_size=4096,physical_block_size=4096" } else { "" };
        for (index, planned) in there.iter().enumerate() {
            let file = self.disk_file(index);
            let drive = format!("if=none,id=disk{index},format=raw,cache=unsafe,discard=unmap,file={}", file.display());
            add("drive", drive);
            let device = match planned.bus {
                // QEMU 7.2 now and then loses a doorbell that it handles in its main loop: the guest then waits 30 s for an
                // answer that is there. Handled in the processor's thread none is lost.
                Bus::Nvme => "nvme,ioeventfd=off",
                Bus::Sata => "ide-hd",
                Bus::Virtio => "virtio-blk-pci",
            };
            let serial = disk_serial(plan.number, index);
            add("device", format!("{device},drive=disk{index},serial={serial},bootindex={}{sector}", disk + index));
        }
        args.push("-nodefaults".into());
        Ok(args)
    }

    /// Whether it has power.
    pub fn is_on(&mut self) -> bool {
        let Some(process) = &mut self.process else { return false };
        if process.ended().is_none() {
            return true;
        }
        self.cpu_seconds_before += process.cpu_seconds();
        self.forget_process();
        false
    }

    fn forget_process(&mut self) {
        self.process = None;
        self.qmp = None;
        self.chip = None;
    }

    /// The plug is pulled: nothing is flushed, nothing ends in order.
    pub fn cut_power(&mut self) -> Done {
        if let Some(mut process) = self.process.take() {
            process.kill()?;
            self.cpu_seconds_before += process.cpu_seconds();
        }
        self.forget_process();
        Ok(())
    }

    /// Presses the power button, as a person does to shut down.
    pub fn press_power_button(&mut self) -> Done {
        self.ask("system_powerdown", json!({})).map(drop)
    }

    /// Presses the reset button.
    pub fn press_reset_button(&mut self) -> Done {
        self.ask("system_reset", json!({})).map(drop)
    }

    /// Presses keys of its keyboard together, by QEMU's names of their places.
    pub fn press(&mut self, keys: &[&str], hold: Duration) -> Done {
        let keys: Vec<_> = keys.iter().map(|key| json!({"type": "qcode", "data": key})).collect();
        self.ask("send-key", json!({"keys": keys, "hold-time": hold.as_millis() as u64})).map(drop)
    }

    /// Whether it has said this on its serial line, after what was seen there before.
    pub fn see(&mut self, wanted: &str) -> bool {
        let said = self.serial();
        let rest = said.get(self.seen.min(said.len())..).unwrap_or_default();
        let Some(at) = rest.find(wanted) else { return false };
        self.seen += at + wanted.len();
        true
    }

    /// Waits until it is off.
    pub fn wait_off(&mut self, limit: Duration) -> Done<bool> {
        Ok(wait_for(limit, || Ok((!self.is_on()).then_some(())))?.is_some())
    }

    fn ask(&mut self, what: &str, arguments: serde_json::Value) -> Done<serde_json::Value> {
        match &mut self.qmp {
            Some(qmp) => qmp.ask(what, arguments),
            None => stop!("{} is off", self.plan.name),
        }
    }

    /// A picture of its screen.
    pub fn screenshot(&mut self) -> Done<PathBuf> {
        let file = self.folder.join("screen.png");
        self.ask("screendump", json!({"filename": file.to_string_lossy(), "format": "png"}))?;
        Ok(file)
    }

    /// What it printed on its serial line since it was last switched on.
    pub fn serial(&self) -> String {
        let bytes = fs::read(self.serial_file()).unwrap_or_default();
        let from = (self.serial_from as usize).min(bytes.len());
        String::from_utf8_lossy(&bytes[from..]).into_owned()
    }

    /// The end of what it printed, without the firmware's cursor movements.
    pub fn serial_tail(&self, lines: usize) -> String {
        tail(&without_escapes(&self.serial()), lines)
    }

    /// Processor seconds of all its starts together.
    pub fn cpu_seconds(&self) -> f64 {
        self.cpu_seconds_before + self.process.as_ref().map_or(0.0, Process::cpu_seconds)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.cut_power();
        let _ = fs::remove_file(&self.socket);
    }
}

/// The serial number of a machine's disk.
fn disk_serial(machine: u8, index: usize) -> String {
    format!("LAB{machine:03}D{index}")
}

fn make_disk(file: &Path, plan: &DiskPlan) -> Done {
    let act = || format!("making the disk {}", file.display());
    if let Some(source) = &plan.from {
        crate::command::quiet("cp", [Path::new("--sparse=always"), source, file])?;
        let size = source.metadata().during(act())?.size();
        if size > plan.bytes {
            stop!("{}: {} bytes do not fit on {} bytes", act(), size, plan.bytes);
        }
    }
    let opened = File::options().create(true).truncate(false).write(true).open(file).during(act())?;
    opened.set_len(plan.bytes).during(act())
}

/// Text without terminal escape sequences and other control characters.
pub fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '\u{1b}' => {
                if characters.next() == Some('[') {
                    characters.by_ref().find(|c| c.is_ascii_alphabetic());
                }
            }
            '\n' => plain.push('\n'),
            c if c.is_control() => {}
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_taken_out() {
        assert_eq!(without_escapes("\u{1b}[2J\u{1b}[01;01HBdsDxe: \u{1b}[0mloading\r\nNext"), "BdsDxe: loading\nNext");
        assert_eq!(without_escapes("\u{1b}"), "");
    }
}
