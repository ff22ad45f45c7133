//! Keys keep their secret and say what they must; a real directory is asked.
#[path = "trust/ldap.rs"]
mod ldap;
#[path = "trust/slapd.rs"]
mod slapd;

use socle_domain::{Digest, sign::Signer};
use socle_trust::{BootKey, KeyPair, password, read_public, secret, tls, verify_image};
use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    sync::Arc,
};

#[test]
fn a_key_comes_back_from_its_file_and_its_file_is_nobody_elses() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys/content.key");
    let made = KeyPair::create(&path).unwrap();
    assert_eq!(KeyPair::load(&path).unwrap().public(), made.public());
    assert_eq!(read_public(&path.with_extension("pub")).unwrap(), made.public());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(KeyPair::create(&path).unwrap_err().is("texts-file-unwritable"), "a key was replaced");
    assert_eq!(KeyPair::load(&path).unwrap().public(), made.public());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(KeyPair::load(&path).unwrap_err().is("trust-key-exposed"));
}

#[test]
fn a_debug_line_shows_no_secret() {
    let pair = KeyPair::from_seed(&[7; 32]);
    let shown = format!("{pair:?}");
    assert!(!shown.contains("0707") && !shown.contains("7, 7"), "{shown}");
}

#[test]
fn a_signature_is_worth_nothing_in_another_context() {
    let pair = KeyPair::generate().unwrap();
    let signature = pair.sign("socle-order-v1", b"act");
    assert!(pair.public().verify("socle-order-v1", b"act", &signature));
    assert!(!pair.public().verify("socle-master-v1", b"act", &signature));
    assert!(!pair.public().verify("socle-order-v1", b"axt", &signature));
    assert!(!KeyPair::generate().unwrap().public().verify("socle-order-v1", b"act", &signature));
}

#[test]
fn passwords_are_checked_and_short_ones_refused() {
    let kept = password::hash("correct horse battery").unwrap();
    assert!(password::matches("correct horse battery", &kept));
    assert!(!password::matches("correct horse batterz", &kept));
    assert!(!kept.contains("horse"));
    assert!(password::hash("short").unwrap_err().is("trust-password-short"));
}

#[test]
fn tokens_differ_and_compare() {
    let (a, b) = (secret::new_token().unwrap(), secret::new_token().unwrap());
    assert_ne!(a, b);
    assert!(secret::same(a.as_bytes(), a.as_bytes()) && !secret::same(a.as_bytes(), b.as_bytes()));
}

/// Says one byte over TLS from a server to a client that expects `pin`.
fn speaks(identity: &tls::Identity, pin: Digest) -> std::io::Result<u8> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let config = Arc::new(identity.server_config().unwrap());
    let server = std::thread::spawn(move || -> std::io::Result<()> {
        let (mut socket, _) = listener.accept()?;
        let mut tls = rustls::ServerConnection::new(config).map_err(std::io::Error::other)?;
        let mut stream = rustls::Stream::new(&mut tls, &mut socket);
        stream.write_all(b"!")?;
        stream.flush()
    });
    let config = Arc::new(tls::pinned_client(pin).unwrap());
    let mut tls = rustls::ClientConnection::new(config, "socle".try_into().unwrap()).map_err(std::io::Error::other)?;
    let mut socket = TcpStream::connect(address)?;
    let mut byte = [0];
    let answer = rustls::Stream::new(&mut tls, &mut socket).read_exact(&mut byte);
    drop(socket);
    let _ = server.join();
    answer.map(|()| byte[0])
}

#[test]
fn a_client_speaks_to_the_pinned_key_and_to_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let identity = tls::Identity::load_or_create(folder.path()).unwrap();
    let pin = identity.pin().unwrap();
    assert_eq!(speaks(&identity, pin).unwrap(), b'!');
    assert!(speaks(&identity, Digest::of(b"another")).is_err());
    fs::remove_file(folder.path().join("tls.pem")).unwrap();
    let again = tls::Identity::load_or_create(folder.path()).unwrap();
    assert_eq!(again.pin().unwrap(), pin, "the pin is the key's, not the certificate's");
    let other = tempfile::tempdir().unwrap();
    let impostor = tls::Identity::load_or_create(other.path()).unwrap();
    assert!(speaks(&impostor, pin).is_err(), "an impostor was believed");
}

/// A boot key with its certificate signs images, and nothing else is believed.
#[test]
fn what_firmware_starts_is_signed_by_the_boot_key_alone() {
    let folder = tempfile::tempdir().unwrap();
    let content = KeyPair::from_seed(&[3; 32]).public();
    let key = BootKey::load_or_create(folder.path(), &content).unwrap();
    let (image, certificate) = ([7u8; 32], key.certificate().to_vec());
    let signature = key.sign_image(&image).unwrap();
    verify_image(&certificate, &image, &signature).unwrap();
    assert!(verify_image(&certificate, &[8; 32], &signature).unwrap_err().is("trust-boot-signature-wrong"));
    assert_eq!(key.sign_image(&image).unwrap(), signature, "the same image gives the same bytes");
    assert_eq!(fs::metadata(folder.path().join("boot.key")).unwrap().permissions().mode() & 0o777, 0o600);
    // The digest that it states, what states that in turn, and the signature itself.
    let stated = signature.windows(32).position(|w| w == image).unwrap();
    for at in (stated..stated + 32)
        .chain(signature.len() - 330..signature.len() - 280)
        .chain(signature.len() - 256..signature.len())
    {
        let mut other = signature.clone();
        other[at] ^= 1;
        let believed = verify_image(&certificate, &image, &other).is_ok();
        // Between both stand the names of algorithms, which the reader knows.
        assert!(!believed, "byte {at} of {}", signature.len());
    }
    let again = BootKey::load_or_create(folder.path(), &content).unwrap();
    assert_eq!(again.certificate(), certificate, "neither key nor certificate is ever replaced");
    let elsewhere = tempfile::tempdir().unwrap();
    let another = BootKey::load_or_create(elsewhere.path(), &content).unwrap();
    let foreign = another.sign_image(&image).unwrap();
    assert!(verify_image(&certificate, &image, &foreign).is_err());
    // A certificate that was put beside another key signs nothing.
    fs::copy(elsewhere.path().join("boot.pem"), folder.path().join("boot.pem")).unwrap();
    assert!(BootKey::load(folder.path()).unwrap_err().is("trust-boot-key-unreadable"));
    fs::set_permissions(elsewhere.path().join("boot.key"), fs::Permissions::from_mode(0o640)).unwrap();
    assert!(BootKey::load(elsewhere.path()).unwrap_err().is("trust-key-exposed"));
}
