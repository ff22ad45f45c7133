//! As much of DER (X.690) as certificates and their signatures need: one reader, and one writer where signatures are made.

/// One DER element (X.690 section 8.1): its tag, its whole bytes, its content, and what follows.
pub(crate) fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0usize, |n, b| n << 8 | usize::from(*b)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    let whole = &der[..der.len() - rest.len()];
    Some((tag, whole, content, rest))
}

/// The content of an element that must be of this tag, and what follows it.
#[cfg(feature = "people")]
pub(crate) fn expect(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    element(der).filter(|(found, ..)| *found == tag).map(|(_, _, content, rest)| (content, rest))
}

/// The fields of a TBSCertificate (RFC 5280 section 4.1) from its serial number on.
fn fields(certificate: &[u8]) -> Option<&[u8]> {
    let (0x30, _, content, _) = element(certificate)? else { return None };
    let (0x30, _, rest, _) = element(content)? else { return None };
    let (tag, _, _, after) = element(rest)?;
    // The version may be left out.
    Some(if tag == 0xa0 { after } else { rest })
}

/// The SubjectPublicKeyInfo of a certificate: the sixth field from its serial number on.
pub(crate) fn spki(certificate: &[u8]) -> Option<&[u8]> {
    let mut rest = fields(certificate)?;
    for _ in ["serial", "signature", "issuer", "validity", "subject"] {
        rest = element(rest)?.3;
    }
    let (0x30, whole, _, _) = element(rest)? else { return None };
    Some(whole)
}

/// Who has signed a certificate, and whose it is: both names as they stand in it.
#[cfg(feature = "people")]
pub(crate) fn issuer(certificate: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_, _, _, rest) = element(fields(certificate)?)?;
    let (_, _, _, rest) = element(rest)?;
    let (0x30, by, _, rest) = element(rest)? else { return None };
    let (_, _, _, rest) = element(rest)?;
    let (0x30, of, _, _) = element(rest)? else { return None };
    Some((by, of))
}

/// From when on a certificate is good, in seconds since 1970 (RFC 5280 section 4.1.2.5: two digits of the year below 50 are of
/// this century).
#[cfg(feature = "people")]
pub(crate) fn validity(certificate: &[u8]) -> Option<i64> {
    let mut rest = fields(certificate)?;
    for _ in ["serial", "signature", "issuer"] {
        rest = element(rest)?.3;
    }
    let (dates, _) = expect(rest, 0x30)?;
    let (tag, _, text, _) = element(dates)?;
    let text = std::str::from_utf8(text).ok()?;
    let text = match (tag, text.get(..2)?.parse::<u32>().ok()?) {
        (0x17, year) => format!("{}{text}", if year < 50 { 20 } else { 19 }),
        (0x18, _) => text.to_string(),
        _ => return None,
    };
    let moment = chrono::NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%SZ").ok()?;
    Some(moment.and_utc().timestamp())
}

/// What names a certificate in a signature (RFC 2315 section 6.7): its issuer and its serial number, as they stand in it.
#[cfg(feature = "people")]
pub(crate) fn issuer_and_serial(certificate: &[u8]) -> Option<Vec<u8>> {
    let (0x02, serial, _, rest) = element(fields(certificate)?)? else { return None };
    let rest = element(rest)?.3;
    let (0x30, issuer, _, _) = element(rest)? else { return None };
    Some(seq(&[issuer, serial]))
}

/// Writes an element.
#[cfg(feature = "people")]
pub(crate) fn put(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let bytes = length.to_be_bytes();
        let from = bytes.iter().position(|b| *b != 0).unwrap_or(bytes.len() - 1);
        out.push(0x80 | (bytes.len() - from) as u8);
        out.extend_from_slice(&bytes[from..]);
    }
    out.extend_from_slice(content);
    out
}

/// Writes a SEQUENCE.
#[cfg(feature = "people")]
pub(crate) fn seq(parts: &[&[u8]]) -> Vec<u8> {
    put(0x30, &parts.concat())
}

/// Writes a SET of one.
#[cfg(feature = "people")]
pub(crate) fn set(part: &[u8]) -> Vec<u8> {
    put(0x31, part)
}
