//! Writes those seeds that are bytes of our own formats: run again when a format changes.
//! `cargo run -p socle-fuzz --example seeds`
use socle_boot::environment::{Entry, Tree};
use socle_fuzz::corpus;
use socle_image::{
    ChunkId, PackBuilder,
    frame::Packer,
    page::{self, Content},
};
use std::{error::Error, fs};

#[path = "../../tpm/tests/kit/boot_log.rs"]
#[allow(dead_code)]
mod boot_log;

fn main() -> Result<(), Box<dyn Error>> {
    let put = |target: &str, name: &str, which: u8, bytes: &[u8]| -> std::io::Result<()> {
        fs::create_dir_all(corpus::folder(target))?;
        fs::write(corpus::folder(target).join(name), [&[which], bytes].concat())
    };
    let chunk = b"bytes of a disk ".repeat(64);
    let id = ChunkId::of(&chunk);
    let (method, stored) = Packer::new(3)?.pack(&chunk)?;
    let mut pack = PackBuilder::new();
    pack.push(method, &stored, &[(id, chunk.len() as u32)]);
    let (_, bytes) = pack.finish();
    put("image", "3-pack", 3, &bytes)?;
    let footer = socle_image::pack::Footer::of_pack(&bytes).ok_or("a pack of ours")?;
    put("image", "2-footer", 2, &footer.to_bytes())?;
    put("image", "4-frame", 4, &[&(chunk.len() as u32).to_le_bytes()[..], &stored].concat())?;
    let entry = |offset_bytes, content| page::Entry { offset_bytes, bytes: 1_024, content };
    let entries = [entry(0, Content::Zero), entry(4_096, Content::Chunk { id, offset_bytes: 0 })];
    put("image", "1-page", 1, &page::encode(&entries))?;
    let mut tree = Tree::default();
    tree.put_file("init", 0o755, b"\x7fELF".to_vec());
    tree.put("dev/console", Entry::Device { mode: 0o600, major: 5, minor: 1 });
    tree.put("lib64", Entry::Link { to: "usr/lib64".into() });
    put("initrd", "0-archive", 0, &tree.write())?;
    let program = fs::read("/proc/self/exe")?;
    put("initrd", "1-elf", 1, &program[..program.len().min(2_048)])?;
    // A firmware's log has no first byte that says which.
    let logs = [
        ("key", vec![boot_log::authority(b"a certificate"), boot_log::image([0xa1; 32])]),
        ("image", vec![boot_log::authority(b"another"), boot_log::image([0xa3; 32]), boot_log::image([0xa1; 32])]),
    ];
    let off = [boot_log::before(0), vec![boot_log::authority(b"a certificate"), boot_log::image([0xa1; 32])]].concat();
    fs::create_dir_all(corpus::folder("boot-log"))?;
    fs::write(corpus::folder("boot-log").join("off"), boot_log::bytes(&off))?;
    for (name, then) in logs {
        fs::write(corpus::folder("boot-log").join(name), boot_log::bytes(&[boot_log::before(1), then].concat()))?;
    }
    Ok(())
}
