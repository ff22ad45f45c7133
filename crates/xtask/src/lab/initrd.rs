//! A system in memory made of one busybox: the smallest thing that proves that a machine started.
use crate::command::{command, find, output};
use crate::places;
use crate::setup::Kernel;
use crate::trouble::{Done, During};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Packs busybox and a first program that says `word` on the serial line and switches the machine off.
pub fn that_says(word: &str, kernel: &Kernel, folder: &Path, file: &Path) -> Done {
    let tree = places::folder(folder.join("hello"))?;
    for name in ["bin", "dev", "proc", "sys"] {
        places::folder(tree.join(name))?;
    }
    let busybox = find("busybox").ok_or("there is no busybox here: run `cargo xtask setup --lab`")?;
    fs::copy(busybox, tree.join("bin/busybox")).during("copying busybox")?;
    let init = format!(
        "#!/bin/busybox sh\n/bin/busybox mount -t devtmpfs dev /dev\n/bin/busybox mount -t proc proc /proc\n\
         echo '{word}' > /dev/ttyS0\necho '{word}' > /dev/tty0\n\
         /bin/busybox grep -q stay /proc/cmdline && exec /bin/busybox sleep 1000000\n/bin/busybox poweroff -f\n"
    );
    let path = tree.join("init");
    fs::write(&path, init).during("writing the first program")?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).during("making it a program")?;
    let mut pack = command("sh", ["-c", "find . | LC_ALL=C sort | cpio -o -H newc --quiet | zstd -q -3"]);
    let packed = pack.current_dir(&tree).output().during("packing a small system")?;
    fs::write(file, packed.stdout).during(format!("writing {}", file.display()))?;
    fs::remove_dir_all(&tree).during("removing a used folder")?;
    output(&mut command("zstd", ["-q", "-t", &file.to_string_lossy()]))
        .during(format!("packing for Linux {}", kernel.version))?;
    Ok(())
}
