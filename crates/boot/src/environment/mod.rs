//! Building the boot environment: the kernel and the initrd that a machine runs from memory.
//!
//! Files come out, and the same parts always give the same bytes:
//!
//! * `vmlinuz`: the distribution's kernel, unchanged;
//! * `initrd.img`: a "newc" cpio archive packed with zstd;
//! * `snponly.efi` and `undionly.kpxe`: the network loaders for UEFI and for BIOS, where they are given;
//! * `socle.efi`: kernel, initrd and command line as one signed image ([`uki`]), and `socle-boot.der`, `.esl`, `.auth`: the
//!   certificate that firmware is given to believe;
//! * other loaders, served as they are;
//! * `manifest.json`: what they are made of ([`Manifest`]), for the caller to sign with the content key.
//!
//! ## What stands in the initrd
//!
//! | path | what |
//! |---|---|
//! | `/init` | the agent, PID 1 |
//! | `/dev/console` | the one device that the kernel opens before the agent mounts `devtmpfs` on `/dev` |
//! | `/dev` `/proc` `/sys` `/run` `/tmp` `/mnt` `/etc` | empty folders for the agent to mount on |
//! | `/lib/modules/` | kernel modules and their tables: see [`hardware`] |
//! | `/sbin/`, `/lib/x86_64-linux-gnu/`, `/lib64/` | tools and what they need |
//! | what [`Recipe::public`] says | public keys, the server's address and pin, the language |
//!
//! No secret: everybody on the network may read it. A private key among the public files is refused.
mod cpio;
mod elf;
pub mod hardware;
mod inside;
mod manifest;
mod modules;
pub mod pe;
mod tools;
pub mod uki;
mod wanted;

pub use cpio::{Entry, Tree, fuzz_cpio};
pub use elf::fuzz_elf;
pub use inside::public_file;
pub use manifest::{FORMAT, FileDigest, Manifest};
pub use uki::{CERTIFICATE, ImageSigner, UKI, Uki};

use socle_texts::{Fault, Result};
use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

/// Largest public file: keys and addresses are small.
const MAX_PUBLIC_BYTES: usize = 1 << 20;
/// Largest initrd unpacked: it must fit into the memory of a small machine beside its work.
const MAX_UNPACKED_BYTES: usize = 256 << 20;

/// The network loader's name, as firmware asks for it.
pub const LOADER: &str = "snponly.efi";
/// The same for BIOS: it drives the card through the firmware's own routines (UNDI), so that it knows every card that the
/// machine could start by, and leaves them in memory for whatever it starts.
pub const BIOS_LOADER: &str = "undionly.kpxe";

/// What to build from.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// The kernel: Debian's `boot/vmlinuz-VERSION`.
    pub kernel: PathBuf,
    /// Its modules: `lib/modules/VERSION`, as the package holds them (`.ko`, `.ko.xz` or `.ko.zst`).
    pub modules: PathBuf,
    /// The agent, a static program.
    pub agent: PathBuf,
    /// Programs for `/sbin`: `e2fsck`, `fsck.fat`, `resize2fs`, `tune2fs`.
    pub tools: Vec<PathBuf>,
    /// Where their libraries are looked for, in this order. See [`Recipe::usual_library_folders`].
    pub library_folders: Vec<PathBuf>,
    /// Public files by path in the initrd: `etc/socle/content.pub`.
    pub public: BTreeMap<String, Vec<u8>>,
    /// The network loader (`snponly.efi`), if the environment brings its own: served as it is, and signed with the rest.
    pub loader: Option<PathBuf>,
    /// The same for BIOS (`undionly.kpxe`).
    pub bios_loader: Option<PathBuf>,
    /// Other loaders that are served as they are, and signed with the rest, by the name that machines ask for.
    pub served: BTreeMap<String, PathBuf>,
    /// What the signed image is made from; none: there is none, and nothing for machines with Secure Boot on.
    pub uki: Option<Uki>,
    /// zstd's level, 1 to 19: 19 for what is shipped; 9 is built in a twentieth of the time and an eighth larger.
    pub compression_level: i32,
    /// The folder for what comes out; made if it is not there.
    pub out: PathBuf,
}

impl Recipe {
    /// Where Debian keeps libraries.
    pub fn usual_library_folders() -> Vec<PathBuf> {
        ["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib", "/usr/lib"].map(PathBuf::from).to_vec()
    }
}

/// What came out.
#[derive(Debug, Clone)]
pub struct Built {
    /// `vmlinuz`.
    pub kernel: PathBuf,
    /// `initrd.img`.
    pub initrd: PathBuf,
    /// `manifest.json`.
    pub manifest_path: PathBuf,
    /// What it holds.
    pub manifest: Manifest,
    /// Its bytes, to be signed.
    pub manifest_bytes: Vec<u8>,
}

/// Builds the boot environment. Files come into place whole or not at all, the manifest last.
///
/// # Errors
/// `texts-file-unreadable`, `texts-file-unwritable`, `boot-environment-kernel-unknown`,
/// `boot-environment-kernel-mismatch`, `boot-environment-agent-not-static`, `boot-environment-module-missing`,
/// `boot-environment-module-damaged`, `boot-environment-too-many-modules`, `boot-environment-not-a-program`,
/// `boot-environment-library-missing`, `boot-environment-public-refused`, `boot-environment-too-large`,
/// `boot-uki-stub-unknown`, `boot-script-too-long`, those of who signs.
pub fn build(recipe: &Recipe) -> Result<Built> {
    let kernel = read(&recipe.kernel)?;
    let kernel_version = matching_version(&kernel, recipe)?;
    let agent = read(&recipe.agent)?;
    let agent_needs = elf::needs(&agent);
    if agent_needs.is_none_or(|n| n.loader.is_some() || !n.libraries.is_empty()) {
        return Err(Fault::new("boot-environment-agent-not-static").with("path", &recipe.agent));
    }
    let picked = modules::pick(&recipe.modules)?;
    let mut tree = skeleton();
    let programs = tools::add(&mut tree, &recipe.tools, &recipe.library_folders)?;
    let public = add_public(&mut tree, &recipe.public)?;
    let agent_digest = FileDigest::of(&agent);
    tree.put_file("init", 0o755, agent);
    for (name, text) in picked.tables.write() {
        tree.put_file(&format!("lib/modules/{name}"), 0o644, text);
    }
    let on_demand = picked.files.keys().filter(|f| !picked.tables.always.contains(f)).cloned().collect();
    for (name, bytes) in picked.files {
        tree.put_file(&format!("lib/modules/{name}"), 0o644, bytes);
    }
    let unpacked = tree.write();
    if unpacked.len() > MAX_UNPACKED_BYTES {
        let fault = Fault::new("boot-environment-too-large").with("bytes", unpacked.len());
        return Err(fault.with("limit", MAX_UNPACKED_BYTES));
    }
    let initrd = pack(&unpacked, recipe)?;
    let given = [(LOADER, &recipe.loader), (BIOS_LOADER, &recipe.bios_loader)];
    let loaders = given.into_iter().filter_map(|(name, path)| Some((name.to_string(), read(path.as_deref()?))));
    let mut loaders: BTreeMap<_, _> = loaders.map(|(name, bytes)| Ok((name, bytes?))).collect::<Result<_>>()?;
    for (name, path) in &recipe.served {
        if uki::is_taken(name) || loaders.insert(name.clone(), read(path)?).is_some() {
            return Err(Fault::new("boot-environment-public-refused").with("path", name));
        }
    }
    if let Some(uki) = &recipe.uki {
        let image = uki::assemble(uki, &read(&uki.stub)?, &kernel, &initrd, &kernel_version)?;
        loaders.insert(UKI.to_string(), image);
        loaders.extend(uki::enrolment(uki.signer.as_ref())?.map(|(name, bytes)| (name.to_string(), bytes)));
    }
    let mut files = vec![("vmlinuz", &kernel), ("initrd.img", &initrd)];
    files.extend(loaders.iter().map(|(name, bytes)| (name.as_str(), bytes)));
    let manifest = Manifest {
        format: FORMAT.into(),
        kernel_version,
        files: files.iter().map(|(name, bytes)| (name.to_string(), FileDigest::of(bytes))).collect(),
        agent: agent_digest,
        programs: programs.into_iter().map(|(path, hash)| (path, hash.to_hex().to_string())).collect(),
        modules_always: picked.tables.always.clone(),
        modules_on_demand: on_demand,
        modules_absent: picked.absent,
        public,
        initrd_unpacked_bytes: unpacked.len() as u64,
    };
    let manifest_bytes = manifest.to_bytes();
    for (name, bytes) in &loaders {
        put(&recipe.out, name, bytes)?;
    }
    Ok(Built {
        kernel: put(&recipe.out, "vmlinuz", &kernel)?,
        initrd: put(&recipe.out, "initrd.img", &initrd)?,
        manifest_path: put(&recipe.out, "manifest.json", &manifest_bytes)?,
        manifest,
        manifest_bytes,
    })
}

fn skeleton() -> Tree {
    let mut tree = Tree::default();
    for folder in ["dev", "etc", "mnt", "proc", "run", "sys"] {
        tree.put(folder, Entry::Folder { mode: 0o755 });
    }
    tree.put("tmp", Entry::Folder { mode: 0o1777 });
    tree.put("dev/console", Entry::Device { mode: 0o600, major: 5, minor: 1 });
    tree
}

fn add_public(tree: &mut Tree, public: &BTreeMap<String, Vec<u8>>) -> Result<BTreeMap<String, String>> {
    let mut digests = BTreeMap::new();
    for (path, bytes) in public {
        let plain = path.split('/').all(|part| !matches!(part, "" | "." | "..")) && path.is_ascii();
        let secret = bytes.windows(11).any(|w| w == b"PRIVATE KEY") || path.ends_with(".key");
        if !plain || secret || bytes.len() > MAX_PUBLIC_BYTES || tree.get(path).is_some() {
            return Err(Fault::new("boot-environment-public-refused").with("path", path));
        }
        digests.insert(path.clone(), blake3::hash(bytes).to_hex().to_string());
        tree.put_file(path, 0o644, bytes.clone());
    }
    Ok(digests)
}

/// The kernel's version out of its image (Linux, Documentation/arch/x86/boot.rst, `kernel_version`), which must be
/// the modules' too: a kernel refuses the modules of another.
fn matching_version(kernel: &[u8], recipe: &Recipe) -> Result<String> {
    let unknown = || Fault::new("boot-environment-kernel-unknown").with("path", &recipe.kernel);
    if kernel.get(0x202..0x206) != Some(b"HdrS") {
        return Err(unknown());
    }
    let pointer: [u8; 2] = kernel.get(0x20e..0x210).and_then(|b| b.try_into().ok()).ok_or_else(unknown)?;
    let text = kernel.get(u16::from_le_bytes(pointer) as usize + 0x200..).ok_or_else(unknown)?;
    let version: Vec<u8> = text.iter().copied().take_while(|b| b.is_ascii_graphic()).take(128).collect();
    let version = String::from_utf8(version).map_err(|_| unknown())?;
    let modules = recipe.modules.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    if version != modules {
        let fault = Fault::new("boot-environment-kernel-mismatch").with("kernel", version);
        return Err(fault.with("modules", modules));
    }
    Ok(version)
}

fn pack(unpacked: &[u8], recipe: &Recipe) -> Result<Vec<u8>> {
    let level = recipe.compression_level.clamp(1, 19);
    let failed =
        |e: std::io::Error| Fault::new("texts-file-unwritable").with("path", &recipe.out.join("initrd.img")).because(e);
    zstd::bulk::compress(unpacked, level).map_err(failed)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|e| Fault::new("texts-file-unreadable").with("path", path).because(e))
}

/// Writes beside, makes it durable, then renames: nobody ever fetches half a file.
fn put(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf> {
    let path = folder.join(name);
    let beside = folder.join(format!(".{name}.new"));
    let write = || {
        fs::create_dir_all(folder)?;
        let mut file = fs::File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, &path)?;
        fs::File::open(folder)?.sync_all()
    };
    write().map_err(|e| Fault::new("texts-file-unwritable").with("path", &path).because(e))?;
    Ok(path)
}
