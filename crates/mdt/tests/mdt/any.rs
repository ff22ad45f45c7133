//! Whatever stands in a share: every line is accounted for, what is said to be carried is there, and no secret is printed.
use crate::source;
use proptest::prelude::*;
use socle_mdt::{Import, Source, Target, Verdict, read, report};
use socle_texts::Lang;

/// A password that no word of ours looks like.
const SECRET: &str = "Zq9-topsecret-Zq9";

fn key() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "Priority",
        "Properties",
        "Subsection",
        "Subsection1",
        "OrgName",
        "TimeZoneName",
        "SkipTimeZone",
        "SkipWizard",
        "SkipAdminPassword",
        "Applications001",
        "Applications002",
        "Administrators001",
        "OSDComputerName",
        "UserExit",
        "SQLServer",
        "WebService",
        "Own",
        "Liste001",
        "KeyboardLocale",
        "InputLocale",
        "DriverGroup001",
        "JoinDomain",
        "TaskSequenceID",
        "BDEInstall",
        "Own ",
        "own",
        "Domain",
    ]);
    prop_oneof![8 => known.prop_map(str::to_string), 1 => "[^\r\n]{0,12}"]
}
fn value() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "",
        "YES",
        "NO",
        "x",
        "Model,Make,SerialNumber,MACAddress,DefaultGateway,ByX,Default",
        "Default,ByX,Model",
        "Own,Liste(*),Domain",
        "%Model%",
        "L-%IsLaptop%",
        "%Own%-%Make%",
        "#Left(\"%Model%\",2)#",
        "PC-%SerialNumber%",
        "PC-1",
        "{11111111-1111-4111-8111-111111111111}",
        "[x]",
        ";",
        "=",
    ]);
    prop_oneof![8 => known.prop_map(str::to_string), 1 => "[^\r\n]{0,20}"]
}
fn line() -> impl Strategy<Value = String> {
    let section = prop::sample::select(vec![
        "[Settings]",
        "[Default]",
        "[ByX]",
        "[L-True]",
        "[L-False]",
        "[A b]",
        "[HP]",
        "[20XW00ABFR]",
        "[DefaultGateway]",
        "[00:11:22:33:44:55]",
        "[x]",
        "[]",
        "[a]]",
        " [Default] ",
    ]);
    let secret = prop::sample::select(vec![
        "AdminPassword",
        "DomainAdminPassword",
        "DBPwd",
        "MonMotDePasse",
        "ApiKey",
        "ProductKey",
    ]);
    prop_oneof![
        3 => section.prop_map(str::to_string),
        9 => (key(), value()).prop_map(|(k, v)| format!("{k}={v}")),
        1 => secret.prop_map(|k| format!("{k}={SECRET}")),
        1 => "[ \t]{0,3}",
        1 => "[;][^\r\n]{0,12}",
        1 => "[^\r\n]{0,20}",
    ]
}
fn ini() -> impl Strategy<Value = String> {
    (prop::collection::vec(line(), 0..40), any::<bool>()).prop_map(|(lines, windows)| {
        // Mostly with a head that leads somewhere.
        let end = if windows { "\r\n" } else { "\n" };
        let mut all = vec![
            "[Settings]".to_string(),
            "Priority=ByX,Model,MACAddress,Default".into(),
            "Properties=Own,Liste(*)".into(),
        ];
        if lines.len() % 5 == 0 {
            all.clear();
        }
        all.extend(lines);
        all.join(end)
    })
}

fn xml() -> impl Strategy<Value = String> {
    let condition = |variable: &str| {
        format!(
            "<condition><expression type=\"SMS_TaskSequence_VariableConditionExpression\"><variable name=\"Variable\">{variable}\
             </variable><variable name=\"Operator\">equals</variable>\n<variable name=\"Value\">True</variable></expression></condition>"
        )
    };
    let part = prop_oneof![
        prop::sample::select(vec![
            "BDD_Validate",
            "BDD_InstallOS",
            "SMS_TaskSequence_PartitionDiskAction",
            "SMS_TaskSequence_SetVariableAction",
            "BDD_Gather",
            "SMS_TaskSequence_RebootAction",
            "SMS_TaskSequence_RunCommandLineAction",
            "Other",
            ""
        ])
        .prop_flat_map(move |kind| {
            let conditions = vec![String::new(), condition("IsLaptop"), condition("IsUEFI"), condition("Nothing")];
            (prop::sample::select(conditions), "[a-z ]{0,6}", any::<bool>()).prop_map(move |(condition, name, off)| {
                format!(
                    "<step type=\"{kind}\" name=\"{name}\" disable=\"{off}\">\n{condition}<defaultVarList>\n\
                     <variable name=\"OSGUID\">{{1}}</variable>\n<variable name=\"VariableName\">Own</variable>\
                     <variable name=\"VariableValue\">v</variable>\n<variable name=\"JoinPassword\">{SECRET}</variable>\
                     </defaultVarList>\n<action>run /password:{SECRET}</action></step>"
                )
            })
        }),
        Just("<group name=\"g\">\n".to_string()),
        Just("</group>\n".to_string()),
        Just("<!-- note -->\n".to_string()),
        Just("text\n".to_string()),
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| format!("<sequence>\n{}</sequence>\n", parts.concat()))
}

const LIST: &str = "<tss><ts guid=\"{1}\"><Name>n</Name><ID>A</ID></ts></tss>\n";
const SYSTEMS: &str = "<oss>\n<os guid=\"{1}\"><Name>W</Name></os></oss>\n";

fn check(sources: &[Source]) -> Import {
    let import = read(sources, Lang::En).unwrap();
    let totals = import.totals();
    let lines: usize = import.files.iter().map(|f| f.lines.len()).sum();
    assert_eq!(totals.lines, lines);
    assert_eq!(totals.form + totals.carried + totals.sealed + totals.harmless + totals.left, lines);
    for file in &import.files {
        let source = sources.iter().find(|s| s.path == file.path).unwrap();
        let text = String::from_utf8_lossy(&source.bytes);
        assert_eq!(text.lines().count(), file.lines.len(), "{}", file.path);
        for (line, verdict) in text.lines().zip(&file.lines) {
            // A byte order mark is no part of the line.
            let line = line.trim_start_matches('\u{feff}');
            let says_nothing = line.trim().is_empty() || line.trim().starts_with(';');
            if file.path.ends_with(".ini") && !says_nothing {
                assert_ne!(*verdict, Verdict::Form, "{line:?} was forgotten");
            }
            if line.contains(SECRET) {
                assert!(
                    matches!(verdict, Verdict::Sealed { .. } | Verdict::Left { .. }),
                    "a secret in {line:?} is {verdict:?}"
                );
            }
            if let Verdict::Carried { to, .. } = verdict {
                assert!(is_there(&import, to), "{line:?}: {to:?} is not there");
            }
            if let Verdict::Sealed { option } = verdict {
                assert!(import.secrets.iter().any(|s| s.option == *option));
            }
        }
    }
    for lang in [Lang::Fr, Lang::En] {
        assert!(!report::words(&import, lang).contains(SECRET));
    }
    assert!(!serde_json::to_string(&import).unwrap().contains(SECRET));
    for master in &import.masters {
        socle_domain::sequence::parse(&master.sequence).unwrap();
    }
    for rule in &import.rules {
        socle_domain::rule::read_condition(&rule.when).unwrap();
        assert!(!rule.sets.is_empty() || import.secrets.iter().any(|s| s.rule.as_ref() == Some(&rule.name)));
    }
    import
}

fn is_there(import: &Import, to: &Target) -> bool {
    match to {
        Target::Option(name) => {
            import.option(name).is_some_and(|o| o.value.is_some())
                || import.masters.iter().any(|m| m.sequence.contains("default = "))
        }
        Target::Rule(name) => import.rules.iter().any(|r| r.name == *name),
        Target::Machine(name) => import.announced.iter().any(|a| a.name == *name),
        Target::Naming(name) => name == "name" || import.naming.iter().any(|n| n.name == *name),
        Target::Master(name) => import.masters.iter().any(|m| m.name == *name),
        Target::Package(_) | Target::Latitude(_) | Target::Order => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_line_of_settings_is_accounted_for(text in ini(), boot in ini()) {
        check(&[source("Control/CustomSettings.ini", &text), source("Control/Bootstrap.ini", &boot)]);
    }

    #[test]
    fn every_line_of_a_sequence_is_accounted_for(text in xml()) {
        check(&[
            source("Control/TaskSequences.xml", LIST),
            source("Control/OperatingSystems.xml", SYSTEMS),
            source("Control/A/ts.xml", &text),
        ]);
    }

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..400), name in 0..4usize) {
        let path = ["Control/CustomSettings.ini", "Control/TaskSequences.xml", "Control/A/ts.xml", "Control/A/Unattend.xml"][name];
        let base = source("Control/TaskSequences.xml", LIST);
        let mut sources = vec![Source { path: path.into(), bytes }];
        if name != 1 {
            sources.push(base);
        }
        let import = read(&sources, Lang::En).unwrap();
        let lines: usize = import.files.iter().map(|f| f.lines.len()).sum();
        prop_assert_eq!(import.totals().lines, lines);
    }
}
