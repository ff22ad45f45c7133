//! What a doctor finds in a school on an ordinary bad day.
use crate::samples::ago;
use socle_console::DiagnosisPage;
use socle_texts::Lang;
use socle_wire::diagnosis::*;

fn finding(part: Part, state: State, code: &'static str) -> Finding {
    Finding::new(part, state, code)
}

fn stages(reach: [Reach; 5]) -> Vec<Stage> {
    Place::ALL.into_iter().zip(reach).map(|(place, reach)| Stage { place, reach }).collect()
}

fn answer(server: [u8; 4], kind: &str, asked_as: &str, offered: Option<[u8; 4]>, options: &[(u8, &str)]) -> DhcpAnswer {
    DhcpAnswer {
        interface: "eth0".into(),
        asked_as: asked_as.into(),
        kind: kind.into(),
        server: server.into(),
        from: server.into(),
        ours: server[3] == 2,
        offered: offered.map(Into::into),
        next_server: (kind == "proxy").then(|| server.into()),
        file: String::new(),
        options: options.iter().map(|(code, text)| (*code, text.to_string())).collect(),
    }
}

fn asked(seconds: i64, service: &str, answered: bool, what: &str) -> Asked {
    Asked { at: ago(seconds), first: None, times: 1, service: service.into(), answered, what: what.into() }
}

/// A machine that stopped at the loader.
fn stopped(lang: Lang) -> Trail {
    let say = |fr: &str, en: &str| if lang == Lang::Fr { fr.to_string() } else { en.to_string() };
    let mac = "8c:ec:4b:aa:10:07";
    let mut usual = asked(
        93,
        "proxydhcp",
        false,
        &format!(
            "{mac} {}",
            say(
                "n'a pas reçu de réponse : les adresses sont l'affaire de l'autre serveur DHCP",
                "was not answered: addresses are the affair of the other DHCP server"
            )
        ),
    );
    (usual.times, usual.first) = (3, Some(ago(97)));
    Trail {
        mac: mac.into(),
        name: Some("salle-12-poste-07".into()),
        addresses: vec!["10.12.0.107".into()],
        stages: stages([Reach::Passed, Reach::Passed, Reach::Stopped, Reach::Beyond, Reach::Beyond]),
        verdict: finding(Part::Machines, State::Wrong, "doctor-way-loader-failed")
            .with("file", "snponly.efi")
            .with("why", say("elle n'a plus répondu", "it stopped answering")),
        asked: vec![
            asked(
                98,
                "proxydhcp",
                true,
                &format!(
                    "{mac} {}",
                    say(
                        "a demandé à démarrer par le réseau et doit charger snponly.efi",
                        "asked to start from the network and was told to load snponly.efi"
                    )
                ),
            ),
            usual,
            asked(
                88,
                "tftp",
                true,
                &say("10.12.0.107 a demandé la taille de snponly.efi", "10.12.0.107 asked the size of snponly.efi"),
            ),
            asked(
                61,
                "tftp",
                false,
                &say(
                    "10.12.0.107 n'a pas reçu snponly.efi : plus de réponse",
                    "10.12.0.107 did not receive snponly.efi: it stopped answering",
                ),
            ),
        ],
    }
}

fn other(mac: &str, name: Option<&str>, reach: [Reach; 5], verdict: Finding) -> Trail {
    Trail {
        mac: mac.into(),
        name: name.map(str::to_string),
        addresses: vec![],
        stages: stages(reach),
        verdict,
        asked: vec![asked(700, "http", true, "…")],
    }
}

fn found(lang: Lang) -> Diagnosis {
    use Reach::*;
    let arrived = finding(Part::Machines, State::Good, "doctor-way-arrived");
    let disk = finding(Part::Machines, State::Good, "doctor-way-disk").with("why", "–");
    Diagnosis {
        at: ago(0),
        version: "0.1.0".into(),
        findings: vec![
            finding(Part::Interface, State::Good, "doctor-interface-good")
                .with("name", "eth0")
                .with("address", "10.12.0.2/16"),
            finding(Part::Dhcp, State::Wrong, "doctor-dhcp-rogue")
                .with("server", "192.168.1.1")
                .with("offered", "192.168.1.57")
                .with("routers", "192.168.1.1")
                .with("names", "192.168.1.1"),
            finding(Part::Dhcp, State::Good, "doctor-dhcp-we-answer").with("file", "snponly.efi"),
            finding(Part::Ports, State::Good, "doctor-ports-ours").with("port", "67").with("transport", "UDP"),
            finding(Part::Firewall, State::Unseen, "doctor-firewall-forbidden").because("exit status: 1"),
            finding(Part::Loader, State::Good, "doctor-loader-good").with("files", "snponly.efi, undionly.kpxe"),
            finding(Part::Environment, State::Attention, "doctor-environment-old")
                .with("days", 214)
                .with("day", "2026-04-22"),
            finding(Part::Clock, State::Good, "doctor-clock-good").with("other", "10.12.0.1").with("seconds", 0),
            finding(Part::Database, State::Good, "doctor-database-good"),
            finding(Part::Space, State::Good, "doctor-space-good")
                .with("path", "/var/lib/socle")
                .with("mebibytes", 381_204),
        ],
        stages: stages([Passed, Stopped, Passed, Doubtful, Passed]),
        wire: Some(Wire {
            at: ago(40),
            interfaces: vec!["eth0".into()],
            seconds: 5,
            answers: vec![
                answer(
                    [10, 12, 0, 1],
                    "offer",
                    "uefi",
                    Some([10, 12, 0, 180]),
                    &[(3, "10.12.0.1"), (6, "10.12.0.1, 9.9.9.9")],
                ),
                answer(
                    [10, 12, 0, 2],
                    "proxy",
                    "uefi",
                    None,
                    &[(43, "06 01 08 ff"), (60, "PXEClient"), (67, "snponly.efi")],
                ),
                answer(
                    [192, 168, 1, 1],
                    "offer",
                    "uefi",
                    Some([192, 168, 1, 57]),
                    &[(3, "192.168.1.1"), (6, "192.168.1.1")],
                ),
            ],
        }),
        recipes: ["windows", "kea", "isc", "dnsmasq", "opnsense", "pfsense"]
            .map(|server| Recipe {
                server: server.into(),
                text: "dhcp-boot=tag:socle-uefi,snponly.efi,,10.12.0.2\n".repeat(3),
            })
            .to_vec(),
        trails: vec![
            stopped(lang),
            other("8c:ec:4b:aa:10:06", Some("salle-12-poste-06"), [Passed, Passed, Passed, Aside, Beyond], disk),
            other("8c:ec:4b:aa:10:02", None, [Passed; 5], arrived),
        ],
    }
}

/// The server's own view.
pub fn page(lang: Lang) -> DiagnosisPage {
    DiagnosisPage { diagnosis: found(lang), sought: None, understood: true }
}

/// One machine that was sought.
pub fn machine(lang: Lang) -> DiagnosisPage {
    let diagnosis = Diagnosis { trails: vec![stopped(lang)], ..found(lang) };
    DiagnosisPage { diagnosis, sought: Some("8c:ec:4b:aa:10:07".into()), understood: true }
}

/// What was typed is no address.
pub fn not_understood(lang: Lang) -> DiagnosisPage {
    DiagnosisPage { sought: Some("salle <12>".into()), understood: false, ..page(lang) }
}

/// A server of which nobody has asked anything yet, in good health.
pub fn calm(lang: Lang) -> DiagnosisPage {
    let mut diagnosis = found(lang);
    diagnosis.findings.retain(|f| f.state == State::Good);
    (diagnosis.wire, diagnosis.trails) = (None, vec![]);
    diagnosis.stages = stages([Reach::Passed; 5]);
    DiagnosisPage { diagnosis, sought: None, understood: true }
}
