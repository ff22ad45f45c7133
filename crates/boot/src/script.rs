//! What iPXE obeys. Pure functions: values in, a text out.
//!
//! A value from the wire or from a form never becomes a line of its own: [`Argument`] and [`Url`] hold only what
//! iPXE reads as one word (no space, no line end, nothing that it expands), and are the only way in.
use serde::{Deserialize, Serialize};
use socle_texts::{Fault, Result};
use std::fmt;
use uuid::Uuid;

/// Longest word: a URL with all that a server may add.
const MAX_WORD_BYTES: usize = 1_024;
/// Longest command line that the kernel reads whole (COMMAND_LINE_SIZE on x86, less its end).
const MAX_COMMAND_LINE_BYTES: usize = 2_047;

/// Starts the loader at once, out of iPXE: leaving it would make some firmware try the network again first. A doubled
/// backslash would be taken for part of the name.
const LOCAL_LOADER: &str = "sanboot --no-describe --drive 0 --filename \\EFI\\BOOT\\BOOTX64.EFI";

/// The same on a BIOS: the first disk, as the firmware numbers them (INT 13h).
const LOCAL_DISK_OF_BIOS: &str = "iseq ${platform} pcbios || goto efi\n\
     sanboot --no-describe --drive 0x80 || exit 1\n\
     exit\n\
     :efi";
/// Which card the machine started by, for the agent: `01` is Ethernet, then its address with hyphens.
const STARTED_BY: &str = "BOOTIF=01-${netX/mac:hexhyp}";

/// One word for iPXE: it parts words at spaces, strips quotes, expands `${…}`, joins lines at `\`, leaves out what
/// follows `#`, and takes the words `||`, `&&` and `;` for the end of a command.
fn is_one_word(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_graphic() && !b"$\\#\"'`".contains(&b);
    text.len() <= MAX_WORD_BYTES && text.bytes().all(plain) && !matches!(text, "" | "||" | "&&" | ";")
}

/// One kernel argument: `console=ttyS0`, `socle.server=https://10.77.0.1:8443`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Argument(String);

/// Where iPXE fetches something: `http://10.77.0.1:8080/boot/vmlinuz`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Url(String);

macro_rules! one_word {
    ($name:ident, $code:literal, $also:expr) => {
        impl $name {
            /// Checks the text.
            ///
            /// # Errors
            #[doc = concat!("`", $code, "`.")]
            pub fn new(text: impl Into<String>) -> Result<Self> {
                let text = text.into();
                let also: fn(&str) -> bool = $also;
                if is_one_word(&text) && also(&text) {
                    Ok($name(text))
                } else {
                    Err(Fault::new($code).with("text", text))
                }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl From<$name> for String {
            fn from(it: $name) -> String {
                it.0
            }
        }
        impl TryFrom<String> for $name {
            type Error = Fault;
            fn try_from(text: String) -> Result<Self> {
                $name::new(text)
            }
        }
    };
}
one_word!(Argument, "boot-script-argument", |text| !text.starts_with('-'));
one_word!(Url, "boot-script-url", |text| {
    let address = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    address.is_some_and(|a| a.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '['))
});

/// What a machine does once its loader runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Script {
    /// Start the boot environment.
    Environment {
        /// The kernel.
        kernel: Url,
        /// The initial memory disk.
        initrd: Url,
        /// Kernel arguments.
        arguments: Vec<Argument>,
    },
    /// Start what is on the machine's own disk, now: the first disk that holds a loader.
    LocalDisk,
    /// The same where the EFI partition is known, as on a machine with two disks; another one if it is gone.
    LocalPartition {
        /// The partition's unique identifier in the GPT.
        partition: Uuid,
    },
    /// Ask again, and say who asks: a loader in the firmware's own card is given an address without any facts.
    SayWho {
        /// Where.
        script: Url,
    },
    /// Ask again after a while: the server is not ready to say.
    AskAgain {
        /// Where.
        script: Url,
        /// How long to wait.
        seconds: u16,
    },
}

/// The script's address with what the machine says of itself. iPXE fills the values in; `uristring` keeps what the
/// firmware holds from becoming anything but a value of the address.
fn with_facts(script: &Url) -> String {
    let facts = [
        "mac=${netX/mac}",
        "uuid=${uuid}",
        "ip=${netX/ip}",
        "arch=${buildarch:uristring}",
        "platform=${platform:uristring}",
        "manufacturer=${manufacturer:uristring}",
        "product=${product:uristring}",
        "serial=${serial:uristring}",
        "asset=${asset:uristring}",
    ];
    let joint = if script.0.contains('?') { '&' } else { '?' };
    format!("{script}{joint}{}", facts.join("&"))
}

/// `autoexec.ipxe`, which iPXE fetches from beside itself before anything else: an IPv4 address only (waiting for
/// IPv6 routers costs 13 to 16 seconds where there are none), then the server's script. Five tries, then the
/// firmware's next entry: its own disk.
pub fn autoexec(script: &Url) -> String {
    let script = with_facts(script);
    format!(
        "#!ipxe\n\
         set tries:int32 0\n\
         :network\n\
         ifconf -c dhcp net0 || ifconf -c dhcp || goto again\n\
         chain --replace {script} || goto again\n\
         :again\n\
         inc tries\n\
         iseq ${{tries}} 5 && exit 1 ||\n\
         sleep 2\n\
         goto network\n"
    )
}

impl Script {
    /// The script's text.
    ///
    /// # Errors
    /// `boot-script-too-long` when the kernel would not read the whole command line.
    pub fn text(&self) -> Result<String> {
        Ok(match self {
            Script::Environment { kernel, initrd, arguments } => {
                // `initrd=` names the memory disk for the kernel's own UEFI loader.
                let mut line = String::from("initrd=initrd.img");
                for argument in arguments {
                    line.push(' ');
                    line.push_str(&argument.0);
                }
                // What iPXE expands is no longer than it stands here.
                if line.len() + 1 + STARTED_BY.len() > MAX_COMMAND_LINE_BYTES {
                    return Err(Fault::new("boot-script-too-long")
                        .with("bytes", line.len())
                        .with("limit", MAX_COMMAND_LINE_BYTES));
                }
                format!(
                    "#!ipxe\n\
                     kernel {kernel} {line} {STARTED_BY} || goto failed\n\
                     initrd --name initrd.img {initrd} || goto failed\n\
                     boot || goto failed\n\
                     :failed\n\
                     sleep 5\n\
                     exit 1\n"
                )
            }
            Script::LocalDisk => format!("#!ipxe\n{LOCAL_DISK_OF_BIOS}\n{LOCAL_LOADER} || exit 1\n"),
            Script::LocalPartition { partition } => format!(
                "#!ipxe\n{LOCAL_DISK_OF_BIOS}\n{LOCAL_LOADER} --uuid {partition} ||\n{LOCAL_LOADER} || exit 1\n"
            ),
            Script::SayWho { script } => format!("#!ipxe\nchain --replace {} || exit 1\n", with_facts(script)),
            Script::AskAgain { script, seconds } => format!(
                "#!ipxe\n\
                 sleep {seconds}\n\
                 chain --replace {} || exit 1\n",
                with_facts(script)
            ),
        })
    }
}
