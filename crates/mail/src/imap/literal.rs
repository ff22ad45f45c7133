//! Literals: `{n}`, `{n+}`, `~{n}` at the end of a line announce n bytes (RFC 9051 section 4.3, RFC 7888, RFC 3516).

/// Where the announcement at the end of `line` (without CR LF) begins, and how many bytes it announces.
pub fn at_end(line: &[u8]) -> Option<(usize, u64)> {
    let inner = line.strip_suffix(b"}")?;
    let inner = inner.strip_suffix(b"+").or_else(|| inner.strip_suffix(b"-")).unwrap_or(inner);
    let open = inner.iter().rposition(|b| *b == b'{')?;
    let digits = &inner[open + 1..];
    if digits.is_empty() || digits.len() > 18 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let length = digits.iter().fold(0u64, |n, d| n * 10 + u64::from(d - b'0'));
    let start = if open > 0 && inner[open - 1] == b'~' { open - 1 } else { open };
    Some((start, length))
}
