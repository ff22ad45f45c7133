//! Reports, word for word, in both languages; drafts and JSON beside them. `SOCLE_BLESS=1` writes them anew: review the
//! difference as you would review code.
use crate::share;
use socle_texts::Lang;
use std::{fs, path::Path};

fn check(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("SOCLE_BLESS").is_some() {
        fs::write(&path, text).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert!(golden == text, "{name} differs from the golden file:\n{text}");
}

#[test]
fn each_share_has_its_report() {
    for name in ["school", "large", "nasty"] {
        for lang in [Lang::Fr, Lang::En] {
            let import = socle_mdt::read(&share(name), lang).unwrap();
            let words = socle_mdt::report::words(&import, lang);
            assert!(!words.contains('⟨'), "a sentence is missing: {words}");
            check(&format!("{name}.{}.txt", lang.code()), &words);
            if lang == Lang::Fr {
                let json = serde_json::to_string_pretty(&import).unwrap() + "\n";
                check(&format!("{name}.json"), &json);
                import.masters.iter().for_each(|m| check(&format!("{name}.{}.toml", m.name), &m.sequence));
            }
        }
    }
}

/// What nobody may print: every password of the sample shares.
const SECRETS: &[&str] = &[
    "Baobab",
    "Tilleul",
    "Chataigne",
    "Olivier77",
    "Saone",
    "Garonne",
    "Marne94",
    "Vilaine35",
    "Charente16",
    "Isere38",
    "QQBiAGMA",
    "Rhone01",
    "Ardeche07",
    "Loire",
    "Durance",
];

#[test]
fn no_password_is_ever_printed() {
    for name in ["school", "large", "nasty"] {
        let import = socle_mdt::read(&share(name), Lang::En).unwrap();
        let mut said = socle_mdt::report::words(&import, Lang::En);
        said += &serde_json::to_string(&import).unwrap();
        said += &format!("{import:?}");
        for secret in SECRETS {
            assert!(!said.contains(secret), "{name}: {secret} was printed");
        }
        let all: Vec<u8> = share(name).into_iter().flat_map(|s| s.bytes).filter(|b| *b != 0).collect();
        let all = String::from_utf8_lossy(&all).into_owned();
        assert!(SECRETS.iter().any(|s| all.contains(s)), "{name} holds passwords to begin with");
    }
}

#[test]
fn each_password_was_sealed_or_pointed_at() {
    let sealed = |name: &str| -> Vec<(String, String, usize)> {
        let import = socle_mdt::read(&share(name), Lang::En).unwrap();
        let one = |s: &socle_mdt::Secret| (s.option.clone(), s.expose().to_string(), s.place.line);
        import.secrets.iter().map(one).collect()
    };
    let is =
        |all: &[(String, String, usize)], option: &str, value: &str| all.iter().any(|s| s.0 == option && s.1 == value);
    let school = sealed("school");
    assert!(is(&school, "administrator_password", "Baobab-1987"), "{:?}", school.len());
    assert!(is(&school, "domain_password", "Tilleul#42") && is(&school, "share_password", "Chataigne!"));
    let large = sealed("large");
    assert!(is(&large, "administrator_password", "Saone-69") && is(&large, "domain_password", "Garonne=31"));
    let nasty = sealed("nasty");
    assert!(is(&nasty, "database_password", "Rhone01") && is(&nasty, "administrator_password", "Premier-Loire"));
}
