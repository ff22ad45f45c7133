//! `cargo xtask lab boot-table`: every story that shows how machines start, and the table that goes into docs/boot.md.
use super::boot_line::{BootLine, BootResult};
use crate::command::command;
use crate::places;
use crate::story;
use crate::talk::{elapsed_seconds, say, show};
use crate::trouble::{Done, During};
use crate::{command::tail, stop};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

/// A story that holds this line has its boots in the table.
pub const IN_TABLE: &str = "# boot-table";
/// What the line about the boot environment's size begins with.
pub const SIZE_MARK: &str = "boot-environment |";

/// Tells the stories one after the other, each in a process of its own, and shows the table of those that ended well.
/// `only`: those stories alone.
pub fn tell(only: &[String]) -> Done {
    let names = story::names_with(IN_TABLE)?;
    if let Some(unknown) = only.iter().find(|name| !names.contains(name)) {
        stop!("{unknown} is no story of the table; they are: {}", names.join(", "));
    }
    let (mut lines, mut size, mut failed) = (Vec::new(), None, Vec::new());
    for name in names.iter().filter(|name| only.is_empty() || only.contains(name)) {
        say("▸", &format!("Story {name}."));
        let start = elapsed_seconds();
        match one(name) {
            Ok(told) => {
                lines.extend(told.iter().filter_map(|line| BootLine::read(line)));
                size = size.or_else(|| told.iter().find_map(|line| read_size(line)));
                say("✓", &format!("Story {name}: {:.0} s.", elapsed_seconds() - start));
            }
            Err(trouble) => {
                say("✗", &format!("Story {name}: {trouble}"));
                failed.push(name.as_str());
            }
        }
    }
    show(&format!("\n{}", table(&lines, size.as_deref())));
    let file = places::folder(places::cache())?.join("boot-table.md");
    places::write(&file, &table(&lines, size.as_deref()))?;
    match failed.as_slice() {
        [] => Ok(()),
        _ => stop!("these stories failed: {}", failed.join(", ")),
    }
}

/// Tells one story and gives the lines that it printed.
fn one(name: &str) -> Done<Vec<String>> {
    let program = std::env::current_exe().during("finding this program")?;
    let mut telling = command(program, ["lab", name, "--as-built"]);
    let mut child = telling.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().during(format!("telling {name}"))?;
    let mut lines = Vec::new();
    for line in child.stdout.take().map(BufReader::new).into_iter().flat_map(BufRead::lines).map_while(Result::ok) {
        println!("    {line}");
        lines.push(line);
    }
    match child.wait().during(format!("waiting for {name}"))?.success() {
        true => Ok(lines),
        false => Err(tail(&lines.join("\n"), 3).into()),
    }
}

/// The table as it stands in docs/boot.md.
pub fn table(lines: &[BootLine], size: Option<&str>) -> String {
    let mut text = String::from("| Firmware | Chain | Result | Seconds to the first word |\n|---|---|---|---:|\n");
    for line in lines {
        let result = match &line.result {
            BootResult::Spoke(words) => format!("starts: {words}"),
            BootResult::Refused(words) => format!("refused: {words}"),
        };
        text.push_str(&format!("| {} | {} | {result} | {:.1} |\n", line.firmware, line.chain, line.seconds_to_agent));
    }
    if let Some(size) = size {
        text.push_str(&format!("\nBoot environment: {size}.\n"));
    }
    text
}

/// The sizes of a boot environment, in a line that is gathered.
pub fn size_line(folder: &std::path::Path) -> Done<String> {
    let bytes = |name: &str| fs::metadata(folder.join(name)).map(|m| m.len()).during(format!("looking at {name}"));
    let manifest =
        fs::read_to_string(folder.join("manifest.json")).during("reading the boot environment's manifest")?;
    let manifest: serde_json::Value =
        serde_json::from_str(&manifest).during("reading the boot environment's manifest")?;
    let mib = |bytes: u64| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
    let unpacked = manifest["initrd_unpacked_bytes"].as_u64().unwrap_or(0);
    let (kernel, initrd) = (mib(bytes("vmlinuz")?), mib(bytes("initrd.img")?));
    Ok(format!("{SIZE_MARK} kernel {kernel}, initrd {initrd} ({} unpacked)", mib(unpacked)))
}

/// The sizes out of a printed line, without what the story says after them.
fn read_size(line: &str) -> Option<String> {
    let (_, rest) = line.split_once(SIZE_MARK)?;
    let (sizes, _) = rest.split_once(" unpacked)")?;
    Some(format!("{} unpacked)", sizes.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_found_in_a_story() {
        let line = "   12.3s ✓ boot-environment | kernel 11.5 MiB, initrd 9.0 MiB (31.0 MiB unpacked) (6.1 s)";
        assert_eq!(read_size(line).as_deref(), Some("kernel 11.5 MiB, initrd 9.0 MiB (31.0 MiB unpacked)"));
        assert_eq!(read_size("boot-line | a"), None);
    }

    #[test]
    fn the_table_is_markdown() {
        let lines = [
            BootLine {
                firmware: "BIOS (SeaBIOS)".into(),
                chain: "card's iPXE → script → kernel".into(),
                result: BootResult::Spoke("it waits to be recognised".into()),
                seconds_to_agent: 8.04,
            },
            BootLine {
                firmware: "OVMF, Secure Boot on".into(),
                chain: "PXE/TFTP → snponly.efi".into(),
                result: BootResult::Refused("the firmware: Access Denied".into()),
                seconds_to_agent: 6.0,
            },
        ];
        assert_eq!(
            table(&lines, Some("initrd 9 MiB")),
            "| Firmware | Chain | Result | Seconds to the first word |\n|---|---|---|---:|\n\
             | BIOS (SeaBIOS) | card's iPXE → script → kernel | starts: it waits to be recognised | 8.0 |\n\
             | OVMF, Secure Boot on | PXE/TFTP → snponly.efi | refused: the firmware: Access Denied | 6.0 |\n\
             \nBoot environment: initrd 9 MiB.\n"
        );
    }
}
