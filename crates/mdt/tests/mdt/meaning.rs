//! What MDT means by its lines, and what becomes of it.
use crate::{settings, share, source};
use serde_json::json;
use socle_domain::sequence;
use socle_mdt::{Import, Latitude, Reason, Target, Value, Verdict};
use socle_texts::Lang;

fn verdict<'i>(import: &'i Import, line: usize) -> &'i Verdict {
    &import.files[0].lines[line - 1]
}
fn left(import: &Import, line: usize, expect: Reason) {
    match verdict(import, line) {
        Verdict::Left { reason, .. } => assert_eq!(*reason, expect, "line {line}"),
        other => panic!("line {line}: {other:?}"),
    }
}
fn text(value: &str) -> Option<Value> {
    Some(Value::Text(value.into()))
}

#[test]
fn the_first_value_in_the_order_of_priority_wins() {
    let import = settings("[Settings]\nPriority=First,Second\n[Second]\nOrgName=b\nHome_Page=c\n[First]\nOrgName=a\n");
    assert_eq!(import.option("organisation").unwrap().value, text("a"));
    assert_eq!(import.option("home_page").unwrap().value, text("c"));
    left(&import, 4, Reason::Shadowed);
}

#[test]
fn sections_by_fact_become_rules() {
    let check = |priority: &str, section: &str, expect: &str| {
        let import = settings(&format!("[Settings]\nPriority={priority},Default\n[{section}]\nOrgName=x\n[Default]\n"));
        assert_eq!(import.rules[0].when, expect);
        assert_eq!(import.rules[0].sets[0].value, Value::Text("x".into()));
    };
    check("MACAddress", "00:15:5D:AA:BB:CC", "'00:15:5d:aa:bb:cc' in facts.macs");
    check("Model", "Latitude 5540", "has(facts.product) && facts.product == 'Latitude 5540'");
    check("Make,Model", "Dell Inc.", "has(facts.vendor) && facts.vendor == 'Dell Inc.'");
    check("SerialNumber,Model", "Latitude 5540", "has(facts.product) && facts.product == 'Latitude 5540'");
    check(
        "SerialNumber,Model",
        "20XW00ABFR",
        "(has(facts.serial) && facts.serial == '20XW00ABFR') || (has(facts.product) && facts.product == '20XW00ABFR')",
    );
    check(
        "UUID",
        "4C4C4544-0042-3510-8051-B7C04F4E3132",
        "has(facts.uuid) && facts.uuid == '4c4c4544-0042-3510-8051-b7c04f4e3132'",
    );
}

#[test]
fn a_gateway_leads_to_a_site() {
    let ini = "[Settings]\nPriority=DefaultGateway,Default\n[DefaultGateway]\n10.1.1.1=PARIS\n10.1.2.1=PARIS\n10.2.1.1=NULLE\n\
               [PARIS]\nOrgName=Paris\n[Default]\nOrgName=Centre\n";
    let import = settings(ini);
    assert_eq!(import.rules[0].when, "has(facts.gateway) && facts.gateway in ['10.1.1.1', '10.1.2.1']");
    assert_eq!(import.option("organisation").unwrap().value, text("Centre"));
    left(&import, 6, Reason::NoSuchSection);
}

#[test]
fn subsections_lead_on() {
    let ini = "[Settings]\nPriority=ByLaptop,Default\n[ByLaptop]\nSubsection=Laptop-%IsLaptop%\n[Laptop-True]\nOrgName=l\n\
               Subsection=L-%Make%\n[Laptop-False]\nOrgName=d\n[L-HP]\nHome_Page=hp\n";
    let import = settings(ini);
    let when: Vec<_> = import.rules.iter().map(|r| (r.name.as_str(), r.when.as_str())).collect();
    let laptop = "has(facts.chassis) && facts.chassis == 'laptop'";
    assert_eq!(when[0], ("laptop-true", laptop));
    assert_eq!(when[1].1, format!("({laptop}) && (has(facts.vendor) && facts.vendor == 'HP')"));
    assert_eq!(when[2].1, format!("!({laptop})"));
}

#[test]
fn the_pages_of_the_wizard_become_latitude() {
    let latitude = |ini: &str| {
        let import = settings(&format!("[Settings]\nPriority=Default\n[Default]\nTimeZoneName=z\nOrgName=o\n{ini}"));
        (import.option("time_zone").unwrap().latitude, import.option("organisation").unwrap().latitude)
    };
    assert_eq!(latitude("SkipTimeZone=YES\n"), (Latitude::Fixed, Latitude::Fixed));
    assert_eq!(latitude("SkipTimeZone=NO\n"), (Latitude::Asked, Latitude::Fixed));
    assert_eq!(latitude(""), (Latitude::Asked, Latitude::Fixed), "a page that nobody skips is shown");
    assert_eq!(latitude("SkipWizard=YES\n"), (Latitude::Fixed, Latitude::Fixed));
    let asked = settings("[Settings]\nPriority=Default\n[Default]\nSkipTimeZone=NO\n");
    assert_eq!(asked.option("time_zone").unwrap().latitude, Latitude::Asked, "asked without a value");
    assert_eq!(asked.option("time_zone").unwrap().value, None);
}

#[test]
fn a_rule_neither_gives_back_nor_takes_away_a_choice() {
    let ini = |default: &str, own: &str| {
        format!(
            "[Settings]\nPriority=Model,Default\n[A b]\nSkipTimeZone={own}\n[Default]\nTimeZoneName=z\nSkipTimeZone={default}\n"
        )
    };
    left(&settings(&ini("YES", "NO")), 4, Reason::Widens);
    left(&settings(&ini("NO", "YES")), 4, Reason::RuleFixes);
    left(&settings(&ini("YES", "YES")), 4, Reason::Shadowed);
}

#[test]
fn lists_add_up_as_far_as_one_rule_reaches() {
    let ini = "[Settings]\nPriority=Model,Default\n[A b]\nAdministrators001=x\n[C d]\nAdministrators001=y\n\
               [Default]\nAdministrators001=z\nAdministrators002=x\n";
    let import = settings(ini);
    let list = |values: &[&str]| Value::List(values.iter().map(|v| (*v).to_string()).collect());
    assert_eq!(import.option("administrators").unwrap().value, Some(list(&["z", "x"])));
    assert_eq!(import.rules[0].sets[0].value, list(&["x", "z"]), "once each, in MDT's order");
    assert_eq!(import.rules[1].sets[0].value, list(&["y", "z", "x"]));
    let caution = Some(Reason::ListAdds);
    assert_eq!(*verdict(&import, 4), Verdict::Carried { to: Target::Rule("a-b".into()), caution });
}

#[test]
fn names_become_announcements_and_patterns() {
    let ini = "[Settings]\nPriority=MACAddress,SerialNumber,Default\n[00:11:22:33:44:55]\nOSDComputerName=CDI-01\n\
               [PF2X8K1L]\nOSDComputerName=Direction\n[Default]\nOSDComputerName=PC-%SerialNumber%\n";
    let import = settings(ini);
    let of = |n: usize| {
        (import.announced[n].name.as_str(), import.announced[n].mac.as_deref(), import.announced[n].serial.as_deref())
    };
    assert_eq!(of(0), ("cdi-01", Some("00:11:22:33:44:55"), None));
    assert_eq!(of(1), ("direction", None, Some("PF2X8K1L")));
    assert_eq!((import.naming[0].pattern.as_str(), import.naming[0].when.as_str()), ("pc-{serial}", "true"));
    left(&settings("[Settings]\nPriority=Default\n[Default]\nOSDComputerName=SEUL\n"), 4, Reason::OneName);
}

#[test]
fn a_property_of_the_share_never_takes_the_place_of_another() {
    let ini = "[Settings]\nPriority=Default\nProperties=Domain,Outils(*)\n[Default]\nDomain=own\nJoinDomain=real\nOutils001=a\nInconnue=1\n";
    let import = settings(ini);
    assert_eq!(import.option("domain").unwrap().value, text("real"));
    assert_eq!(import.option("domain_2").unwrap().value, text("own"));
    assert_eq!(import.option("outils").unwrap().value, Some(Value::List(vec!["a".into()])));
    left(&import, 8, Reason::UnknownVariable);
}

/// Every draft reads as a sequence, its options are declarations that hold, its values are of their kind.
#[test]
fn drafts_read_and_values_fit() {
    for name in ["school", "large", "nasty"] {
        let import = socle_mdt::read(&share(name), Lang::Fr).unwrap();
        for master in &import.masters {
            let sequence = sequence::parse(&master.sequence).unwrap_or_else(|e| panic!("{e}\n{}", master.sequence));
            for found in &import.options {
                let spec = sequence.options.iter().find(|o| o.name == found.name).expect("declared in the draft");
                spec.check().unwrap();
                if let Some(value) = &found.value {
                    spec.check_value(&json!(value)).unwrap();
                }
                for set in import.rules.iter().flat_map(|r| &r.sets).filter(|s| s.option == found.name) {
                    spec.check_value(&json!(set.value)).unwrap();
                }
            }
        }
        for rule in &import.rules {
            socle_domain::rule::read_condition(&rule.when).unwrap();
        }
    }
}

#[test]
fn the_school_is_carried() {
    let import = socle_mdt::read(&share("school"), Lang::Fr).unwrap();
    let sequence = sequence::parse(&import.masters[0].sequence).unwrap();
    let words: Vec<_> = sequence.steps.iter().map(|s| s.action.word()).collect();
    assert_eq!(words, ["check", "partition", "apply-image", "set-identity", "reboot", "report"]);
    assert_eq!(import.masters[0].images, [("windows-11-education".to_string(), "Windows 11 Éducation".to_string())]);
    assert_eq!(import.option("organisation").unwrap().value, text("Collège Jean-Moulin"), "Windows-1252 was read");
    let applications = Value::List(vec!["libreoffice-24-8".into(), "geogebra-eleves".into()]);
    assert_eq!(import.option("applications").unwrap().value, Some(applications), "UTF-16 was read");
}

#[test]
fn conditions_of_steps_are_carried_or_the_step_is_left() {
    let step = |condition: &str| {
        let ts = format!(
            "<sequence><group name='g'><step type='BDD_Validate' name='v'>{condition}<defaultVarList>\
             <variable name='ImageMemory'>100</variable></defaultVarList></step></group></sequence>"
        );
        let list = "<tss><ts><Name>n</Name><ID>A</ID></ts></tss>";
        let sources = [source("Control/TaskSequences.xml", list), source("Control/A/ts.xml", &ts)];
        let import = socle_mdt::read(&sources, Lang::En).unwrap();
        let sequence = sequence::parse(&import.masters[0].sequence).unwrap();
        sequence.steps.into_iter().find(|s| s.id == "v").map(|s| s.when.unwrap_or_else(|| "true".into()))
    };
    let variable = |name: &str, operator: &str, value: &str| {
        format!(
            "<expression type='SMS_TaskSequence_VariableConditionExpression'><variable name='Variable'>{name}</variable>\
             <variable name='Operator'>{operator}</variable><variable name='Value'>{value}</variable></expression>"
        )
    };
    let check = |inner: &str, expect: Option<&str>| {
        assert_eq!(step(&format!("<condition>{inner}</condition>")).as_deref(), expect, "{inner}");
    };
    check("", Some("true"));
    check(&variable("DeploymentType", "equals", "NEWCOMPUTER"), Some("true"));
    check(&variable("DeploymentType", "notEquals", "NEWCOMPUTER"), None);
    check(&variable("IsUEFI", "equals", "True"), Some("true"));
    check(&variable("Make", "equals", "HP"), Some("has(facts.vendor) && facts.vendor == 'HP'"));
    check(&variable("Memory", "greaterEqual", "4096"), Some("facts.memory_bytes >= 4294967296"));
    check(&variable("Bananes", "equals", "1"), None);
    check(&variable("Make", "like", "H*"), None);
    let or = format!(
        "<operator type='or'>{}{}</operator>",
        variable("Make", "equals", "A"),
        variable("Make", "equals", "B")
    );
    check(&or, Some("has(facts.vendor) && facts.vendor in ['A', 'B']"));
    let not = format!("<operator type='not'>{}</operator>", variable("Model", "equals", "M"));
    check(&not, Some("!(has(facts.product) && facts.product == 'M')"));
    let wmi = |query: &str| {
        format!(
            "<expression type='SMS_TaskSequence_WMIConditionExpression'><variable name='Query'>{query}</variable></expression>"
        )
    };
    check(
        &wmi("SELECT * FROM Win32_ComputerSystem WHERE Model = 'X 1'"),
        Some("has(facts.product) && facts.product == 'X 1'"),
    );
    check(&wmi("SELECT * FROM Win32_ComputerSystem WHERE Model LIKE '%X%'"), None);
    check("<osConditionGroup/>", None);
}
