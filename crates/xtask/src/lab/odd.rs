//! What makes a machine old or odd: how it starts, its cards, its disks, and the room it stands in.
use super::firmware::Keys;
use super::network::SERVER;
use super::qmp::Qmp;
use crate::places;
use crate::setup::private;
use crate::trouble::{Done, During};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

/// Where a machine's first instruction comes from.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Start {
    /// UEFI with its own network stack; the card has no boot program.
    #[default]
    Uefi,
    /// BIOS (SeaBIOS), and the boot program in the network card: an iPXE of 2019.
    Bios,
    /// BIOS, and a boot program that knows nothing but to load the server's loader over TFTP, as a card's PXE does.
    BiosLoader,
    /// BIOS, with this kernel and initrd on a stick: no network at the start.
    Stick(PathBuf, PathBuf),
}

impl Start {
    /// The firmware, for the table.
    pub fn firmware(&self) -> &'static str {
        match self {
            Start::Uefi => "UEFI (OVMF)",
            _ => "BIOS (SeaBIOS)",
        }
    }
    /// What it starts, in its order.
    pub fn chain(&self) -> &'static str {
        match self {
            Start::Uefi => "PXE/TFTP → snponly.efi → kernel",
            Start::Bios => "card's iPXE → script → kernel",
            Start::BiosLoader => "PXE/TFTP → undionly.kpxe → script → kernel",
            Start::Stick(..) => "stick → kernel",
        }
    }
}

/// A second network card, which the kernel finds before the one that leads to the server.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ExtraCard {
    /// No cable.
    Unplugged,
    /// A cable to a network with a DHCP server, and nothing of Socle.
    Elsewhere,
    /// Its Ethernet address is a group's, which no card can have.
    Nameless,
}

/// All of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Odd {
    /// How it starts.
    pub start: Start,
    /// Whom its firmware believes, where that is UEFI.
    pub keys: Keys,
    /// Whether its firmware starts over HTTP alone.
    pub over_http: bool,
    /// A second card.
    pub extra_card: Option<ExtraCard>,
    /// Whether its card hangs at a USB socket.
    pub usb_card: bool,
    /// Whether its disks have sectors of 4096 bytes.
    pub large_sectors: bool,
    /// Whether its disks are pushed in later, by hand.
    pub late_disks: bool,
    /// Whether it has a security chip (TPM 2.0).
    pub tpm: bool,
    /// Whether it stands in the far room, behind a router with a DHCP relay agent.
    pub far: bool,
}

impl Odd {
    /// What is odd about it, in a few words; nothing where nothing is.
    pub fn words(&self) -> String {
        let card = self.extra_card.map(|card| match card {
            ExtraCard::Unplugged => "first of two cards without cable",
            ExtraCard::Elsewhere => "first of two cards on another network",
            ExtraCard::Nameless => "first of two cards without usable address",
        });
        let others = [
            (self.usb_card, "USB card"),
            (self.large_sectors, "4K sectors"),
            (self.late_disks, "disk found late"),
            (self.far, "behind a DHCP relay agent"),
        ];
        let words: Vec<&str> = card.into_iter().chain(others.iter().filter(|o| o.0).map(|o| o.1)).collect();
        words.join(", ")
    }

    /// QEMU's arguments for the firmware and what it starts first; `vars` is UEFI's memory.
    pub fn firmware_arguments(&self, vars: &Path, folder: &Path) -> Done<Vec<(&'static str, String)>> {
        Ok(match &self.start {
            Start::Uefi => self.uefi_arguments(vars),
            Start::Bios => vec![],
            Start::BiosLoader => {
                let script = folder.join("loader.ipxe");
                let text = format!("#!ipxe\nifconf -c dhcp && chain tftp://{SERVER}/undionly.kpxe || exit 1\n");
                fs::write(&script, text).during("writing what stands in for a card's boot program")?;
                let program = private::place("ipxe").join("usr/lib/ipxe/ipxe.lkrn");
                vec![("kernel", program.display().to_string()), ("initrd", script.display().to_string())]
            }
            Start::Stick(kernel, initrd) => vec![
                ("kernel", kernel.display().to_string()),
                ("initrd", initrd.display().to_string()),
                ("append", "console=ttyS0,115200 console=tty0 quiet".into()),
            ],
        })
    }

    fn uefi_arguments(&self, vars: &Path) -> Vec<(&'static str, String)> {
        let program = self.keys.program();
        let mut arguments = vec![
            ("drive", format!("if=pflash,format=raw,unit=0,readonly=on,file={}", program.display())),
            ("drive", format!("if=pflash,format=raw,unit=1,file={}", vars.display())),
        ];
        if self.keys.are_on() {
            // Only the firmware itself may write its memory, as on a real board.
            arguments.push(("global", "driver=cfi.pflash01,property=secure,value=on".into()));
            arguments.push(("global", "ICH9-LPC.disable_s3=1".into()));
        }
        if self.over_http {
            for protocol in ["IPv4PXESupport", "IPv6PXESupport"] {
                arguments.push(("fw_cfg", format!("name=opt/org.tianocore/{protocol},string=no")));
            }
        }
        arguments
    }

    /// QEMU's kind of machine: one whose firmware has memory of its own where that must be.
    pub fn machine(&self) -> &'static str {
        if self.keys.are_on() { "q35,smm=on" } else { "q35" }
    }

    /// Whether QEMU itself starts something before all devices, whose places in the order then begin at one.
    pub fn starts_given(&self) -> bool {
        matches!(self.start, Start::BiosLoader | Start::Stick(..))
    }

    /// What says whether the network card has a boot program: with a BIOS the one that QEMU knows for it, whose own network
    /// stack it is (a file named here would have to hold the very number of the card); otherwise none.
    pub fn card_program(&self) -> &'static str {
        match self.start {
            Start::Bios => "",
            _ => ",romfile=",
        }
    }

    /// QEMU's arguments for the second card.
    pub fn extra_card_arguments(&self, number: u8) -> Vec<(&'static str, String)> {
        let Some(card) = self.extra_card else { return Vec::new() };
        // A network of QEMU's own, which gives addresses and leads nowhere.
        let netdev = "user,id=extra,restrict=on".to_string();
        let first = if card == ExtraCard::Nameless { "53" } else { "52" };
        let device = format!("virtio-net-pci,netdev=extra,id=extra-card,mac={first}:54:00:50:c2:{number:02x},romfile=");
        vec![("netdev", netdev), ("device", device)]
    }

    /// What is done to the machine once QEMU runs.
    pub fn after_start(&self, qmp: &mut Qmp) -> Done {
        match self.extra_card {
            Some(ExtraCard::Unplugged) => qmp.ask("set_link", json!({"name": "extra-card", "up": false})).map(drop),
            _ => Ok(()),
        }
    }

    /// QEMU's arguments for the sockets of disks that are pushed in later, one for each: NVMe in slots of their own, as in
    /// machines whose disks can be changed while they run. The reference system knows no others without an initial memory disk.
    pub fn late_sockets(&self, disks: usize) -> Vec<(&'static str, String)> {
        let count = if self.late_disks { disks } else { 0 };
        (0..count).map(|i| ("device", format!("pcie-root-port,id=late{i},chassis={},slot={}", i + 1, i + 1))).collect()
    }

    /// Pushes a disk into a machine that runs.
    pub fn push_disk(&self, qmp: &mut Qmp, index: usize, file: &Path, serial: &str) -> Done {
        let node = format!("late-file{index}");
        let file = json!({"driver": "file", "filename": file.to_string_lossy(), "cache": {"no-flush": true}});
        qmp.ask("blockdev-add", json!({"driver": "raw", "node-name": node, "discard": "unmap", "file": file}))?;
        let sector = if self.large_sectors { 4096 } else { 512 };
        let device = json!({
            "driver": "nvme", "bus": format!("late{index}"), "drive": node, "serial": serial, "ioeventfd": false,
            "logical_block_size": sector, "physical_block_size": 4096,
        });
        qmp.ask("device_add", device).map(drop)
    }
}

/// The kernel and initrd that a server serves, as on a stick.
pub fn stick(server_data: &Path, folder: &Path) -> Done<Start> {
    let folder = places::folder(folder.join("stick"))?;
    let served = server_data.join("boot-environment");
    let [kernel, initrd] = ["vmlinuz", "initrd.img"].map(|name| (served.join(name), folder.join(name)));
    for (from, to) in [&kernel, &initrd] {
        fs::copy(from, to).during("filling a stick")?;
    }
    Ok(Start::Stick(kernel.1, initrd.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_says_what_is_odd_about_it() {
        assert_eq!(Odd::default().words(), "");
        let odd = Odd { extra_card: Some(ExtraCard::Elsewhere), far: true, ..Odd::default() };
        assert_eq!(odd.words(), "first of two cards on another network, behind a DHCP relay agent");
        assert!(odd.extra_card_arguments(3)[1].1.contains("mac=52:54:00:50:c2:03"));
        let nameless = Odd { extra_card: Some(ExtraCard::Nameless), ..Odd::default() };
        // The last bit of the first byte makes it a group's.
        assert!(nameless.extra_card_arguments(1)[1].1.contains("mac=53:"));
    }

    #[test]
    fn only_a_bios_has_a_program_in_its_card() {
        assert_eq!(Odd::default().card_program(), ",romfile=");
        let bios = Odd { start: Start::Bios, ..Odd::default() };
        assert_eq!(bios.card_program(), "");
        assert!(bios.firmware_arguments(Path::new("v"), Path::new("/tmp")).is_ok_and(|a| a.is_empty()));
    }
}
