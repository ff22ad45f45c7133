//! The attributes of a message in a FETCH answer (RFC 9051 section 7.5.2).
use super::value::Value;

/// What is known of a message.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Item {
    /// Its UID.
    pub uid: Option<u32>,
    /// Its flags and keywords, sorted, without `\Recent`.
    pub flags: Option<Vec<String>>,
    /// Its internal date, as the server writes it.
    pub date: Option<String>,
    /// RFC822.SIZE; some servers lie.
    pub size_bytes: Option<u64>,
    /// Its bytes, where they came inside the answer (as a quoted string, or NIL for nothing).
    pub body: Option<Vec<u8>>,
}

impl Item {
    /// The item of `* n FETCH (…)`; nothing for any other data.
    pub fn of(data: &[Value]) -> Option<Item> {
        let [_, word, list, ..] = data else { return None };
        if !word.is("FETCH") {
            return None;
        }
        let mut item = Item::default();
        item.take(list.items());
        Some(item)
    }
    /// Takes attributes, given as name and value in turn.
    pub fn take(&mut self, attributes: &[Value]) {
        for pair in attributes.chunks_exact(2) {
            let (name, value) = (&pair[0], &pair[1]);
            if name.is("UID") {
                self.uid = value.number().and_then(|n| u32::try_from(n).ok());
            } else if name.is("FLAGS") {
                let mut flags: Vec<String> =
                    value.items().iter().map(Value::text).filter(|f| !f.eq_ignore_ascii_case("\\Recent")).collect();
                flags.sort_unstable();
                flags.dedup();
                self.flags = Some(flags);
            } else if name.is("INTERNALDATE") {
                self.date = Some(value.text());
            } else if name.is("RFC822.SIZE") {
                self.size_bytes = value.number();
            } else if name.is("BODY[]") || name.is("RFC822") || name.is("BINARY[]") {
                self.body = Some(value.bytes().unwrap_or_default().to_vec());
            }
        }
    }
}

/// The instant of an internal date: ` 1-Jul-1996 02:44:25 -0700`.
pub fn instant(date: &str) -> Option<i64> {
    let mut parts = date.split_whitespace();
    let (day, time, zone) = (parts.next()?, parts.next()?, parts.next()?);
    let mut day = day.split('-');
    let (d, m, y): (i8, _, i16) = (day.next()?.parse().ok()?, day.next()?, day.next()?.parse().ok()?);
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let month = MONTHS.iter().position(|known| m.eq_ignore_ascii_case(known))? as i8 + 1;
    let mut time = time.split(':').map(|n| n.parse::<i8>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    let (sign, zone) = match zone.split_at_checked(1)? {
        ("-", rest) => (-1, rest),
        ("+", rest) => (1, rest),
        _ => return None,
    };
    let zone: i64 = zone.parse().ok()?;
    let offset_seconds = sign * ((zone / 100) * 3600 + (zone % 100) * 60);
    let civil = jiff::civil::DateTime::new(y, month, d, hour, minute, second.min(59), 0).ok()?;
    let utc = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
    Some(utc - offset_seconds)
}
