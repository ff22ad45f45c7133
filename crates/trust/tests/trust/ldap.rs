//! Signing in with the directory's password, against a real OpenLDAP.
use crate::slapd::{BASE, READER, Slapd, people};
use socle_texts::Result;
use socle_trust::{
    ldap::{Known, Settings, sign_in},
    vault::Secret,
};
use std::os::unix::fs::PermissionsExt;

fn secret(slapd: &Slapd, text: &str) -> Secret {
    let path = slapd.folder.path().join("secret");
    std::fs::write(&path, format!("{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    Secret::read(&path).unwrap()
}

fn settings(slapd: &Slapd, url: String) -> Settings {
    Settings {
        url,
        base: BASE.into(),
        filter: "(&(objectClass=inetOrgPerson)(uid={name}))".into(),
        bind: Some((READER.0.into(), secret(slapd, READER.1))),
        identity: "entryUUID".into(),
        member_of: None,
        groups: Some((format!("ou=groups,{BASE}"), "(member={dn})".into())),
        authorities: Some(slapd.authority()),
        only: None,
    }
}

fn ask(settings: &Settings, name: &str, password: &str) -> Result<Option<Known>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(sign_in(settings, name, password))
}

#[test]
fn a_directory_says_who_somebody_is() {
    let slapd = Slapd::start(&people());
    let mut subjects = Vec::new();
    for url in [slapd.tls(), slapd.start_tls(), slapd.socket()] {
        let wish = settings(&slapd, url.clone());
        let zoe = ask(&wish, "zoe", "le mot de zoe").unwrap().unwrap_or_else(|| panic!("{url}"));
        assert_eq!(zoe.dn, format!("uid=zoe,ou=people,{BASE}"));
        assert_eq!(zoe.groups, [format!("cn=techs,ou=groups,{BASE}")]);
        assert_eq!(zoe.subject.len(), 36, "an entryUUID: {}", zoe.subject);
        let max = ask(&wish, "max", "le mot de max").unwrap().unwrap();
        assert_eq!(max.groups, [] as [&str; 0]);
        subjects.push((zoe.subject, max.subject));
    }
    subjects.dedup();
    assert_eq!(subjects.len(), 1, "the same by whichever way");
    let by_entry = Settings { groups: None, member_of: Some("memberOf".into()), ..settings(&slapd, slapd.tls()) };
    let zoe = ask(&by_entry, "zoe", "le mot de zoe").unwrap().unwrap();
    assert!(zoe.groups.len() <= 1, "the overlay keeps it for groups that are made while it runs");
}

#[test]
fn whoever_is_not_believed_is_nobody() {
    let slapd = Slapd::start(&people());
    let wish = settings(&slapd, slapd.tls());
    for (name, password, why) in [
        ("zoe", "wrong", "a wrong password"),
        ("zoe", "", "an empty one, which directories believe"),
        ("zoe", "le mot de max", "somebody else's"),
        ("zoe", "le mot de zoe\0", "a zero byte"),
        ("nobody", "le mot de zoe", "an unknown name"),
        ("", "le mot de zoe", "no name"),
        ("*", "le mot de zoe", "a star"),
        ("z*", "le mot de zoe", "a name with a star"),
        ("zoe)(uid=*", "le mot de zoe", "a filter in a name"),
        ("zoe)(objectClass=*))(|(uid=zoe", "le mot de zoe", "a whole filter in a name"),
        ("twin", "le mot du jumeau", "two of one name"),
        ("reader", READER.1, "what is no person"),
    ] {
        assert_eq!(ask(&wish, name, password).unwrap(), None, "{why}");
    }
    assert!(ask(&wish, "zoe", "le mot de zoe").unwrap().is_some());
}

#[test]
fn what_goes_wrong_with_a_directory_is_said() {
    let slapd = Slapd::start(&people());
    let ours = |password: &str| Settings {
        bind: Some((READER.0.into(), secret(&slapd, password))),
        ..settings(&slapd, slapd.tls())
    };
    assert!(ask(&ours("wrong"), "zoe", "le mot de zoe").unwrap_err().is("trust-directory-refused"));
    let nameless = Settings { identity: "employeeNumber".into(), ..settings(&slapd, slapd.tls()) };
    assert!(ask(&nameless, "zoe", "le mot de zoe").unwrap_err().is("trust-directory-identity"));
    let elsewhere = Settings { url: "ldaps://localhost:1".into(), ..settings(&slapd, slapd.tls()) };
    assert!(ask(&elsewhere, "zoe", "le mot de zoe").unwrap_err().is("trust-directory-silent"));
    // Somebody who plays the directory, with a certificate of his own.
    let impostor = Slapd::start(&people());
    for url in [impostor.tls(), impostor.start_tls()] {
        let wish = Settings { authorities: Some(slapd.authority()), ..settings(&impostor, url) };
        assert!(ask(&wish, "zoe", "le mot de zoe").unwrap_err().is("trust-directory-silent"));
    }
    let plain = Settings { url: "http://localhost".into(), ..settings(&slapd, slapd.tls()) };
    assert!(ask(&plain, "zoe", "x").unwrap_err().is("trust-directory-address"));
}
