//! Sequences are read, and wrong ones are refused by line.
use crate::kit::shipped;
use serde_json::json;
use socle_domain::sequence::{fill, holds, parse};
use socle_texts::{Arg, Fault};

#[test]
fn every_shipped_sequence_is_right() {
    for name in ["debian", "debian-room", "debian-fresh", "reset", "capture", "move-folder", "move-mailbox"] {
        let sequence = parse(&shipped(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(sequence.steps.iter().all(|s| s.title.is_some()), "{name}: a step without a title");
    }
}

fn line_of(fault: &Fault) -> f64 {
    match fault.args.iter().find(|(n, _)| n == "line") {
        Some((_, Arg::Number(n))) => *n,
        _ => panic!("no line in {fault}"),
    }
}

/// The error that `steps` (which begin on line 2) give: its code, its line, and words of its cause.
fn check(steps: &str, code: &str, line: usize, why: &str) {
    let fault = parse(&format!("title = {{ fr = \"a\", en = \"a\" }}\n{steps}")).unwrap_err();
    assert!(fault.is(code), "{steps}: {fault}");
    assert_eq!(line_of(&fault), line as f64, "{steps}: {fault}");
    assert!(fault.cause.as_deref().unwrap_or("").contains(why), "{steps}: {fault}");
}

#[test]
fn wrong_sequences_name_the_line() {
    let wrong = "domain-sequence-wrong";
    let unreadable = "domain-sequence-unreadable";
    let report = "[[step]]\nid = \"a\"\nkind = \"report\"\n";
    check("step = [", unreadable, 2, "");
    check(&format!("{report}[[step]]\nid = \"b\"\nkind = \"fly\"\n"), unreadable, 5, "fly");
    check("[[step]]\nid = \"b\"\nkind = \"check\"\nmemory = 4\n", unreadable, 2, "memory");
    check(&format!("{report}{report}"), wrong, 5, "same id");
    check("[[step]]\nid = \"B\"\nkind = \"report\"\n", wrong, 2, "lower-case");
    check("[[step]]\nid = \"b\"\nkind = \"report\"\nwhen = \"facts.\"\n", wrong, 2, "");
    check("[[step]]\nid = \"b\"\nkind = \"report\"\ntimeout_seconds = 0\n", wrong, 2, "never succeed");
    check("[[step]]\nid = \"b\"\nkind = \"apply-image\"\nimage = \"x\"\n", wrong, 2, "no partition step");
    check(&format!("{report}[[step]]\nid = \"b\"\nkind = \"reboot\"\n"), wrong, 5, "runs in the installed system");
    let kept = "[[step]]\nid = \"b\"\nkind = \"reset-image\"\nimage = \"x\"\nkeep_folders = [\"/home\"]\n";
    check(kept, wrong, 2, "a partition of its own");
    let file =
        |path: &str| format!("[[step]]\nid = \"b\"\nkind = \"write-file\"\ncontent = \"x\"\npath = \"{path}\"\n");
    check(&file("etc/motd"), wrong, 2, "not absolute");
    check(&file("/etc/../boot/x"), wrong, 2, "goes up");
    check(&file("/etc/{{ x"), wrong, 2, "");
    check("", unreadable, 1, "step");
}

#[test]
fn conditions_see_facts_and_never_guess() {
    let facts = json!({"memory_bytes": 8_589_934_592u64, "firmware": "uefi", "disks": [{"size_bytes": 5}]});
    let check = |text: &str| holds(text, &[("facts", &facts)]);
    assert!(check("facts.firmware == 'uefi' && facts.memory_bytes > 4000000000").unwrap());
    assert!(check("facts.disks.exists(d, d.size_bytes == 5)").unwrap());
    assert!(!check("has(facts.tpm)").unwrap());
    for undecidable in ["facts.tpm", "facts.memory_bytes", "1 +", "nobody.knows", "'a' < 1"] {
        assert!(check(undecidable).unwrap_err().is("domain-condition-wrong"), "{undecidable} was decided");
    }
}

#[test]
fn templates_are_filled_or_refused() {
    let target = json!({"name": "pc-01"});
    let check = |text: &str| fill(text, &[("target", &target)]);
    assert_eq!(check("{{ target.name }}\n").unwrap(), "pc-01\n");
    assert!(check("{{ target.nam }}").unwrap_err().is("domain-template-wrong"));
    assert!(check("{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}").is_err());
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_fall(text in "\\PC{0,300}") {
        let _ = parse(&text);
        let _ = holds(&text, &[]);
        let _ = fill(&text, &[]);
    }
}
