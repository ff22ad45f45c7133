//! A machine's page says how it was started and what to do about it; the list is narrowed by it.
use crate::samples::{frame, machine_page, machines};
use socle_console::Pages;
use socle_domain::start::{Standing, Start};
use socle_texts::Lang::{self, En, Fr};

/// What a machine's page says of such a start, and what it does not.
fn check(start: Start, lang: Lang, says: &[&str], silent: &[&str]) {
    let mut page = machine_page(lang);
    start.tell(&mut page.machine.facts);
    let html = Pages::new().unwrap().full(&frame(lang, "/machines"), &page).unwrap();
    for words in says {
        assert!(html.contains(words), "{lang:?} {start:?}: nothing says {words}");
    }
    for words in silent {
        assert!(!html.contains(words), "{lang:?} {start:?}: something says {words}");
    }
}

#[test]
fn a_machine_s_page_says_how_it_started_and_how_to_enrol() {
    let unenrolled = || Start { secure_boot: true, chain: "debian", via: "pxe", enrolled: "none", trusted: false };
    check(unenrolled(), En, &["shim, GRUB and kernel", "socle-boot.der", "mokutil --import"], &[]);
    check(unenrolled(), Fr, &["shim, GRUB et noyau de Debian", "socle-boot.der", "mokutil --import"], &[]);
    let trusted = Start { chain: "uki", via: "http", enrolled: "db", trusted: true, ..unenrolled() };
    check(trusted.clone(), En, &["trusted: everything was checked", "in the firmware (db)"], &["mokutil"]);
    check(Start { secure_boot: false, ..trusted }, En, &["Secure Boot is off: nobody checks"], &["mokutil"]);
}

#[test]
fn the_list_is_narrowed_by_what_starts_were_worth() {
    let page = socle_console::Machines { trust: Some(Standing::Unenrolled), state: Some("known".into()), ..machines() };
    let html = Pages::new().unwrap().full(&frame(En, "/machines"), &page).unwrap();
    assert!(html.contains(r#"<strong aria-current="true">not enrolled</strong>"#), "the one that is chosen");
    assert!(html.contains("state=known&amp;trust=trusted") || html.contains("state=known&trust=trusted"));
    assert!(html.contains(r#"name="trust" value="unenrolled""#), "a search keeps to it");
}
