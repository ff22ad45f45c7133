//! What signs a webhook's messages: HMAC-SHA256 over identifier, moment and body, in the form of the Standard Webhooks
//! specification (`webhook-id`, `webhook-timestamp`, `webhook-signature: v1,BASE64`).
use crate::chance;
use aws_lc_rs::hmac;
use data_encoding::BASE64;
use socle_texts::{Fault, Result};

const PREFIX: &str = "whsec_";

/// A new secret: 32 random bytes, as text.
///
/// # Errors
/// `trust-no-chance`.
pub fn new_secret() -> Result<String> {
    Ok(format!("{PREFIX}{}", BASE64.encode(&chance::bytes::<32>()?)))
}

/// The signature of a message.
///
/// # Errors
/// `trust-seal-broken` where the secret is none.
pub fn sign(secret: &str, id: &str, unix_seconds: i64, body: &str) -> Result<String> {
    let bytes = secret.strip_prefix(PREFIX).and_then(|text| BASE64.decode(text.as_bytes()).ok());
    let key = hmac::Key::new(hmac::HMAC_SHA256, &bytes.ok_or_else(|| Fault::new("trust-seal-broken"))?);
    let signature = hmac::sign(&key, format!("{id}.{unix_seconds}.{body}").as_bytes());
    Ok(format!("v1,{}", BASE64.encode(signature.as_ref())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification, whose signature other implementations agree on.
    #[test]
    fn the_signature_is_the_standard_one() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let signed = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#).unwrap();
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_is_new_each_time_and_signs() {
        let (a, b) = (new_secret().unwrap(), new_secret().unwrap());
        assert_ne!(a, b);
        assert_ne!(sign(&a, "x", 1, "").unwrap(), sign(&b, "x", 1, "").unwrap());
        assert_ne!(sign(&a, "x", 1, "").unwrap(), sign(&a, "x", 2, "").unwrap());
        assert!(sign("nothing", "x", 1, "").unwrap_err().is("trust-seal-broken"));
    }
}
