//! Shares that mean harm, or none.
use crate::{settings, share, source};
use socle_mdt::{MAX_FILES, Reason, Source, Verdict, read, wanted};
use socle_texts::Lang;

fn reasons(path: &str) -> Vec<Reason> {
    let import = read(&share("nasty"), Lang::En).unwrap();
    let file = import.files.iter().find(|f| f.path.eq_ignore_ascii_case(path)).expect(path);
    let reason = |v: &Verdict| match v {
        Verdict::Left { reason, .. } => Some(*reason),
        _ => None,
    };
    let mut all: Vec<Reason> = file.lines.iter().filter_map(reason).collect();
    all.sort();
    all.dedup();
    all
}

#[test]
fn a_document_type_is_refused_unread() {
    assert_eq!(reasons("Control/Applications.xml"), [Reason::XmlDtd], "a billion laughs");
    assert_eq!(reasons("Control/OperatingSystems.xml"), [Reason::XmlDtd], "an external entity");
    let import = read(&share("nasty"), Lang::En).unwrap();
    let said = serde_json::to_string(&import).unwrap();
    assert!(!said.contains("root:") && !said.contains("lollol"));
}

#[test]
fn broken_and_foreign_files_are_left_whole() {
    assert_eq!(reasons("Control/CASSE/ts.xml"), [Reason::BrokenXml]);
    assert_eq!(reasons("Control/PERDUE/ts.xml"), [Reason::Unreached]);
    assert_eq!(reasons("Control/Extra.xml"), [Reason::OtherList]);
    assert_eq!(reasons("Control/Autre.ini"), [Reason::OtherList]);
}

/// Elements in elements, a hundred thousand deep: an answer, not the end of the stack.
#[test]
fn depth_is_no_danger() {
    for (open, close) in [("<a>", "</a>"), ("<group name='x'>", "</group>")] {
        let text = format!("<sequence>{}{}</sequence>", open.repeat(100_000), close.repeat(100_000));
        let list = "<tss><ts><Name>n</Name><ID>A</ID></ts></tss>";
        let sources = [source("Control/TaskSequences.xml", list), source("Control/A/ts.xml", &text)];
        // A small stack shows it sooner.
        let work = move || read(&sources, Lang::En).map(|i| i.totals()).unwrap();
        let totals = std::thread::Builder::new().stack_size(1 << 20).spawn(work).unwrap().join().unwrap();
        assert_eq!(totals.lines, 2);
    }
}

/// Subsections that lead to each other, and that multiply.
#[test]
fn circles_end() {
    let mut ini = String::from("[Settings]\nPriority=S0,Default\n");
    for n in 0..200 {
        ini += &format!("[S{n}]\nSubsection=S%Model%\nSubsection1=S%Make%\nOrgName=o{n}\n");
    }
    let began = std::time::Instant::now();
    let import = settings(&ini);
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    assert_eq!(import.totals().lines, 2 + 200 * 4);
}

#[test]
fn limits_hold() {
    let many: Vec<Source> = (0..=MAX_FILES).map(|n| source(&format!("Control/{n}.xml"), "")).collect();
    assert!(read(&many, Lang::En).unwrap_err().is("mdt-share-too-large"));
    assert!(read(&[source("Control/Autre.ini", "")], Lang::En).unwrap_err().is("mdt-share-none"));
    let long = format!("[Settings]\nPriority=Default\n[Default]\nOrgName={}\n", "x".repeat(5_000));
    let import = settings(&long);
    assert!(import.option("organisation").is_none());
    let mut ini = String::from("[Settings]\nPriority=Model,Default\n");
    (0..3_000).for_each(|n| ini += &format!("[Model {n}]\nOrgName=o{n}\n"));
    let import = settings(&ini);
    assert_eq!(import.rules.len(), socle_domain::rule::MAX_RULES);
    assert_eq!(import.totals().left, 3_000 - import.rules.len());
}

#[test]
fn only_what_is_needed_is_opened() {
    for yes in ["Control/CustomSettings.ini", "CONTROL/bootstrap.INI", "Control/W11/TS.xml", "control/x/Unattend.xml"] {
        assert!(wanted(yes), "{yes}");
    }
    for no in ["Scripts/ZTIGather.wsf", "Control/W11/evil.vbs", "ts.xml", "Applications/x.xml", "Control/a/b/ts.xml"] {
        assert!(!wanted(no), "{no}");
    }
}
