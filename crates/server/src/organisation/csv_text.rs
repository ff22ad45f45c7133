//! Lists as spreadsheets write them: a header, comma or semicolon, with or without a byte order mark.
//!
//! What is written back is what a spreadsheet shall show, never what it shall compute: a text that begins like a formula
//! is written behind an apostrophe, which reading takes away again.
use socle_texts::{Fault, Result};
use std::collections::BTreeMap;

/// Lines of one list, at most.
pub(crate) const MAX_LINES: usize = 100_000;
/// Characters of one cell, at most.
const MAX_CELL_CHARS: usize = 1_000;

/// A line of a list.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// Which line of the file, from 1; the header is the first.
    pub number: u64,
    cells: BTreeMap<String, String>,
}

impl Line {
    /// The value of a column; none where it is empty or not there.
    pub fn get(&self, column: &str) -> Option<&str> {
        self.cells.get(column).map(String::as_str)
    }
    /// Every column that has a value.
    pub fn cells(&self) -> impl Iterator<Item = (&str, &str)> {
        self.cells.iter().map(|(column, value)| (column.as_str(), value.as_str()))
    }
}

/// A line that can't be read.
#[derive(Debug, Clone)]
pub(crate) struct Wrong {
    /// Which line.
    pub line: u64,
    /// Which column, where it is one.
    pub column: Option<String>,
    /// Why.
    pub fault: Fault,
}

/// Reads a list whose header holds some of `known`; a column may also begin with one of `open`. Every line that can't be
/// read is said, not only the first.
///
/// # Errors
/// `server-csv-wrong` where there is no header to go by.
pub(crate) fn read(text: &str, known: &[&str], open: &[&str]) -> Result<(Vec<Line>, Vec<Wrong>)> {
    let text = text.trim_start_matches('\u{feff}');
    let head = text.lines().find(|line| !line.trim().is_empty()).ok_or_else(|| wrong(1, "no header"))?;
    let delimiter = [b';', b'\t', b','].into_iter().max_by_key(|d| head.bytes().filter(|b| b == d).count());
    let delimiter = delimiter.filter(|d| head.as_bytes().contains(d)).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader.delimiter(delimiter).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| wrong(1, e))?.clone();
    let columns: Vec<String> = header.iter().map(|c| c.to_ascii_lowercase()).collect();
    if columns.iter().all(String::is_empty) {
        return Err(wrong(1, "no header"));
    }
    for (index, column) in columns.iter().enumerate() {
        if !known.contains(&column.as_str()) && !open.iter().any(|o| column.starts_with(o)) {
            return Err(wrong(1, format!("unknown column {column:?}; known: {}", known.join(", "))));
        }
        if columns[..index].contains(column) {
            return Err(wrong(1, format!("column {column:?} stands twice")));
        }
    }
    let (mut lines, mut wrongs) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(e) => {
                let line = e.position().map_or(1, |p| p.line());
                wrongs.push(Wrong { line, column: None, fault: wrong(line, e) });
                continue;
            }
        };
        let number = record.position().map_or(1, |p| p.line() + blank(text, p.byte()));
        if record.iter().all(str::is_empty) {
            continue;
        }
        if record.len() != columns.len() {
            let fault = wrong(number, "another number of columns than the header");
            wrongs.push(Wrong { line: number, column: None, fault });
            continue;
        }
        let mut cells = BTreeMap::new();
        for (column, value) in columns.iter().zip(&record) {
            let value = shown(value);
            if value.chars().count() > MAX_CELL_CHARS || value.chars().any(|c| c.is_control()) {
                let fault = wrong(number, "a value that is too long or holds control characters");
                wrongs.push(Wrong { line: number, column: Some(column.clone()), fault });
            } else if !value.is_empty() {
                cells.insert(column.clone(), value.to_string());
            }
        }
        lines.push(Line { number, cells });
        if lines.len() > MAX_LINES {
            return Err(wrong(number, format!("more than {MAX_LINES} lines")));
        }
    }
    Ok((lines, wrongs))
}

/// The empty lines at a place of the text: the reader begins a line with those before it.
fn blank(text: &str, byte: u64) -> u64 {
    let rest = usize::try_from(byte).ok().and_then(|at| text.as_bytes().get(at..)).unwrap_or_default();
    rest.iter().take_while(|b| matches!(b, b'\n' | b'\r')).filter(|b| **b == b'\n').count() as u64
}

fn wrong(line: u64, why: impl std::fmt::Display) -> Fault {
    Fault::new("server-csv-wrong").with("line", line).because(why)
}

/// Writes a list.
pub(crate) fn write(columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<String> {
    let broken = |e: &dyn std::fmt::Display| Fault::new("server-broken").because(e);
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(columns).map_err(|e| broken(&e))?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| kept(cell))).map_err(|e| broken(&e))?;
    }
    let bytes = writer.into_inner().map_err(|e| broken(&e))?;
    String::from_utf8(bytes).map_err(|e| broken(&e))
}

fn looks_computed(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\''])
}
fn kept(text: &str) -> String {
    if looks_computed(text) { format!("'{text}") } else { text.to_string() }
}
fn shown(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| looks_computed(rest)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<(u64, Option<String>)> {
        let (lines, wrongs) = read(text, &["name", "unit"], &["fact."]).unwrap();
        assert!(wrongs.is_empty(), "{wrongs:?}");
        lines.iter().map(|l| (l.number, l.get("name").map(String::from))).collect()
    }

    #[test]
    fn every_spreadsheet_is_read() {
        let one = vec![(2, Some("a;b".to_string())), (4, Some("c \"d\"".to_string()))];
        assert_eq!(names("Name;Unit\n\"a;b\";x\n\n\"c \"\"d\"\"\";y\n"), one);
        assert_eq!(names("\u{feff}name,unit\r\n\"a;b\",x\r\n\r\n\"c \"\"d\"\"\", y\r\n"), one);
        assert_eq!(names("name\tunit\tfact.wing\na\tx\t1\n"), [(2, Some("a".into()))]);
        assert_eq!(names("name\n"), []);
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let (lines, wrongs) = read("name,unit\na\nb,x\nc,y,z\nd,\u{7}\n", &["name", "unit"], &[]).unwrap();
        assert_eq!(wrongs.iter().map(|w| w.line).collect::<Vec<_>>(), [2, 4, 5]);
        assert_eq!(lines.len(), 2);
        for text in ["", "\n\n", "name,colour\na,b\n", "name,name\na,b\n"] {
            assert!(read(text, &["name"], &[]).unwrap_err().is("server-csv-wrong"), "{text:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_and_never_computed() {
        let cells = ["=1+1", "-x", "'quoted", "a,\"b\"", "été", "@cmd", "+33 1"];
        let text = write(&["name", "unit"], cells.iter().map(|c| vec![c.to_string(), "u".into()])).unwrap();
        assert!(text.contains("'=1+1") && text.contains("''quoted"), "{text}");
        let (lines, _) = read(&text, &["name", "unit"], &[]).unwrap();
        assert_eq!(lines.iter().filter_map(|l| l.get("name")).collect::<Vec<_>>(), cells);
    }
}
