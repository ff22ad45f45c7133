//! Verbs that damage what the server keeps, as a failing disk or an attacker would, and put it right again.
use crate::story::line::Line;
use crate::story::teller::Teller;
use crate::trouble::{Done, During};
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// One altered byte.
pub struct Damage {
    file: PathBuf,
    offset: u64,
    byte: u8,
}

/// How `damage` is said.
pub const DAMAGE_USAGE: &str = "damage pack|page|manifest";

/// Alters one byte in the repository.
pub fn damage(teller: &mut Teller, line: &Line) -> Done<String> {
    let folder = match line.word(0)? {
        "pack" => "packs",
        "page" => "pages",
        "manifest" => "manifests",
        _ => return Err(line.wrong(DAMAGE_USAGE)),
    };
    let mut files = Vec::new();
    gather(&teller.server(line)?.data().join("repository").join(folder), &mut files)?;
    // Signatures lie beside manifests; the thing itself is what is damaged here.
    files.retain(|(_, path)| path.extension().is_none_or(|e| e != "sig"));
    let Some((bytes, file)) = files.into_iter().max() else { return Err(line.wrong("there is nothing to damage")) };
    let act = || format!("damaging {}", file.display());
    let opened = fs::File::options().read(true).write(true).open(&file).during(act())?;
    let (offset, mut byte) = (bytes / 2, [0]);
    opened.read_exact_at(&mut byte, offset).during(act())?;
    opened.write_all_at(&[byte[0] ^ 1], offset).during(act())?;
    let told = format!("byte {offset} of {} altered", file.display());
    teller.damages.push(Damage { file, offset, byte: byte[0] });
    Ok(told)
}

/// Puts every damaged byte right.
pub fn repair(teller: &mut Teller, _line: &Line) -> Done<String> {
    for damage in teller.damages.drain(..) {
        let act = || format!("repairing {}", damage.file.display());
        let opened = fs::File::options().write(true).open(&damage.file).during(act())?;
        opened.write_all_at(&[damage.byte], damage.offset).during(act())?;
    }
    Ok(String::new())
}

fn gather(folder: &Path, files: &mut Vec<(u64, PathBuf)>) -> Done {
    for entry in fs::read_dir(folder).during(format!("reading {}", folder.display()))?.flatten() {
        let data = entry.metadata().during("looking into the repository")?;
        if data.is_dir() { gather(&entry.path(), files)? } else { files.push((data.len(), entry.path())) }
    }
    Ok(())
}
