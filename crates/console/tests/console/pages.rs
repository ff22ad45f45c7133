//! Every page in both languages.
use crate::{account_samples, diagnosis_samples, organisation_samples, rights_samples};
use crate::{bases_samples::*, html::read, samples::*};
use socle_console::*;
use socle_domain::{Digest, journal::Event};
use socle_texts::{
    Fault,
    Lang::{self, En, Fr},
};
use socle_wire::problem::Problem;

fn pages() -> Pages {
    Pages::new().unwrap()
}

/// A page's name, and how it is rendered: whole, and its moving part.
type Shown = (String, Box<dyn Fn(&Pages, &Frame) -> [String; 2]>);

/// Everything that can be shown.
fn everything(lang: Lang) -> Vec<Shown> {
    fn both<P: Page + 'static>(name: &str, page: P) -> Shown {
        let render = move |pages: &Pages, frame: &Frame| {
            // A page that does not move has no part of its own.
            [pages.full(frame, &page).unwrap(), pages.part(frame, &page).unwrap_or_default()]
        };
        (name.into(), Box::new(render))
    }
    let problem = || Problem::new(422, Fault::new("domain-proof-unreadable").because("cut"), lang);
    let form = |field: &str| Form::refused(problem(), field, Default::default());
    let mut broken = completed().proof_page(lang);
    broken.verdict = Err(problem());
    let machine = machine(6, Some("salle-12-poste-06"), "known");
    let busy = Some(running().run().view);
    let mut all = vec![
        both("today", today(lang)),
        both("today-empty", today_empty()),
        both("sign-in", SignIn::default()),
        both("sign-in-refused", SignIn { form: form("password"), next: "/runs".into(), ..SignIn::default() }),
        both("sign-in-service", account_samples::sign_in(false)),
        both("sign-in-again", account_samples::sign_in(true)),
        both("second", Second { codes: true, passkeys: true, form: Form::default() }),
        both("second-refused", Second { codes: false, passkeys: false, form: form("code") }),
        both("signed-in", SignedIn { next: "/runs?state=failed".into() }),
        both("enrol", account_samples::app(true)),
        both("account", account_samples::account()),
        both("account-empty", Account { name: "zoe".into(), ..Account::default() }),
        both(
            "account-password-refused",
            Account { which: "password", form: form("password"), ..account_samples::account() },
        ),
        both("account-token-refused", Account { which: "tokens", form: form("days"), ..account_samples::account() }),
        both("account-factor-refused", Account { which: "factors", form: form(""), ..account_samples::account() }),
        both("account-app", account_samples::app(false)),
        both("account-app-refused", App { form: form("code"), ..account_samples::app(false) }),
        both("account-codes", account_samples::once(true)),
        both("account-token", account_samples::once(false)),
        both(
            "welcome",
            Welcome { token: "t".into(), person: "admin".into(), least_characters: 12, form: Form::default() },
        ),
        both(
            "welcome-refused",
            Welcome { token: "t".into(), person: "admin".into(), least_characters: 12, form: form("password") },
        ),
        both("machines", machines()),
        both("machines-empty", Machines::default()),
        both(
            "machines-no-match",
            Machines { query: "a \"quoted\" <b>".into(), counts: status().machines, ..Machines::default() },
        ),
        both("machines-refused", Machines { refused_form: Some((target(7), refused_name(lang))), ..machines() }),
        both("codes", crate::wizard_samples::codes(Form::default())),
        both("codes-refused", crate::wizard_samples::codes(form("count"))),
        both("codes-empty", Codes::default()),
        both("room-master", crate::wizard_samples::room(false)),
        both("room", crate::wizard_samples::room(true)),
        both("room-refused", crate::wizard_samples::room_refused()),
        both("announce", Announce::default()),
        both("announce-refused", Announce { form: form("csv") }),
        both("machine", machine_page(lang)),
        both("machine-unknown", unknown_machine_page(lang)),
        both("start", start(None)),
        both("start-chosen", start(Some("debian"))),
        both("start-capture", start(Some("capture"))),
        both("start-busy", Start { busy, ..start(None) }),
        both("start-nothing", Start { machine, masters: vec![], chosen: None, busy: None, form: form("") }),
        both("runs", runs()),
        both("runs-empty", Runs::default()),
        both("runs-none-here", Runs { counts: status().runs, state: Some("cancelled".into()), ..Runs::default() }),
        both("proof", completed().proof_page(lang)),
        both("proof-gaps", running().proof_page(lang)),
        both("proof-broken", broken),
        both("images", Images { images: images(), masters: masters() }),
        both("images-empty", Images::default()),
        both("masters", Masters { masters: masters(), images: images(), drafts: vec![draft_view()] }),
        both("masters-empty", Masters::default()),
        both("master", master_page()),
        both("diff", diff_page()),
        both("options", options_page(true, Form::default())),
        both("options-refused", options_page(true, form("value"))),
        both("options-machine", options_page(false, Form::default())),
        both("options-empty", OptionsPage::default()),
        both("rules", rules_page(Form::default(), true)),
        both("rules-refused", rules_page(form("when"), false)),
        both("rules-empty", RulesPage::default()),
        both("status", status_page(lang)),
        both("status-findings", StatusPage { findings: vec![Fault::new("console-not-found")], ..status_page(lang) }),
        both(
            "boot-events",
            BootEvents { events: boot_events(lang), who: Some("10.12.0.107".into()), page: 2, pages: 3 },
        ),
        both("boot-events-empty", BootEvents::default()),
        both("diagnosis", diagnosis_samples::page(lang)),
        both("diagnosis-machine", diagnosis_samples::machine(lang)),
        both("diagnosis-not-understood", diagnosis_samples::not_understood(lang)),
        both("diagnosis-calm", diagnosis_samples::calm(lang)),
        both("api", ApiPage),
        both("error", error(lang)),
    ];
    all.extend(stories().iter().map(|s| both(&format!("run-{}", s.n), s.page())));
    all.extend([
        both("organisation", organisation_samples::organisation()),
        both(
            "organisation-empty",
            Organisation { units: organisation_samples::units()[..1].to_vec(), ..Organisation::default() },
        ),
        both("unit", organisation_samples::unit_page(Form::default())),
        both("unit-refused", organisation_samples::unit_page(form(""))),
        both("import", organisation_samples::import(lang, "fresh")),
        both("import-ready", organisation_samples::import(lang, "ready")),
        both("import-wrong", organisation_samples::import(lang, "wrong")),
        both("import-refused", organisation_samples::import(lang, "refused")),
        both("import-done", organisation_samples::import(lang, "done")),
        both("search", organisation_samples::search(true)),
        both("search-nothing", organisation_samples::search(false)),
        both("person", organisation_samples::person(false)),
        both("person-left", organisation_samples::person(true)),
        both("departures", organisation_samples::departures()),
        both("departures-none", DeparturesPage::default()),
    ]);
    all.extend([
        both("my-rights", rights_samples::my_rights()),
        both("my-rights-none", MyRightsPage::default()),
        both("roles", rights_samples::roles(Form::default())),
        both("roles-refused", rights_samples::roles(form("person"))),
        both("approvals", rights_samples::approvals()),
        both("approvals-none", Approvals::default()),
        both("audit", rights_samples::audit()),
        both("audit-none", AuditPage::default()),
    ]);
    let approvals = rights_samples::approval_pages(form("reason"));
    all.extend(approvals.into_iter().enumerate().map(|(n, page)| both(&format!("approval-{n}"), page)));
    all.push(both("run-refused", RunPage { form: form("reason"), ..waiting().page() }));
    all
}

#[test]
fn every_page_is_well_formed_and_complete_in_both_languages() {
    let pages = pages();
    for lang in [Fr, En] {
        for (name, render) in everything(lang) {
            for html in render(&pages, &frame(lang, "/runs?state=failed&done=started")) {
                let page = read(&html).unwrap_or_else(|e| panic!("{name} {lang:?}: {e}"));
                assert!(
                    !html.contains('⟨'),
                    "{name} {lang:?} lacks a text: {}",
                    &html[html.find('⟨').unwrap()..][..60]
                );
                let is_whole = html.contains("<html");
                for id in page.references.iter().filter(|_| is_whole) {
                    assert!(page.ids.contains(id), "{name} {lang:?}: nothing has the id {id}");
                }
                for link in &page.links {
                    // An application of one-time codes is opened by its own scheme.
                    let ours = link.starts_with(['/', '#']) || link.starts_with("otpauth://");
                    assert!(ours, "{name}: {link} leads elsewhere");
                }
                assert!(!page.text.contains("{ $"), "{name} {lang:?} shows a placeholder");
            }
        }
    }
}

#[test]
fn every_asset_that_a_page_names_is_there() {
    let pages = pages();
    let html = pages.full(&frame(Fr, "/"), &today(Fr)).unwrap();
    let links = read(&html).unwrap().links;
    let assets: Vec<&str> = links.iter().filter_map(|l| l.strip_prefix("/assets/")).collect();
    assert!(assets.len() >= 5, "{assets:?}");
    for name in assets {
        let (file, icon) = name.split_once('#').map_or((name, None), |(f, i)| (f, Some(i)));
        let asset = pages.asset(file).unwrap_or_else(|| panic!("no asset {file}"));
        if let Some(icon) = icon {
            let drawn = String::from_utf8_lossy(&asset.bytes).contains(&format!("id=\"{icon}\""));
            assert!(drawn, "no icon {icon}: name it in web/static/icons.txt");
        }
    }
    assert!(pages.asset("../Cargo.toml").is_none());
}

#[test]
fn the_first_load_stays_light() {
    let pages = pages();
    let html = pages.full(&frame(Fr, "/"), &today(Fr)).unwrap();
    let names: std::collections::BTreeSet<String> = read(&html)
        .unwrap()
        .links
        .iter()
        .filter_map(|l| Some(l.strip_prefix("/assets/")?.split('#').next()?.into()))
        .collect();
    let sent = |name: &String| pages.asset(name).map_or(0, |a| a.gzip.map_or(a.bytes.len(), <[u8]>::len));
    let bytes: usize = names.iter().map(sent).sum();
    assert!(bytes < 220_000, "{bytes} bytes of files");
}

/// What a person reads of a page, without its frame.
fn told(html: &str, from: &str, to: &str) -> String {
    let start = html.find(from).unwrap_or_else(|| panic!("no {from}"));
    let end = html[start..].find(to).map_or(html.len(), |i| start + i);
    let open = format!("<div>{}</div>", &html[start..end]);
    let mut text = String::new();
    for piece in open.split('<').skip(1) {
        if let Some((_, words)) = piece.split_once('>') {
            text.push_str(words);
            text.push(' ');
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace("&#39;", "'").replace("&quot;", "\"")
}

#[test]
fn a_journal_reads_as_sentences() {
    let pages = pages();
    let tell = |lang| {
        let html = pages.full(&frame(lang, "/"), &completed().page()).unwrap();
        told(&html, "<ol class=\"journal\">", "</ol>")
    };
    insta::assert_snapshot!("journal-fr", tell(Fr));
    insta::assert_snapshot!("journal-en", tell(En));
}

#[test]
fn a_loss_is_listed_by_partition_before_it_is_allowed() {
    let pages = pages();
    for lang in [Fr, En] {
        let html = pages.full(&frame(lang, "/"), &waiting().page()).unwrap();
        insta::assert_snapshot!(format!("loss-{}", lang.code()), told(&html, "<h2 id=\"loss\"", "</form>"));
        let census = inhabited().digest().to_string();
        assert!(html.contains(&format!("name=\"census\" value=\"{census}\"")), "what was read is what is allowed");
    }
}

#[test]
fn a_verdict_is_said_in_plain_words() {
    let pages = pages();
    for lang in [Fr, En] {
        let verdict = |page: &ProofPage| {
            let html = pages.full(&frame(lang, "/"), page).unwrap();
            told(&html, "<section class=\"card verdict", "</section>")
        };
        insta::assert_snapshot!(
            format!("verdict-{}", lang.code()),
            format!("{}\n{}", verdict(&completed().proof_page(lang)), verdict(&running().proof_page(lang)))
        );
    }
}

#[test]
fn every_event_has_its_sentence() {
    let fault = || Fault::new("disk-image-chunk-damaged").with("image", "a").with("pack", "b");
    let digest = Digest::of(b"x");
    let events = vec![
        Event::RunStarted { agent: "1".into(), facts: digest },
        Event::RunResumed { times: 3 },
        Event::StepStarted { attempt: 2 },
        Event::Warning { fault: fault() },
        Event::StepFailed { fault: fault(), again: true },
        Event::Waiting { fault: fault() },
        Event::CensusBefore { census: inhabited() },
        Event::LossAllowed { census: digest, order: Some(2) },
        Event::ImageCaptured { image: digest, name: "system".into(), used_bytes: 1, new_bytes: 1, chunks: 1 },
        Event::OrderReceived { number: 2, order: digest },
        Event::RunCancelled {},
    ];
    let mut story = running();
    story.events.extend(events.into_iter().map(|e| (Some("write"), e)));
    let pages = pages();
    for lang in [Fr, En] {
        let html = pages.full(&frame(lang, "/"), &story.page()).unwrap();
        assert!(!html.contains('⟨'), "{lang:?}");
        assert_eq!(html.matches("class=\"entry-text\"").count(), story.events.len());
    }
}

#[test]
fn what_machines_say_is_never_markup() {
    let mut page = machine_page(Fr);
    page.machine.hints.product = Some("<script>alert(1)</script>".into());
    page.boot_events[0].what = "<img src=x onerror=alert(1)>".into();
    let html = pages().full(&frame(Fr, "/"), &page).unwrap();
    assert!(!html.contains("<script>alert") && !html.contains("<img src=x"));
}

#[test]
fn the_frame_knows_where_one_is() {
    let pages = pages();
    let html = pages.full(&frame(En, "/machines?state=known&done=accepted"), &machines()).unwrap();
    assert!(html.contains("href=\"/machines\" aria-current=\"page\""));
    assert!(html.contains("data-hx-get=\"/machines?state=known&amp;part=live\""), "the notice is shown once");
    let mut dark = frame(En, "/");
    dark.theme = Theme::Dark;
    assert!(pages.full(&dark, &today(En)).unwrap().contains("data-bs-theme=\"dark\""));
    let mut noticed = frame(Fr, "/");
    noticed.notice = Notice::from_word("announced-1200");
    assert!(pages.full(&noticed, &today(Fr)).unwrap().contains("1\u{202f}200\u{a0}postes sont annoncés"));
    assert_eq!(Notice::from_word("anything"), None);
}

#[test]
fn options_are_asked_for_and_read_back() {
    let html = pages().full(&frame(Fr, "/"), &start(Some("debian"))).unwrap();
    assert!(html.contains("name=\"option.organisation\" value=\"Lycée Jules-Ferry\""));
    let mut debian = chosen("debian");
    debian.master.options.insert("seats".into(), 30.into());
    debian.master.options.insert("rooms".into(), 2.into());
    debian.holds.insert("rooms".into(), 5.into());
    let typed = typed_options(
        &debian,
        [
            ("option.rooms", "5"),
            ("option.organisation", "Lycée Jules-Ferry"),
            ("option.seats", "24"),
            ("option.more", "oui"),
            ("loss", "x"),
        ],
    );
    let expected = [("seats".to_string(), 24.into())].into();
    assert_eq!(typed, expected, "what the master says already is not said again, nor what it does not have");
}

#[test]
fn a_secret_that_was_typed_is_not_sent_back() {
    for lang in [Fr, En] {
        let html = pages().full(&frame(lang, "/machines/room"), &crate::wizard_samples::room_refused()).unwrap();
        assert!(!html.contains("s3cret") && html.contains("type=\"password\""), "{html}");
        assert!(html.contains("aria-invalid") && html.contains("value=\"99\""), "what was typed stays, and is marked");
    }
}
