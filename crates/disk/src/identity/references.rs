//! Files that name a filesystem or partition by its identifier, which has just changed.
use super::{Change, Tree, WriteAs, copies::Copies};
use socle_texts::Result;

/// One identifier that changed: a filesystem's or partition's UUID, or a vfat volume id as `ABCD-1234`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renaming {
    /// As the image had it, in its usual spelling.
    pub old: String,
    /// As it is on this machine.
    pub new: String,
}

/// Files of the root that are known to name filesystems.
const ROOT_FILES: &[&str] = &[
    "/etc/fstab",
    "/etc/crypttab",
    "/etc/default/grub",
    "/etc/kernel/cmdline",
    "/etc/initramfs-tools/conf.d/resume",
    "/boot/grub/grub.cfg",
    "/boot/grub2/grub.cfg",
];
/// Folders of the root whose files may.
const ROOT_FOLDERS: &[&str] = &["/etc/default/grub.d", "/boot/loader/entries", "/boot/efi/loader/entries"];

/// Rewrites every reference from old to new identifiers, file by file, each atomically. Reading a file twice does
/// nothing the second time.
pub fn rewrite_references(root: &Tree, esp: Option<&Tree>, renamings: &[Renaming]) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    for file in ROOT_FILES {
        rewrite(root, file, file, renamings, &mut changes)?;
    }
    for folder in ROOT_FOLDERS {
        for name in root.names(folder) {
            let file = format!("{folder}/{name}");
            rewrite(root, &file, &file, renamings, &mut changes)?;
        }
    }
    let Some(esp) = esp else { return Ok(changes) };
    let mut files: Vec<String> = esp.names("/loader/entries").iter().map(|n| format!("/loader/entries/{n}")).collect();
    for vendor in esp.names("/EFI") {
        files.push(format!("/EFI/{vendor}/grub.cfg"));
    }
    files.push("/grub/grub.cfg".into());
    let copies = Copies { of: esp, on: root };
    files.extend(copies.names());
    files.sort();
    files.dedup();
    for file in files {
        rewrite_on_fat(&copies, &file, renamings, &mut changes)?;
    }
    copies.forget()?;
    Ok(changes)
}

fn rewrite(tree: &Tree, file: &str, shown: &str, renamings: &[Renaming], changes: &mut Vec<Change>) -> Result<()> {
    let Some(bytes) = tree.read(file)? else { return Ok(()) };
    if let Some((text, mut here)) = rewritten(bytes, shown, renamings) {
        tree.write(file, text.as_bytes(), WriteAs::default())?;
        changes.append(&mut here);
    }
    Ok(())
}

/// The same for a file of the EFI partition, which a power cut can leave without its content.
fn rewrite_on_fat(copies: &Copies<'_>, file: &str, renamings: &[Renaming], changes: &mut Vec<Change>) -> Result<()> {
    let Some(bytes) = copies.before(file)? else { return Ok(()) };
    if let Some((text, mut here)) = rewritten(bytes.clone(), &format!("/boot/efi{file}"), renamings) {
        copies.keep(file, &bytes)?;
        copies.of.write(file, text.as_bytes(), WriteAs::default())?;
        changes.append(&mut here);
    }
    Ok(())
}

/// The text with its new identifiers and what was changed in it; nothing where nothing has to.
fn rewritten(bytes: Vec<u8>, shown: &str, renamings: &[Renaming]) -> Option<(String, Vec<Change>)> {
    // A file that isn't text is none of those we know how to change.
    let mut text = String::from_utf8(bytes).ok()?;
    let mut here = Vec::new();
    for renaming in renamings.iter().filter(|r| !r.old.eq_ignore_ascii_case(&r.new)) {
        if let Some(changed) = replace_identifier(&text, &renaming.old, &renaming.new) {
            text = changed;
            here.push(Change::new(shown, renaming.old.clone(), renaming.new.clone()));
        }
    }
    (!here.is_empty()).then_some((text, here))
}

/// Replaces an identifier where it stands by itself, in either case; nothing where it doesn't stand.
fn replace_identifier(text: &str, old: &str, new: &str) -> Option<String> {
    if old.is_empty() {
        return None;
    }
    // ASCII lower case keeps every byte's place.
    let (low, needle) = (text.to_ascii_lowercase(), old.to_ascii_lowercase());
    let part = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'-');
    let (mut out, mut done, mut from) = (String::new(), 0, 0);
    while let Some(found) = low[from..].find(&needle) {
        let (begin, end) = (from + found, from + found + needle.len());
        let alone = !part(text.as_bytes()[..begin].last()) && !part(text.as_bytes().get(end));
        if alone {
            out.push_str(&text[done..begin]);
            let shouted = text[begin..end].bytes().any(|b| b.is_ascii_uppercase());
            out.push_str(&if shouted { new.to_ascii_uppercase() } else { new.to_string() });
            done = end;
        }
        from = end;
    }
    (done > 0).then(|| out + &text[done..])
}
