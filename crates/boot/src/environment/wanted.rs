//! Which kernel modules the boot environment carries.
//!
//! Enough to reach the server over a usual wired card and to read and write a usual disk; nothing for sound, screens
//! or wireless. The screen needs no module: Debian's kernel has `efifb` and the framebuffer console built in, and the
//! firmware's picture stays. Keyboards on PS/2 are built in too. Cards that only work with a firmware file (some
//! `tg3`) start without it or not at all: firmware files are not carried yet.

/// Loaded at every start, whatever the hardware: filesystems, their character sets, and the firmware's variables.
pub(super) const ALWAYS: &[&str] =
    &["ext4", "vfat", "nls_cp437", "nls_ascii", "nls_iso8859-1", "nls_utf8", "efivarfs", "hid_generic"];

/// Loaded when the hardware asks.
#[rustfmt::skip]
pub(super) const ON_DEMAND: &[&str] = &[
    // virtual machines
    "virtio_net", "virtio_blk", "virtio_scsi", "virtio_rng", "vmxnet3", "vmw_pvscsi", "hv_vmbus", "hv_netvsc",
    "hv_storvsc",
    // disks
    "nvme", "ahci", "ata_piix", "ata_generic", "vmd", "sd_mod", "mpt3sas", "megaraid_sas", "sdhci_pci", "sdhci_acpi",
    "mmc_block",
    // wired cards
    "e1000", "e1000e", "igb", "igc", "ixgbe", "i40e", "r8169", "8139too", "8139cp", "tg3", "sky2", "atl1c",
    "alx", "atlantic", "forcedeth", "jme", "via_velocity",
    // USB: controllers, keyboards, storage, cards of docking stations
    "xhci_pci", "ehci_pci", "ohci_pci", "uhci_hcd", "usbhid", "usb_storage", "uas", "r8152", "ax88179_178a", "asix",
    "cdc_ether", "cdc_ncm", "smsc95xx", "lan78xx",
];

/// What a module needs at work though it does not say so: the part that drives the socket of the card.
pub(super) const ALSO: &[(&str, &[&str])] =
    &[("r8169", &["realtek"]), ("tg3", &["broadcom"]), ("lan78xx", &["microchip"]), ("smsc95xx", &["smsc"])];

/// The buses whose names ("modalias") the agent matches; the others never ask for a module carried here.
pub(super) const BUSES: &[&str] = &["pci:", "usb:", "virtio:", "scsi:", "acpi", "hid:", "vmbus:", "mmc:"];
