//! Ways into a mailbox: protected lines, and an administrator who opens the mailboxes of others.
use crate::{
    kit::*,
    peers::{Format, Peer, dovecot},
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};
use socle_mail::{
    Auth, Side,
    endpoint::Tls,
    imap::{Command, Connection},
};
use std::{net::TcpListener, path::Path, process, sync::Arc};

fn certificate(folder: &Path) {
    let made = process::Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
        .arg(folder.join("key.pem"))
        .arg("-out")
        .arg(folder.join("cert.pem"))
        .stderr(process::Stdio::null())
        .status()
        .unwrap();
    assert!(made.success());
}

fn client(folder: &Path) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(folder.join("cert.pem")).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    Arc::new(config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots).with_no_client_auth())
}

fn secured(folder: &Path) -> (Peer, u16) {
    certificate(folder);
    let direct = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let at = folder.display();
    let more = format!(
        "ssl = yes
ssl_cert = <{at}/cert.pem
ssl_key = <{at}/key.pem
service imap-login {{
  inet_listener imaps {{
    port = {direct}
    ssl = yes
  }}
}}
auth_master_user_separator = *
passdb {{
  driver = static
  master = yes
  args = password=sesame
}}
"
    );
    (dovecot(Format::Maildir, &more), direct)
}

#[test]
fn lines_are_protected_from_the_start_or_after_starttls_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (peer, direct) = secured(folder.path());
    let config = client(folder.path());
    let check = |port: u16, tls: Tls, expect: Option<&str>| {
        let mut to = endpoint(&peer, Side::Source, "alice");
        (to.port, to.tls) = (port, tls);
        let opened = block_on(Connection::open_endpoint(&to)).map(drop);
        assert_eq!(opened.err().map(|fault| fault.code.to_string()).as_deref(), expect);
    };
    check(direct, Tls::Direct(config.clone()), None);
    check(peer.port, Tls::Start(config), None);
    let other = tempfile::tempdir().unwrap();
    certificate(other.path());
    check(direct, Tls::Direct(client(other.path())), Some("mail-tls-refused"));
    check(peer.port, Tls::Start(client(other.path())), Some("mail-tls-refused"));
}

#[test]
fn an_administrator_opens_the_mailboxes_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let (peer, _) = secured(folder.path());
    say(&peer, "alice", &[Command::new("CREATE ofAlice")]);
    let check = |auth: Auth, expect: bool| {
        let mut to = endpoint(&peer, Side::Source, "");
        to.auth = auth;
        let folders = block_on(async { Connection::open_endpoint(&to).await?.list().await });
        let seen = folders.map(|l| l.folders.iter().any(|f| f.name.shown() == "ofAlice"));
        assert_eq!(seen.unwrap_or(false), expect);
    };
    let plain = |acting_for: &str, user: &str, password: &str| Auth::Plain {
        acting_for: acting_for.into(),
        user: user.into(),
        password: password.into(),
    };
    check(plain("alice", "admin", "sesame"), true);
    check(plain("alice", "admin", "wrong"), false);
    check(plain("", "alice", "pass"), true);
    check(Auth::Login { user: "alice*admin".into(), password: "sesame".into() }, true);
    check(Auth::Login { user: "alice".into(), password: "wrong".into() }, false);
}
