//! What a machine needs, and why, in words for the person who watches.

/// A package of the machine's own Debian.
pub struct Package {
    /// Debian's name of it.
    pub name: &'static str,
    /// Why Socle's workshop wants it.
    pub why: &'static str,
}

/// A group of packages that serves one purpose.
pub struct Group {
    /// Its packages.
    pub packages: &'static [Package],
}

const fn p(name: &'static str, why: &'static str) -> Package {
    Package { name, why }
}

/// Always: what the programs are built with; and the tests of disks and images work on real filesystems in files.
pub const BASE: Group = Group {
    packages: &[
        p("gcc", "compiles the C parts of TLS, SQLite and zstd"),
        p("libc6-dev", "C headers, and the static C library inside the agent"),
        p("e2fsprogs", "makes, checks and grows ext4 filesystems"),
        p("dosfstools", "makes and checks vfat filesystems"),
        p("mtools", "puts files into vfat without mounting it"),
        p("gdisk", "writes partition tables for test disks"),
        p("fdisk", "writes older partition tables for test disks"),
        p("nodejs", "what npm runs on, and the page tests"),
        p("npm", "fetches the pages' third-party files by their lock file"),
    ],
};

/// The virtual room.
pub const LAB: Group = Group {
    packages: &[
        p("iproute2", "makes the lab's private networks"),
        p("dnsmasq-base", "plays the school's own DHCP server (installs no service)"),
        p("mmdebstrap", "builds the reference Debian that gets captured"),
        p("busybox-static", "a first tiny system to prove that the lab boots machines"),
        p("cpio", "packs systems that start from memory"),
        p("zstd", "compresses them"),
        p("kmod", "lists what each kernel module needs"),
        p("openssh-client", "looks inside the installed machines, to read back who they are"),
        p("xz-utils", "unpacks kernel modules"),
        p("nftables", "the firewall that the doctor has to find in the way"),
    ],
};

/// Tests of the pages in a real browser.
pub const BROWSER: Group = Group { packages: &[p("chromium", "the browser in which the pages are tested")] };

/// The same database tests on PostgreSQL.
pub const POSTGRES: Group =
    Group { packages: &[p("postgresql", "the database of large fleets: same tests as on SQLite")] };

/// Those we measure ourselves against.
pub const BENCH: Group = Group {
    packages: &[
        p("partclone", "the imaging tool that Socle's image engine is compared with"),
        p("zstd", "compresses the peer's image"),
        p("rsync", "the tool that a reset in place is compared with"),
        p("isync", "the mailbox tool (mbsync) that Socle's mail engine is compared with"),
    ],
};

/// Tests of mailbox moves between real servers.
pub const MAIL: Group =
    Group { packages: &[p("dovecot-imapd", "mail server: source and target of the mailbox tests")] };

/// Tests of the API by its description.
pub const API: Group =
    Group { packages: &[p("python3-venv", "a Python of its own for the tool that tests the API by its description")] };

/// A package that is only downloaded and unpacked into the cache: the machine does not change.
pub struct Private {
    /// Debian's name, or that of the package that depends on the one we want.
    pub name: &'static str,
    /// The Debian release that it comes from.
    pub suite: &'static str,
    /// Whether what we want is the first thing that this package depends on (kernels have their version in their name).
    pub follow: bool,
    /// Why Socle's workshop wants it.
    pub why: &'static str,
}

/// Needed by the boot environment itself: the kernel and the network boot loader that Socle serves.
pub const BOOT_FILES: &[Private] = &[
    Private { name: "ipxe", suite: NEWER, follow: false, why: "the network boot loader that Socle serves" },
    Private {
        name: "linux-image-amd64",
        suite: NEWER,
        follow: true,
        why: "the boot environment's kernel, with drivers",
    },
];

/// Needed by the lab's machines.
pub const LAB_FILES: &[Private] = &[
    Private { name: "ovmf", suite: NEWER, follow: false, why: "the UEFI firmware of the lab's machines" },
    // The newer ones are not started by the BIOS of QEMU 7.
    Private { name: "ipxe-qemu", suite: STABLE, follow: false, why: "the boot program in the cards of BIOS machines" },
    Private { name: "isc-dhcp-relay", suite: STABLE, follow: false, why: "the DHCP relay agent of the lab's far room" },
    Private {
        name: "shim-signed",
        suite: NEWER,
        follow: false,
        why: "the first loader of machines with Secure Boot on",
    },
    Private {
        name: "shim-helpers-amd64-signed",
        suite: NEWER,
        follow: false,
        why: "where a person enrols a certificate at such a machine",
    },
    Private {
        name: "grub-efi-amd64-signed",
        suite: NEWER,
        follow: false,
        why: "the loader of such machines that know no certificate of ours",
    },
];

/// Needed by the reference system.
pub const BOOT_LOADER: Private =
    Private { name: "systemd-boot-efi", suite: STABLE, follow: false, why: "the boot loader of the reference system" };

/// The release that Socle is developed on.
pub const STABLE: &str = "bookworm";
/// The next one, for firmware, iPXE and kernel.
pub const NEWER: &str = "trixie";
