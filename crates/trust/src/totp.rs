//! Codes of six digits that change every half minute (RFC 6238), for an application on a telephone.
//!
//! SHA-1, six digits, thirty seconds: what every application understands. One step before and after is accepted, for
//! clocks that differ. A code serves once: whoever checks keeps the number of the step that [`check`] answers, and
//! refuses that step and all before it from then on.
use crate::chance;
use qrcodegen::{QrCode, QrCodeEcc};
use socle_domain::Timestamp;
use socle_texts::{Fault, Result};
use totp_rs::{Algorithm, Builder, Totp};
use zeroize::Zeroizing;

const SECRET_BYTES: usize = 20;
/// Digits of a code.
pub const DIGITS: usize = 6;
/// Seconds of a step.
pub const STEP_SECONDS: u64 = 30;

/// A new secret, to be sealed.
///
/// # Errors
/// `trust-no-chance`.
pub fn new_secret() -> Result<Zeroizing<Vec<u8>>> {
    Ok(Zeroizing::new(chance::bytes::<SECRET_BYTES>()?.to_vec()))
}

/// What a person is shown once, to put the secret into an application.
#[derive(Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// The secret in base 32, in groups of four, for typing.
    pub text: String,
    /// The same as an address that applications read (`otpauth://…`).
    pub url: String,
    /// The same as a picture.
    pub picture: Picture,
}

impl std::fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an enrolment")
    }
}

/// A QR code (ISO/IEC 18004) as the outline of its dark squares, in the form of an SVG path.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Squares on a side, the quiet zone of four squares included.
    pub side: u32,
    /// The path.
    pub path: String,
}

/// What to show for a secret.
///
/// # Errors
/// `trust-totp-broken`.
pub fn enrolment(secret: &[u8], issuer: &str, account: &str) -> Result<Enrolment> {
    // A colon would end the issuer's name in the address.
    let [issuer, account] = [issuer, account].map(|text| text.replace(':', " "));
    let totp = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(DIGITS as u8)
        .with_step_duration(STEP_SECONDS)
        .with_skew(1)
        .with_secret(secret.to_vec())
        .with_issuer(Some(issuer))
        .with_account_name(account)
        .build()
        .map_err(broken)?;
    let url = totp.to_url().map_err(broken)?;
    let base32 = data_encoding::BASE32_NOPAD.encode(secret);
    let groups: Vec<&str> = base32.as_bytes().chunks(4).filter_map(|g| std::str::from_utf8(g).ok()).collect();
    Ok(Enrolment { text: groups.join(" "), picture: picture(&url)?, url })
}

fn broken(e: impl std::fmt::Display) -> Fault {
    Fault::new("trust-totp-broken").because(e)
}

fn picture(text: &str) -> Result<Picture> {
    const QUIET: i32 = 4;
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).map_err(broken)?;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in 0..code.size() {
            if code.get_module(x, y) {
                path.push_str(&format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET));
            }
        }
    }
    Ok(Picture { side: (code.size() + 2 * QUIET).unsigned_abs(), path })
}

/// The step of a code that is right at `now`; none where it is wrong. Compared in constant time.
///
/// # Errors
/// `trust-totp-broken` where the secret can't be one.
pub fn check(secret: &[u8], code: &str, now: Timestamp) -> Result<Option<u64>> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() != DIGITS || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    Ok(totp(secret)?.check(&digits, u64::try_from(now.as_second()).unwrap_or(0)))
}

/// The code of a moment: what an application shows.
pub fn code(secret: &[u8], now: Timestamp) -> Result<String> {
    Ok(totp(secret)?.generate(u64::try_from(now.as_second()).unwrap_or(0)).to_string())
}

fn totp(secret: &[u8]) -> Result<Totp> {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(DIGITS as u8)
        .with_step_duration(STEP_SECONDS)
        .with_skew(1)
        .with_secret(secret.to_vec())
        .build()
        .map_err(broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// RFC 6238, appendix B, cut to six digits.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let secret = b"12345678901234567890";
        for (second, code) in [
            (59, "287082"),
            (1111111109, "081804"),
            (1111111111, "050471"),
            (1234567890, "005924"),
            (2000000000, "279037"),
        ] {
            assert_eq!(super::code(secret, at(second)).unwrap(), code);
            assert_eq!(check(secret, code, at(second)).unwrap(), Some(second as u64 / STEP_SECONDS));
            assert_eq!(check(secret, &format!("{} {}", &code[..3], &code[3..]), at(second)).unwrap().is_some(), true);
            assert!(check(secret, code, at(second + 30)).unwrap().is_some(), "a clock half a minute off");
            assert_eq!(check(secret, code, at(second + 90)).unwrap(), None, "an old code");
        }
        for wrong in ["", "28708", "2870822", "28708x", "２８７０８２"] {
            assert_eq!(check(secret, wrong, at(59)).unwrap(), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_shown_holds_the_secret_and_the_names() {
        let secret = new_secret().unwrap();
        assert_eq!(secret.len(), SECRET_BYTES);
        let shown = enrolment(&secret, "Socle: démo", "zoé").unwrap();
        let text = shown.text.replace(' ', "");
        assert_eq!(data_encoding::BASE32_NOPAD.decode(text.as_bytes()).unwrap(), *secret);
        assert!(shown.url.starts_with("otpauth://totp/") && shown.url.contains(&format!("secret={text}")));
        assert!(shown.picture.side > 30 && shown.picture.path.starts_with("M4 4h1v1h-1z"));
        assert_eq!(format!("{shown:?}"), "an enrolment");
    }
}
