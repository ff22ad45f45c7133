//! The list of mailboxes: CSV with the header `id,source_user,source_secret,target_user,target_secret`.
use socle_texts::{Fault, Result};
use std::{collections::BTreeSet, fmt, path::Path};

const HEADER: [&str; 5] = ["id", "source_user", "source_secret", "target_user", "target_secret"];
const MAX_ROWS: usize = 100_000;

/// A mailbox.
#[derive(Clone, PartialEq)]
pub struct Row {
    /// How it is called in files and output: letters, digits, hyphens. No address.
    pub id: String,
    /// The source's user.
    pub source_user: String,
    /// Its password or token; empty where an administrator opens it.
    pub source_secret: String,
    /// The target's user.
    pub target_user: String,
    /// Its password or token.
    pub target_secret: String,
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

/// Reads the list. It holds secrets: others than its owner may not read it.
pub fn load(path: &Path, only: Option<&str>) -> Result<Vec<Row>> {
    let unreadable = |e: std::io::Error| Fault::new("texts-file-unreadable").with("path", path).because(e);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if std::fs::metadata(path).map_err(unreadable)?.permissions().mode() & 0o077 != 0 {
            return Err(Fault::new("mail-list-exposed").with("path", path));
        }
    }
    let rows = parse(&std::fs::read_to_string(path).map_err(unreadable)?)
        .map_err(|(line, why)| Fault::new("mail-list-wrong").with("path", path).with("line", line).because(why))?;
    let rows: Vec<Row> = rows.into_iter().filter(|r| only.is_none_or(|id| r.id == id)).collect();
    match (rows.is_empty(), only) {
        (true, Some(id)) => Err(Fault::new("mail-list-unknown").with("path", path).with("id", id)),
        _ => Ok(rows),
    }
}

/// The rows of a text, or the line that is wrong and why.
pub fn parse(text: &str) -> std::result::Result<Vec<Row>, (usize, String)> {
    let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    let head = lines.next().map(|(_, line)| cells(line)).unwrap_or_default();
    if head != HEADER {
        return Err((1, format!("the header is not {}", HEADER.join(","))));
    }
    let (mut rows, mut ids) = (Vec::new(), BTreeSet::new());
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |why: &str| (number + 1, why.to_string());
        let cells = cells(line);
        let [id, source_user, source_secret, target_user, target_secret]: [String; 5] =
            cells.try_into().map_err(|_| wrong("it does not have 5 columns"))?;
        if id.is_empty() || id.len() > 64 || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Err(wrong("the id is not 1 to 64 letters, digits and hyphens"));
        }
        if !ids.insert(id.clone()) {
            return Err(wrong("another line has the same id"));
        }
        if rows.len() == MAX_ROWS {
            return Err(wrong("too many lines"));
        }
        rows.push(Row { id, source_user, source_secret, target_user, target_secret });
    }
    Ok(rows)
}

/// The cells of a line (RFC 4180, without line ends inside cells).
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    cells.push(cell);
    cells
}
