//! The configuration file.
use socle_server::{Config, config::BootMode};
use std::path::Path;

fn wrong(text: &str) -> (String, Option<String>) {
    let fault = Config::parse(text, Path::new("socle.toml")).unwrap_err();
    let line = fault.args.iter().find(|(n, _)| n == "line" || n == "key");
    (fault.code.to_string(), line.map(|(_, v)| format!("{v:?}")))
}

#[test]
fn unknown_keys_and_wrong_values_are_refused_by_line() {
    let unreadable = |line: &str| ("server-config-unreadable".to_string(), Some(format!("Number({line})")));
    assert_eq!(wrong("colour = 'red'"), unreadable("1.0"));
    assert_eq!(wrong("[console]\nlisten = '127.0.0.1:1'\nprot = 80\n"), unreadable("3.0"));
    assert_eq!(wrong("[boot]\nmode = 'maybe'\n"), unreadable("2.0"));
    assert_eq!(wrong("[agents]\nlisten = 'everywhere'\n"), unreadable("2.0"));
    assert_eq!(wrong("[boot]\nkernel_arguments = ['a b']\n"), unreadable("2.0"));
    assert_eq!(wrong("[boot\n"), unreadable("1.0"));
}

#[test]
fn what_reads_well_but_cannot_be_meant_is_refused() {
    let key = |key: &str| ("server-config-wrong".to_string(), Some(format!("Text({key:?})")));
    assert_eq!(wrong("[boot]\nmode = 'proxy'\n"), key("boot.interface"));
    assert_eq!(wrong("[boot]\nmode = 'full'\ninterface = 'eth0'\n"), key("boot.pool"));
    assert_eq!(wrong("[orders]\nexpire_hours = 0\n"), key("orders.expire_hours"));
    assert_eq!(wrong("[agents]\nurl = 'https://server.example:8443'\n"), key("agents.url"));
    assert_eq!(wrong("[database]\nurl = 'nonsense'\n"), key("database.url"));
    assert_eq!(wrong("[database]\nurl = 'mysql://db/socle'\n"), key("database.url"));
    assert_eq!(wrong("[console]\nurl = 'console.example.org'\n"), key("console.url"));
    assert_eq!(wrong("[boot]\nurl = 'tftp://10.0.0.1'\n"), key("boot.url"));
}

#[test]
fn what_is_not_said_has_its_default() {
    let config = Config::parse("[boot]\nmode = 'proxy'\ninterface = 'eth1'\n", Path::new("x")).unwrap();
    assert_eq!(config.boot.mode, BootMode::Proxy);
    assert!(config.console.listen.ip().is_loopback());
    assert_eq!(config.console.url(), "http://localhost:8080");
    assert_eq!(Config::parse("", Path::new("x")).unwrap(), Config::default());
}
