//! The screen as a person sees it, in a real terminal buffer of 80 by 25.
use ratatui::{Terminal, backend::TestBackend};
use socle_agent::screen::{Line, Progress, Trouble, View, Work, draw};
use socle_texts::Lang;
use std::time::Duration;

fn shown(view: &View) -> String {
    let mut terminal = Terminal::new(TestBackend::new(80, 25)).unwrap();
    terminal.draw(|frame| draw(frame, view)).unwrap();
    terminal.backend().to_string()
}

fn view(lang: Lang) -> View {
    let mut view = View::new(lang);
    view.elapsed = Duration::from_secs(187);
    view.model = "QEMU Standard PC".into();
    view.serial = "lab-7".into();
    view.mac = "52:54:00:00:00:01".into();
    view.address = "10.77.0.100".into();
    view.server = "https://10.77.0.1:8443".into();
    let line = |s: u64, text: &str, bad| Line { at: Duration::from_secs(s), text: text.into(), bad };
    view.push(line(1, "Pilotes chargés en 812 ms.", false));
    view.push(line(3, "Ce poste a l'adresse 10.77.0.100.", false));
    view
}

#[test]
fn a_machine_that_waits_to_be_recognised() {
    let mut view = view(Lang::Fr);
    view.code = Some("482913".into());
    insta::assert_snapshot!(shown(&view));
}

#[test]
fn a_machine_at_work() {
    let mut view = view(Lang::Fr);
    view.name = Some("salle12-03".into());
    view.work = Some(Work {
        master: "debian 12.1".into(),
        title: "Installer un poste Debian".into(),
        step: 3,
        steps: 8,
        step_title: "Écrire le système".into(),
        phase: "agent-phase-install".into(),
    });
    view.progress = Some(Progress {
        done_bytes: 1_234_567_890,
        total_bytes: 3_000_000_000,
        bytes_per_second: 88_000_000,
        seconds_left: Some(20),
    });
    insta::assert_snapshot!(shown(&view));
}

#[test]
fn a_machine_in_trouble() {
    let mut view = view(Lang::En);
    view.name = Some("salle12-03".into());
    view.trouble = Some(Trouble {
        what: "This would destroy 1,234 files and folders (5,678 bytes) in 2 parts of the disk. Nothing was changed."
            .into(),
        next: Some("Read the list in the console, then allow the loss or cancel the run.".into()),
    });
    insta::assert_snapshot!(shown(&view));
}

#[test]
fn every_character_exists_on_a_bare_console() {
    // Code page 437 beyond ASCII: what a console shows without loading any font.
    let known = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■";
    for lang in [Lang::Fr, Lang::En] {
        for (key, room) in socle_texts::keys(lang) {
            let text = socle_texts::says(lang, &key, &[]).unwrap_or_default();
            let odd: String = text.chars().filter(|c| !c.is_ascii() && !known.contains(*c)).collect();
            assert!(room != "agent" || odd.is_empty(), "{key} in {lang:?}: {odd:?} has no shape on a bare console");
        }
    }
    let mut view = view(Lang::Fr);
    view.code = Some("482913".into());
    let odd: String = shown(&view).chars().filter(|c| !c.is_ascii() && !known.contains(*c)).collect();
    assert!(odd.is_empty(), "{odd:?}");
}
