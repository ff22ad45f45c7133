//! The boot environment, built from parts made here, and from a real kernel where one is at hand.
use proptest::prelude::*;
use socle_boot::environment::{
    Built, Entry, Manifest, Recipe, Tree, build, fuzz_cpio, fuzz_elf,
    hardware::{Tables, matches},
};
use std::{collections::BTreeMap, fs, path::Path};

/// The smallest ELF file that has a section: `.modinfo` for a module.
fn elf(modinfo: &[&str]) -> Vec<u8> {
    let info: Vec<u8> = modinfo.iter().flat_map(|s| [s.as_bytes(), b"\0"].concat()).collect();
    let names = b"\0.modinfo\0.shstrtab\0";
    let (info_at, names_at) = (64, 64 + info.len());
    let table_at = (names_at + names.len()).next_multiple_of(8);
    let mut out = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    out.extend([1u16, 62].iter().flat_map(|n| n.to_le_bytes()));
    out.extend(1u32.to_le_bytes());
    out.extend([0u64, 0, table_at as u64].iter().flat_map(|n| n.to_le_bytes()));
    out.extend(0u32.to_le_bytes());
    out.extend([64u16, 0, 0, 64, 3, 2].iter().flat_map(|n| n.to_le_bytes()));
    out.extend(&info);
    out.extend(names);
    out.resize(table_at, 0);
    let mut section = |name: u32, kind: u32, at: usize, size: usize| {
        out.extend([name, kind].iter().flat_map(|n| n.to_le_bytes()));
        out.extend([0u64, 0, at as u64, size as u64].iter().flat_map(|n| n.to_le_bytes()));
        out.extend([0u32, 0].iter().flat_map(|n| n.to_le_bytes()));
        out.extend([1u64, 0].iter().flat_map(|n| n.to_le_bytes()));
    };
    section(0, 0, 0, 0);
    section(1, 1, info_at, info.len());
    section(10, 3, names_at, names.len());
    out
}

/// A kernel's header as far as it is looked at.
fn kernel(version: &str) -> Vec<u8> {
    let mut bytes = vec![0; 0x400];
    bytes[0x202..0x206].copy_from_slice(b"HdrS");
    bytes[0x20e..0x210].copy_from_slice(&0x100u16.to_le_bytes());
    let text = format!("{version} (debian-kernel@lists) #1");
    bytes[0x300..0x300 + text.len()].copy_from_slice(text.as_bytes());
    bytes
}

/// A folder with a kernel, its modules and an agent.
fn parts(folder: &Path) -> Recipe {
    let modules = folder.join("lib/modules/6.12.1-test");
    let put = |path: &str, bytes: Vec<u8>| {
        let path = modules.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let packed = match path.extension().unwrap().to_str().unwrap() {
            "zst" => zstd::bulk::compress(&bytes, 3).unwrap(),
            "xz" => {
                let mut out = Vec::new();
                let mut encoder = liblzma::read::XzEncoder::new(&bytes[..], 6);
                std::io::Read::read_to_end(&mut encoder, &mut out).unwrap();
                out
            }
            _ => bytes,
        };
        fs::write(path, packed).unwrap();
    };
    put("kernel/fs/ext4/ext4.ko.xz", elf(&["alias=fs-ext4", "softdep=pre: crypto-crc32c", "depends=jbd2,mbcache"]));
    put("kernel/fs/jbd2/jbd2.ko.zst", elf(&["depends="]));
    put("kernel/fs/mbcache.ko", elf(&["depends="]));
    put("kernel/crypto/crc32c_generic.ko", elf(&["alias=crypto-crc32c", "alias=crc32c", "depends="]));
    put("kernel/drivers/net/e1000e.ko", elf(&["alias=pci:v00008086d000010D3sv*sd*bc*sc*i*", "depends=ptp"]));
    put("kernel/drivers/ptp/ptp.ko", elf(&["depends=pps-core"]));
    put("kernel/drivers/pps/pps_core.ko", elf(&["depends="]));
    put("kernel/drivers/net/r8169.ko", elf(&["alias=pci:v000010ECd00008168sv*sd*bc*sc*i*", "depends="]));
    put("kernel/drivers/net/phy/realtek.ko", elf(&["alias=mdio:00000000001110011001100000000000", "depends="]));
    put("kernel/sound/snd-hda-intel.ko", elf(&["alias=pci:v00008086*", "depends="]));
    fs::write(modules.join("modules.builtin"), "kernel/fs/fat/vfat.ko\nkernel/drivers/nvme/host/nvme.ko\n").unwrap();
    fs::write(folder.join("vmlinuz"), kernel("6.12.1-test")).unwrap();
    fs::write(folder.join("agent"), elf(&[])).unwrap();
    fs::write(folder.join("loader"), b"a network loader").unwrap();
    fs::write(folder.join("bios-loader"), b"a network loader of old").unwrap();
    Recipe {
        kernel: folder.join("vmlinuz"),
        modules,
        agent: folder.join("agent"),
        tools: Vec::new(),
        library_folders: Recipe::usual_library_folders(),
        public: BTreeMap::from([("etc/socle/content.pub".to_string(), b"a public key".to_vec())]),
        loader: Some(folder.join("loader")),
        bios_loader: Some(folder.join("bios-loader")),
        served: BTreeMap::new(),
        uki: None,
        compression_level: 3,
        out: folder.join("out"),
    }
}

fn unpack(built: &Built) -> Tree {
    let bytes = zstd::stream::decode_all(&fs::read(&built.initrd).unwrap()[..]).unwrap();
    assert_eq!(bytes.len() as u64, built.manifest.initrd_unpacked_bytes);
    Tree::read(&bytes).expect("a whole archive")
}

fn tables(tree: &Tree) -> Tables {
    let text = |name: &str| match tree.get(&format!("lib/modules/{name}")) {
        Some(Entry::File { bytes, .. }) => String::from_utf8(bytes.clone()).unwrap(),
        other => panic!("{name}: {other:?}"),
    };
    Tables::read(&text("always.list"), &text("alias.list"), &text("load.list"))
}

#[test]
fn modules_come_in_the_order_to_load_them_and_only_those_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let built = build(&parts(folder.path())).unwrap();
    let tree = unpack(&built);
    let tables = tables(&tree);
    let expect = ["jbd2.ko", "mbcache.ko", "crc32c_generic.ko", "ext4.ko"];
    assert_eq!(tables.always, expect, "what is needed first, soft dependencies by their alias included");
    assert!(tables.asked_by("pci:v00008086d000010D4sv0sd0bc02sc00i00").is_empty(), "another card");
    assert_eq!(
        tables.asked_by("pci:v00008086d000010D3sv00008086sd0000A01Fbc02sc00i00"),
        ["pps_core.ko", "ptp.ko", "e1000e.ko"]
    );
    assert_eq!(tables.asked_by("pci:v000010ECd00008168sv0sd0bc02sc00i00"), ["realtek.ko", "r8169.ko"]);
    assert_eq!(
        tree.get("lib/modules/ext4.ko").map(|e| matches!(e, Entry::File { bytes, .. } if bytes[..4] == *b"\x7fELF")),
        Some(true)
    );
    assert_eq!(tree.get("lib/modules/snd_hda_intel.ko"), None);
    assert!(built.manifest.modules_absent.contains(&"igb".to_string()));
    assert!(!built.manifest.modules_absent.contains(&"nvme".to_string()), "built in");
}

#[test]
fn the_tree_is_what_the_kernel_and_the_agent_expect() {
    let folder = tempfile::tempdir().unwrap();
    let tree = unpack(&build(&parts(folder.path())).unwrap());
    assert!(matches!(tree.get("init"), Some(Entry::File { mode: 0o755, .. })));
    assert_eq!(tree.get("dev/console"), Some(&Entry::Device { mode: 0o600, major: 5, minor: 1 }));
    assert_eq!(tree.get("tmp"), Some(&Entry::Folder { mode: 0o1777 }));
    assert_eq!(tree.get("etc/socle/content.pub"), Some(&Entry::File { mode: 0o644, bytes: b"a public key".to_vec() }));
    for path in ["proc", "sys", "run", "mnt", "etc/socle", "lib/modules"] {
        assert_eq!(tree.get(path), Some(&Entry::Folder { mode: 0o755 }), "{path}");
    }
}

#[test]
fn the_same_parts_give_the_same_bytes() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let built = [a.path(), b.path()].map(|folder| build(&parts(folder)).unwrap());
    for name in ["vmlinuz", "initrd.img", "snponly.efi", "undionly.kpxe", "manifest.json"] {
        let [a, b] = [a.path(), b.path()].map(|f| fs::read(f.join("out").join(name)).unwrap());
        assert!(a == b, "{name}");
    }
    let read: Manifest = serde_json::from_slice(&built[0].manifest_bytes).unwrap();
    assert_eq!(read, built[0].manifest);
    assert_eq!(fs::read(&built[0].manifest_path).unwrap(), built[0].manifest_bytes);
    let initrd = fs::read(&built[0].initrd).unwrap();
    assert_eq!(read.files["initrd.img"].blake3, blake3::hash(&initrd).to_hex().to_string());
    assert_eq!(fs::read_dir(a.path().join("out")).unwrap().count(), 5, "nothing half-written stays");
}

#[test]
fn cpio_itself_reads_the_archive() {
    let mut tree = Tree::default();
    tree.put_file("a/b/odd", 0o640, "12345");
    tree.put("a/link", Entry::Link { to: "b/odd".into() });
    tree.put("empty", Entry::Folder { mode: 0o700 });
    let archive = tree.write();
    assert_eq!(Tree::read(&archive), Some(tree));
    use std::{io::Write, process::*};
    let child = Command::new("cpio").args(["-tv", "--quiet"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        assert!(std::env::var_os("SOCLE_ALL_TESTS").is_none(), "the program cpio is not installed");
        println!("skipped: the program cpio is not installed");
        return;
    };
    child.stdin.take().unwrap().write_all(&archive).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let lines: Vec<_> = text.lines().map(|l| (&l[..10], l.rsplit("1970 ").next().unwrap())).collect();
    let expect = [
        ("drwxr-xr-x", "a"),
        ("drwxr-xr-x", "a/b"),
        ("-rw-r-----", "a/b/odd"),
        ("lrwxrwxrwx", "a/link -> b/odd"),
        ("drwx------", "empty"),
    ];
    assert_eq!(lines, expect, "{text}");
}

#[test]
fn tools_bring_their_libraries() {
    let folder = tempfile::tempdir().unwrap();
    let mut recipe = parts(folder.path());
    // This very test is a program with libraries.
    let tool = folder.path().join("tool");
    fs::copy(std::env::current_exe().unwrap(), &tool).unwrap();
    recipe.tools = vec![tool];
    let built = build(&recipe).unwrap();
    let tree = unpack(&built);
    for path in ["sbin/tool", "lib64/ld-linux-x86-64.so.2", "lib/x86_64-linux-gnu/libc.so.6"] {
        assert!(
            matches!(tree.get(path), Some(Entry::File { mode: 0o755, .. })),
            "{path}: {:?}",
            built.manifest.programs
        );
        assert!(built.manifest.programs.contains_key(path));
    }
    recipe.library_folders = vec![folder.path().into()];
    assert!(build(&recipe).unwrap_err().is("boot-environment-library-missing"));
}

#[test]
fn what_cannot_work_is_refused_before_anything_is_written() {
    let check = |code: &str, change: &dyn Fn(&mut Recipe)| {
        let folder = tempfile::tempdir().unwrap();
        let mut recipe = parts(folder.path());
        change(&mut recipe);
        let fault = build(&recipe).unwrap_err();
        assert!(fault.is(code), "{fault}");
        assert!(!recipe.out.exists(), "{code}");
    };
    check("boot-environment-kernel-unknown", &|r| fs::write(&r.kernel, b"no kernel").unwrap());
    check("boot-environment-kernel-mismatch", &|r| fs::write(&r.kernel, kernel("6.1.0-other")).unwrap());
    check("boot-environment-agent-not-static", &|r| r.agent = std::env::current_exe().unwrap());
    check("boot-environment-agent-not-static", &|r| fs::write(&r.agent, b"#!/bin/sh\n").unwrap());
    check("texts-file-unreadable", &|r| r.agent = r.agent.with_extension("gone"));
    check("boot-environment-module-missing", &|r| fs::remove_file(r.modules.join("kernel/fs/mbcache.ko")).unwrap());
    check("boot-environment-module-damaged", &|r| {
        let path = r.modules.join("kernel/fs/ext4/ext4.ko.xz");
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(path, bytes).unwrap();
    });
    check("boot-environment-not-a-program", &|r| r.tools = vec![r.kernel.clone()]);
    let refused = "boot-environment-public-refused";
    let public = |path: &str, bytes: &[u8]| BTreeMap::from([(path.to_string(), bytes.to_vec())]);
    check(refused, &|r| r.public = public("etc/x", b"-----BEGIN PRIVATE KEY-----"));
    check(refused, &|r| r.public = public("etc/server.key", b"x"));
    check(refused, &|r| r.public = public("../x", b"x"));
    check(refused, &|r| r.public = public("/etc/x", b"x"));
    check(refused, &|r| r.public = public("dev/console", b"x"));
    check(refused, &|r| r.public = public("etc/x", &vec![0; 2 << 20]));
}

#[test]
fn patterns_are_the_kernels() {
    let check = |pattern: &str, name: &str, expect| {
        assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), expect, "{pattern} {name}")
    };
    check("pci:v00001AF4d*", "pci:v00001AF4d00001000sv1", true);
    check("pci:v00001AF4d*sv2", "pci:v00001AF4d00001000sv1", false);
    check("usb:v0BDAp8152d*dc*dsc*", "usb:v0BDAp8152d2000dc00dsc00", true);
    check("usb:v*p*d0[0-9a]*ic03", "usb:v1p2d0a11ic03", true);
    check("usb:v*p*d0[0-9]*ic03", "usb:v1p2d0a11ic03", false);
    check("a?c", "abc", true);
    check("a?c", "ac", false);
    check("", "", true);
    check("*", "", true);
    check("[", "x", false);
    check("[]", "x", false);
    check("[a-", "a", false);
    check("a*a*a*a*a*a*a*a*b", &"a".repeat(2000), false);
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..400), at in 0usize..700, byte in any::<u8>()) {
        fuzz_cpio(&bytes);
        fuzz_elf(&bytes);
        let mut module = elf(&["alias=a", "depends=b"]);
        let n = module.len();
        module[at % n] = byte;
        fuzz_elf(&module);
        let mut tree = Tree::default();
        tree.put_file("a/b", 0o644, bytes);
        let mut archive = tree.write();
        let n = archive.len();
        archive[at % n] = byte;
        fuzz_cpio(&archive);
        let text = String::from_utf8_lossy(&module).into_owned();
        matches(text.as_bytes(), b"pci:v00001AF4d00001000sv1");
        Tables::read(&text, &text, &text).asked_by("pci:v00001AF4d00001000sv1");
    }
}

/// With `SOCLE_LINUX_IMAGE` naming an unpacked linux-image package: the real thing, its size, and the hardware of a
/// QEMU machine.
#[test]
fn a_real_kernel() {
    let Some(package) = std::env::var_os("SOCLE_LINUX_IMAGE") else {
        println!("skipped: SOCLE_LINUX_IMAGE names no unpacked linux-image package");
        return;
    };
    let only = |folder: &Path, begins: &str| {
        let names = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
        names.into_iter().find(|p| p.file_name().unwrap().to_string_lossy().starts_with(begins)).unwrap()
    };
    let package = Path::new(&package);
    let folder = tempfile::tempdir().unwrap();
    let keep = std::env::var_os("SOCLE_KEEP");
    let mut recipe = parts(folder.path());
    recipe.kernel = only(&package.join("boot"), "vmlinuz-");
    recipe.modules = only(&package.join("usr/lib/modules"), "6.");
    recipe.tools = ["e2fsck", "resize2fs", "tune2fs"].map(|t| Path::new("/sbin").join(t)).to_vec();
    recipe.compression_level = 19;
    if let (Some(keep), Some(agent)) = (&keep, std::env::var_os("SOCLE_AGENT")) {
        (recipe.out, recipe.agent) = (keep.into(), agent.into());
    }
    let began = std::time::Instant::now();
    let built = build(&recipe).unwrap();
    let tables = tables(&unpack(&built));
    println!(
        "{}: initrd {} bytes, {} unpacked, {} modules always, {} on demand, {} patterns, {:.1} s; absent: {:?}",
        built.manifest.kernel_version,
        built.manifest.files["initrd.img"].bytes,
        built.manifest.initrd_unpacked_bytes,
        built.manifest.modules_always.len(),
        built.manifest.modules_on_demand.len(),
        tables.alias.len(),
        began.elapsed().as_secs_f64(),
        built.manifest.modules_absent,
    );
    println!("always: {:?}", tables.always);
    let check = |modalias: &str, last: &str| {
        let files = tables.asked_by(modalias);
        assert_eq!(files.last(), Some(&last), "{modalias}: {files:?}");
    };
    check("virtio:d00000001v00001AF4", "virtio_net.ko");
    check("virtio:d00000002v00001AF4", "virtio_blk.ko");
    check("pci:v00001B36d00000010sv00001AF4sd00001100bc01sc08i02", "nvme.ko");
    check("pci:v00008086d000010D3sv00008086sd00000000bc02sc00i00", "e1000e.ko");
    check("pci:v00008086d00002922sv00001AF4sd00001100bc01sc06i01", "ahci.ko");
    check("scsi:t-0x00", "sd_mod.ko");
    check("usb:v0BDAp8153d3000dc00dsc00dp00icFFiscFFip00in00", "r8152.ko");
    assert!(tables.always.contains(&"ext4.ko".into()) && tables.always.contains(&"vfat.ko".into()));
}

#[test]
fn a_signed_image_holds_kernel_initrd_and_command_line() {
    use socle_boot::environment::{Uki, pe};
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("stub"), crate::uki::stub()).unwrap();
    let mut recipe = parts(folder.path());
    let uki = Uki {
        stub: folder.path().join("stub"),
        arguments: vec!["quiet".into(), "console=ttyS0".into()],
        signer: std::sync::Arc::new(crate::uki::Echo),
    };
    recipe.uki = Some(uki);
    recipe.served = BTreeMap::from([("shimx64.efi".to_string(), folder.path().join("loader"))]);
    let built = build(&recipe).unwrap();
    let read = |name: &str| fs::read(folder.path().join("out").join(name)).unwrap();
    let image = read("socle.efi");
    assert_eq!(pe::section(&image, ".linux").unwrap(), read("vmlinuz"));
    assert_eq!(pe::section(&image, ".initrd").unwrap(), read("initrd.img"));
    assert_eq!(pe::section(&image, ".cmdline").unwrap(), b"quiet console=ttyS0 socle.chain=uki");
    assert_eq!(pe::section(&image, ".uname").unwrap(), b"6.12.1-test");
    assert_eq!(pe::signature(&image).unwrap(), [b"signed ", &pe::digest(&image).unwrap()[..]].concat());
    assert_eq!(read("socle-boot.der"), b"a certificate");
    let (list, auth) = (read("socle-boot.esl"), read("socle-boot.auth"));
    assert!(auth.ends_with(&list), "what is written follows who allows it");
    // What was signed: `db`, its vendor, the attributes of an append, the moment, the list.
    let statement = &auth[40..auth.len() - list.len()];
    assert!(statement.starts_with(b"d\0b\0\xcb\xb2\x19\xd7") && statement.ends_with(&list));
    assert_eq!(statement[20..24], 0x67u32.to_le_bytes());
    assert_eq!(statement[24..40], auth[..16]);
    for name in ["socle.efi", "socle-boot.der", "socle-boot.esl", "socle-boot.auth", "shimx64.efi"] {
        assert_eq!(built.manifest.files[name].blake3, blake3::hash(&read(name)).to_hex().to_string(), "{name}");
    }
    for taken in ["vmlinuz", "socle.efi", "socle-boot.der", "../x", ".hidden"] {
        let mut recipe = parts(folder.path());
        recipe.served = BTreeMap::from([(taken.to_string(), folder.path().join("loader"))]);
        assert!(build(&recipe).unwrap_err().is("boot-environment-public-refused"), "{taken}");
    }
    fs::write(folder.path().join("stub"), b"no stub").unwrap();
    assert!(build(&recipe).unwrap_err().is("boot-uki-stub-unknown"));
}
