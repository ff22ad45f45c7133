//! Signing in with the centre's directory: a real OpenLDAP.
use crate::{
    browser::{Browser, PASSWORD},
    house::House,
    slapd::{BASE, READER, Slapd, people},
};
use socle_server::Config;
use std::{os::unix::fs::PermissionsExt, path::Path};

fn house(slapd: &Slapd, more: &str) -> House {
    let file = slapd.folder.path().join("reader.secret");
    std::fs::write(&file, READER.1).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let text = format!(
        "[sign_in.directory]\nurl = '{}'\nbase = '{BASE}'\nfilter = '(&(objectClass=inetOrgPerson)(uid={{name}}))'\n\
         bind_dn = '{}'\npassword_file = '{}'\ngroups_base = 'ou=groups,{BASE}'\ngroups_filter = '(member={{dn}})'\n\
         authorities = '{}'\n{more}\n[[sign_in.directory.grant]]\ngroup = 'CN=Techs,ou=groups,{BASE}'\n\
         role = 'technician'\n[[sign_in.directory.grant]]\ngroup = '*'\nrole = 'user'\n",
        slapd.tls(),
        READER.0,
        file.display(),
        slapd.authority().display()
    );
    House::with(Config::parse(&text, Path::new("socle.toml")).unwrap())
}

fn roles(house: &House, name: &str) -> Vec<String> {
    let all: Vec<serde_json::Value> = house.all("/api/v1/grants");
    let his = all.iter().filter(|g| g["person_name"] == name);
    let mut roles: Vec<String> = his.map(|g| g["role"].as_str().unwrap().to_string()).collect();
    roles.sort();
    roles
}

#[test]
fn people_of_the_directory_come_in_with_its_password_and_its_groups() {
    let slapd = Slapd::start(&people());
    let house = house(&slapd, "");
    house.later(1); // the administrator was there first
    let zoe = Browser::new(&house);
    assert_eq!(zoe.sign_in("zoe", "wrong").status, 422);
    assert_eq!(zoe.sign_in("zoe", "").status, 422);
    assert_eq!(zoe.sign_in("*", "le mot de zoe").status, 422);
    let done = zoe.sign_in("zoe", "le mot de zoe");
    assert_eq!((done.status, done.location.as_str()), (303, "/runs"), "{}", done.text);
    assert!(zoe.is_in());
    assert_eq!(roles(&house, "zoe"), ["technician", "user"]);
    let page = zoe.get("/account").text;
    assert!(page.contains("directory") && !page.contains("name=\"current\""), "its password is not changed here");
    let max = Browser::new(&house);
    assert_eq!(max.sign_in("max", "le mot de max").status, 303);
    assert_eq!(roles(&house, "max"), ["user"]);
    // Again: the same account.
    assert_eq!(Browser::new(&house).sign_in("zoe", "le mot de zoe").status, 303);
    assert_eq!(roles(&house, "zoe"), ["technician", "user"]);

    // A second factor of ours stands before the directory's password too.
    let (secret, _) = crate::account::enrol(&zoe, &house);
    let again = Browser::new(&house);
    assert_eq!(again.sign_in("zoe", "le mot de zoe").location, "/sign-in/second");
    house.later(30);
    let code = socle_trust::totp::code(&secret, house.now()).unwrap();
    assert_eq!(again.post("/sign-in/second", &[("code", &code)]).status, 303);
}

#[test]
fn local_accounts_stay_their_own_and_go_on_when_the_directory_is_silent() {
    let ldif = people().replace("uid: max", "uid: admin").replace("uid=max", "uid=admin");
    let slapd = Slapd::start(&ldif);
    let house = house(&slapd, "");
    let admin = Browser::signed_in(&house);
    // Somebody of the directory is called as a local account: his password opens nothing of it.
    let other = Browser::new(&house);
    assert_eq!(other.sign_in("admin", "le mot de max").status, 422);
    assert!(!other.is_in());
    admin.sign_out();
    drop(slapd);
    assert_eq!(
        Browser::new(&house).sign_in("zoe", "le mot de zoe").status / 100,
        5,
        "that is said, not taken for a wrong password"
    );
    assert_eq!(admin.sign_in("admin", PASSWORD).status, 303);
}
