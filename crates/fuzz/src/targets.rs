//! The readers, and what each promises.
mod boot;
mod cast;
mod chip;
mod content;
mod words;

/// One reader of bytes from outside.
pub struct Target {
    /// Its name: of its corpus, and for the command.
    pub name: &'static str,
    /// What it reads, and by which rule.
    pub reads: &'static str,
    /// Reads any bytes and keeps its promises, or panics.
    pub run: fn(&[u8]),
    /// What its messages are made of, for mutations.
    pub words: &'static [&'static [u8]],
    /// Longest input tried.
    pub max_bytes: usize,
    /// Memory that any input may take.
    pub memory_bytes: usize,
    /// Memory that each byte of an input may take besides.
    pub memory_per_byte: usize,
}

impl Target {
    /// The most memory that an input may take.
    pub fn allowed_bytes(&self, input: &[u8]) -> usize {
        self.memory_bytes + self.memory_per_byte * input.len()
    }
}

/// All of them.
pub const ALL: &[Target] = &[
    Target {
        name: "dhcp-server",
        reads: "what machines send to ports 67 and 4011, and both modes' answers (RFC 2131, RFC 2132, RFC 3396, PXE 2.1)",
        run: boot::dhcp_server,
        words: boot::DHCP_WORDS,
        max_bytes: 1_600,
        memory_bytes: 64 << 10,
        memory_per_byte: 64,
    },
    Target {
        name: "dhcp-client",
        reads: "what a DHCP server, honest or not, answers to the agent (RFC 2131 section 4.4)",
        run: boot::dhcp_client,
        words: boot::DHCP_WORDS,
        max_bytes: 1_600,
        memory_bytes: 16 << 10,
        memory_per_byte: 4,
    },
    Target {
        name: "tftp",
        reads: "a TFTP request and all that follows in its transfer (RFC 1350, RFC 2347, RFC 2348, RFC 2349, RFC 7440)",
        run: boot::tftp,
        words: boot::TFTP_WORDS,
        max_bytes: 2_048,
        // A window of 64 blocks of 1,468 bytes, and the file that is sent.
        memory_bytes: 512 << 10,
        memory_per_byte: 128,
    },
    Target {
        name: "boot-script",
        reads: "words that become part of a boot script or of a kernel's command line (iPXE's own parser)",
        run: boot::script,
        words: boot::SCRIPT_WORDS,
        max_bytes: 4_096,
        memory_bytes: 64 << 10,
        memory_per_byte: 32,
    },
    Target {
        name: "initrd",
        reads: "an archive of the boot environment, a module, the tables of modules (newc, ELF)",
        run: boot::initrd,
        words: boot::INITRD_WORDS,
        max_bytes: 8_192,
        memory_bytes: 64 << 10,
        memory_per_byte: 128,
    },
    Target {
        name: "chip",
        reads: "what a machine shows of its TPM, and what a TPM answers (TPM 2.0 library, parts 2 and 3)",
        run: chip::chip,
        words: chip::WORDS,
        max_bytes: 1_024,
        memory_bytes: 16 << 10,
        memory_per_byte: 16,
    },
    Target {
        name: "boot-log",
        reads: "what a machine's firmware says was measured (TCG PC Client Platform Firmware Profile, section 10)",
        run: chip::boot_log,
        words: chip::LOG_WORDS,
        max_bytes: 8_192,
        memory_bytes: 32 << 10,
        memory_per_byte: 16,
    },
    Target {
        name: "machine-words",
        reads: "what a machine says to the server: agent, presence, wizard (RFC 8259, socle-wire)",
        run: words::of_machines,
        words: words::JSON_WORDS,
        max_bytes: 8_192,
        memory_bytes: 64 << 10,
        memory_per_byte: 512,
    },
    Target {
        name: "server-words",
        reads: "what a server, honest or not, says to a machine (RFC 8259, socle-wire)",
        run: words::of_servers,
        words: words::JSON_WORDS,
        max_bytes: 8_192,
        memory_bytes: 64 << 10,
        memory_per_byte: 512,
    },
    Target {
        name: "person-words",
        reads: "what people and programs send to the API (RFC 8259, socle-wire)",
        run: words::of_people,
        words: words::JSON_WORDS,
        max_bytes: 8_192,
        memory_bytes: 64 << 10,
        memory_per_byte: 512,
    },
    Target {
        name: "signed",
        reads: "what stands inside a signature, and orders that nobody has signed (socle-domain)",
        run: content::signed,
        words: words::JSON_WORDS,
        max_bytes: 8_192,
        memory_bytes: 128 << 10,
        memory_per_byte: 512,
    },
    Target {
        name: "master",
        reads: "a sequence, its conditions, templates and patterns, as somebody drafts them (TOML 1.0, CEL)",
        run: content::master,
        words: content::MASTER_WORDS,
        max_bytes: 6_000,
        memory_bytes: 8 << 20,
        memory_per_byte: 8_192,
    },
    Target {
        name: "image",
        reads: "manifests, pages, packs and frames that a machine hands in (docs/format.md)",
        run: content::image,
        words: content::IMAGE_WORDS,
        max_bytes: 8_192,
        // A frame unpacks to what it says, bounded by the format.
        memory_bytes: 24 << 20,
        memory_per_byte: 256,
    },
    Target {
        name: "cast",
        reads: "a plan and the packets of a stream to a room, from anybody (docs/cast.md)",
        run: cast::cast,
        words: cast::WORDS,
        max_bytes: 8_192,
        // Blocks that are open, and what repairs them.
        memory_bytes: 8 << 20,
        memory_per_byte: 64,
    },
];

/// The target of that name.
pub fn find(name: &str) -> Option<&'static Target> {
    ALL.iter().find(|t| t.name == name)
}
