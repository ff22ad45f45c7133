//! Taking secrets and people out of texts. The same name becomes the same word within one bundle and another one in the
//! next: the salt is thrown away.
//!
//! It errs towards too much: a surname that is also an ordinary word disappears everywhere.
use regex_lite::{Captures, Regex};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap},
    net::{Ipv4Addr, Ipv6Addr},
};

/// Parts of names that are ordinary words of French, Dutch or Arabic names: taken out alone, they would hollow every text.
const PARTICLES: [&str; 24] = [
    "de", "du", "des", "la", "le", "les", "et", "en", "au", "van", "von", "der", "den", "el", "al", "ben", "bin", "di",
    "da", "dos", "the", "of", "and", "socle",
];
/// Fields whose value is never anything else than about a person or a secret, whatever it looks like.
const PERSONAL: [&str; 21] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "cookie",
    "authorization",
    "login",
    "mail",
    "email",
    "host_name",
    "hostname",
    "user",
    "username",
    "account",
    "who_name",
    "serial",
    "subject_name",
    "asset",
    "person",
    "link",
];
const GONE: &str = "[secret]";
/// From this length on a string of letters and digits may be a key.
const MAY_BE_A_KEY: usize = 32;

/// What takes things out.
pub struct Scrub {
    salt: [u8; 16],
    words: HashMap<String, String>,
    secrets: Vec<String>,
    counts: BTreeMap<&'static str, usize>,
    patterns: Patterns,
}

struct Patterns {
    pem: Regex,
    pem_of_lines: Regex,
    user_of_url: Regex,
    bearer: Regex,
    named: Regex,
    link: Regex,
    mail: Regex,
    colons: Regex,
    dashes: Regex,
    bare_mac: Regex,
    ipv4: Regex,
    long: Regex,
    escaped: Regex,
}

impl Patterns {
    fn new() -> Option<Patterns> {
        let of = |text: &str| Regex::new(text).ok();
        Some(Patterns {
            pem: of(r"(?s)-----BEGIN [^-]*-----.*?(-----END [^-]*-----|\z)")?,
            // Over several lines: what can be part of a key, to its end or as far as that goes.
            pem_of_lines: of(r"-----BEGIN [^-\n]*-----[A-Za-z0-9+/=\s]*(-----END [^-\n]*-----)?")?,
            user_of_url: of(r#"://[^/\s"'<>]*@"#)?,
            bearer: of(r"(?i)\b(bearer|basic|digest)\s+[A-Za-z0-9._~+/=:-]+")?,
            named: of(
                r#"(?i)\b((?:[a-z0-9_-]*)(?:password|passwd|passphrase|secret|token|api[_-]?key|cookie|authorization|pwd|mot de passe)[a-z0-9_-]*["']?\s*[:=]\s*["']?)[^\s"',;}]+"#,
            )?,
            link: of(r"/welcome/[^\s/?]+")?,
            mail: of(r#"[^\s@"'<>(),;:=/]+@[^\s@"'<>(),;:=/]+"#)?,
            colons: of(r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){3,7}")?,
            dashes: of(r"\b[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}\b")?,
            bare_mac: of(r"\b[0-9A-Fa-f][0-9A-Fa-f-]{10,}[0-9A-Fa-f]\b")?,
            ipv4: of(r"\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b")?,
            long: of(r"[A-Za-z0-9+/_=-]{32,}")?,
            escaped: of(r"(?:%[0-9A-Fa-f]{2})+")?,
        })
    }
}

impl Scrub {
    /// One that knows no names yet.
    pub fn new(salt: [u8; 16]) -> Scrub {
        // Written above and tried by every test: a pattern that could not be read would stop all of them.
        let patterns = Patterns::new().unwrap_or_else(|| unreachable!("the patterns are constants"));
        Scrub { salt, words: HashMap::new(), secrets: Vec::new(), counts: BTreeMap::new(), patterns }
    }

    /// Learns a name. Of a person's, each part counts: first names stand alone too.
    pub fn learn(&mut self, kind: &'static str, name: &str, parts_too: bool) {
        let whole = name.trim().to_lowercase();
        if whole.is_empty() || PARTICLES.contains(&whole.as_str()) {
            return;
        }
        let known = self.words.get(&whole).cloned();
        let word = known.unwrap_or_else(|| {
            let count = self.counts.entry(kind).or_insert(0);
            *count += 1;
            format!("[{kind}-{count}]")
        });
        let mut learn = |text: &str| {
            self.words.entry(text.to_string()).or_insert_with(|| word.clone());
        };
        learn(&whole);
        if parts_too {
            let parts = whole
                .split(|c: char| !c.is_alphanumeric())
                .filter(|p| p.chars().count() >= 2 && !PARTICLES.contains(p) && p.chars().any(char::is_alphabetic));
            parts.for_each(&mut learn);
            // Names of several words, joined by something else where they are repeated.
            let joined: Vec<&str> = whole.split_whitespace().collect();
            if joined.len() > 1 {
                ["-", ".", "_", ""].iter().for_each(|joint| learn(&joined.join(joint)));
            }
        }
    }

    /// Learns something that must not stand anywhere, whole.
    pub fn forbid(&mut self, secret: &str) {
        for line in secret.lines().map(str::trim).filter(|l| l.len() >= 3) {
            self.secrets.push(line.to_string());
        }
        self.secrets.sort_by_key(|s| std::cmp::Reverse(s.len()));
        self.secrets.dedup();
    }

    /// A short name for what is not shown: the same for the same, within one bundle.
    fn stands_for(&self, what: &str) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.salt);
        hasher.update(what.to_lowercase().as_bytes());
        hasher.finalize().to_hex()[..10].to_string()
    }

    /// A hardware address keeps its maker, which tells drivers apart, and loses what makes it one machine's.
    fn mac(&self, mac: &str) -> String {
        let digits: String = mac.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_lowercase();
        let joint = if mac.contains('-') { "-" } else { ":" };
        let own = self.stands_for(&digits);
        let all = format!("{}{}", &digits[..6], &own[..6]);
        let pairs: Vec<&str> = (0..6).map(|n| &all[2 * n..2 * n + 2]).collect();
        if mac.len() == 12 { all } else { pairs.join(joint) }
    }

    /// A text without secrets and people.
    pub fn text(&self, text: &str) -> String {
        let p = &self.patterns;
        let mut text = p.escaped.replace_all(text, |c: &Captures| unescaped(&c[0])).into_owned();
        for secret in &self.secrets {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), GONE);
            }
        }
        text = p.pem.replace_all(&text, GONE).into_owned();
        text = p.link.replace_all(&text, format!("/welcome/{GONE}")).into_owned();
        text = p.bearer.replace_all(&text, |c: &Captures| format!("{} {GONE}", &c[1])).into_owned();
        text = p.user_of_url.replace_all(&text, format!("://{GONE}@")).into_owned();
        text = p.named.replace_all(&text, |c: &Captures| format!("{}{GONE}", &c[1])).into_owned();
        text = p.mail.replace_all(&text, |c: &Captures| self.mail(&c[0])).into_owned();
        text = self.names(&text);
        text = p.colons.replace_all(&text, |c: &Captures| self.colons(&c[0])).into_owned();
        text = p.dashes.replace_all(&text, |c: &Captures| self.mac(&c[0])).into_owned();
        text = p.bare_mac.replace_all(&text, |c: &Captures| self.bare(&c[0])).into_owned();
        text = p.ipv4.replace_all(&text, |c: &Captures| self.ipv4(&c[0])).into_owned();
        p.long.replace_all(&text, |c: &Captures| self.long(&c[0])).into_owned()
    }

    fn mail(&self, address: &str) -> String {
        // What was taken out of an address of a server stays as it is.
        if address.starts_with(GONE) || address.ends_with(GONE) {
            address.to_string()
        } else {
            format!("[mail-{}]", self.stands_for(address))
        }
    }

    fn colons(&self, text: &str) -> String {
        if text.len() == 17 && text.split(':').all(|pair| pair.len() == 2) {
            return self.mac(text);
        }
        match text.parse::<Ipv6Addr>() {
            Ok(ip) if ip.is_loopback() || ip.is_unspecified() => text.to_string(),
            Ok(_) => format!("[ip-{}]", self.stands_for(text)),
            Err(_) => text.to_string(),
        }
    }

    /// Twelve digits alone are an address without its colons (or a number, which then loses its end); as the end of an
    /// identifier they are none.
    fn bare(&self, text: &str) -> String {
        if text.len() == 12 && !text.contains('-') { self.mac(text) } else { text.to_string() }
    }

    /// Addresses of the centre's own networks say where a fault lies; those of the open network may be somebody's home.
    fn ipv4(&self, text: &str) -> String {
        match text.parse::<Ipv4Addr>() {
            Ok(ip) if ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_broadcast() => {
                text.to_string()
            }
            Ok(ip) if ip.is_unspecified() || ip.is_documentation() || u32::from(ip).leading_ones() >= 8 => {
                text.to_string()
            }
            Ok(_) => format!("[ip-{}]", self.stands_for(text)),
            Err(_) => text.to_string(),
        }
    }

    fn long(&self, text: &str) -> String {
        let is_id = text.len() == 36 && text.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
        let digit = text.bytes().any(|b| b.is_ascii_digit());
        let both = text.bytes().any(|b| b.is_ascii_uppercase()) && text.bytes().any(|b| b.is_ascii_lowercase());
        // Identifiers of runs and targets are names for nobody; a path of words is no key.
        if is_id || !(digit || both) || text.len() < MAY_BE_A_KEY {
            return text.to_string();
        }
        format!("[key-{}]", self.stands_for(text))
    }

    /// Names that were learnt, wherever they stand as words.
    fn names(&self, text: &str) -> String {
        let joins = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '\'' | '’');
        self.runs(text, joins, |run| {
            if let Some(word) = self.words.get(&run.to_lowercase()) {
                return word.clone();
            }
            let host = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
            self.runs(run, host, |piece| {
                if let Some(word) = self.words.get(&piece.to_lowercase()) {
                    return word.clone();
                }
                self.runs(piece, char::is_alphanumeric, |atom| {
                    self.words.get(&atom.to_lowercase()).cloned().unwrap_or_else(|| atom.to_string())
                })
            })
        })
    }

    /// Replaces each longest run of characters of a kind.
    fn runs(&self, text: &str, kind: impl Fn(char) -> bool, replace: impl Fn(&str) -> String) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(&kind) {
            out.push_str(&rest[..at]);
            let end = rest[at..].find(|c| !kind(c)).map_or(rest.len(), |n| at + n);
            out.push_str(&replace(&rest[at..end]));
            rest = &rest[end..];
        }
        out.push_str(rest);
        out
    }

    /// A tree without secrets and people: its values, its keys, and whole fields that are always personal.
    pub fn json(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(list) => Value::Array(list.iter().map(|one| self.json(one)).collect()),
            Value::Object(map) => {
                let pair = |(key, value): (&String, &Value)| {
                    let personal = PERSONAL.contains(&key.to_lowercase().as_str());
                    let hidden = personal && !matches!(value, Value::Null | Value::Bool(_));
                    let value = if hidden { Value::String(GONE.into()) } else { self.json(value) };
                    (self.text(key), value)
                };
                Value::Object(map.iter().map(pair).collect())
            }
            other => other.clone(),
        }
    }

    /// The lines of a log. A key may go over several of them.
    pub fn lines(&self, lines: &[String]) -> String {
        let whole = lines.join("\n");
        let whole = self.patterns.pem_of_lines.replace_all(&whole, GONE);
        whole.lines().map(|line| self.line(line) + "\n").collect()
    }

    /// A line of a log: JSON if it is, else a text.
    pub fn line(&self, line: &str) -> String {
        match serde_json::from_str::<Value>(line) {
            Ok(value @ Value::Object(_)) => self.json(&value).to_string(),
            _ => self.text(line),
        }
    }
}

/// What percent signs hide; bytes that are no text stay as they are.
fn unescaped(text: &str) -> String {
    let bytes: Option<Vec<u8>> = text.split('%').skip(1).map(|pair| u8::from_str_radix(pair, 16).ok()).collect();
    bytes
        .and_then(|b| String::from_utf8(b).ok())
        .filter(|t| !t.contains(char::is_control))
        .unwrap_or_else(|| text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrub() -> Scrub {
        let mut scrub = Scrub::new([7; 16]);
        scrub.learn("person", "Jeanne de La Tour", true);
        scrub.learn("person", "jdelatour", true);
        scrub.learn("person", "Élodie O'Brien", true);
        scrub.learn("machine", "pc-jeanne", false);
        scrub.learn("machine", "salle-12-poste-03", false);
        scrub.learn("serial", "5CG1234XYZ", false);
        scrub.forbid("hunter2 with spaces");
        scrub
    }

    /// Nothing of `gone` is left of a text, all of `kept` is.
    fn check(text: &str, gone: &[&str], kept: &[&str]) {
        let out = scrub().text(text);
        for word in gone {
            assert!(!out.to_lowercase().contains(&word.to_lowercase()), "{word} is left: {out}");
        }
        for word in kept {
            assert!(out.contains(word), "{word} is lost: {out}");
        }
    }

    #[test]
    fn people_and_machines_lose_their_names() {
        check("Jeanne De La Tour signed in", &["jeanne", "tour"], &["signed in"]);
        check("mail to jeanne.delatour@lycee.example: failed", &["jeanne", "lycee.example"], &["failed"]);
        check("<élodie@lycée.fr>, M. O'Brien", &["lodie", "brien", "lycée"], &["[mail-"]);
        check("/search?q=%C3%89lodie&x=1", &["lodie"], &["/search?q=", "x=1"]);
        check("host pc-jeanne.lan answered, SALLE-12-poste-03 not", &["jeanne", "poste-03"], &["answered"]);
        check("serial=5cg1234xyz", &["5cg"], &["serial="]);
        check("the home of the server is de facto la", &[], &["home of the server is de facto la"]);
        let twice = scrub().text("jeanne and JEANNE and elsewhere");
        assert_eq!(twice, "[person-1] and [person-1] and elsewhere");
    }

    #[test]
    fn secrets_go_whatever_surrounds_them() {
        let token = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        check(&format!("token {token}."), &[token, "9f86d081"], &["[key-"]);
        check("Authorization: Bearer abc.def-ghi", &["abc.def"], &["Authorization"]);
        check("postgres://socle:s3cr3t@db:5432/x", &["s3cr3t"], &["postgres://", "db:5432"]);
        check("password=Tr0ub&3+x refused", &["Tr0ub", "&3"], &["refused"]);
        check("password=short, next=1", &["short"], &["password=", "next=1"]);
        check(r#"{"client_secret": "tiny"}"#, &["tiny"], &["client_secret"]);
        check("http://h/welcome/abcdef", &["abcdef"], &["/welcome/"]);
        check("-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY----- after", &["MIGH"], &["after"]);
        check("-----BEGIN PRIVATE KEY-----\nMIGH cut", &["MIGH"], &[]);
        check("it said hunter2 with spaces!", &["hunter2"], &["it said"]);
        check("AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGh", &["AbCdEf"], &["[key-"]);
    }

    #[test]
    fn what_helps_stays() {
        check("/var/lib/socle/boot-environment/snponly.efi", &[], &["/var/lib/socle/boot-environment/snponly.efi"]);
        check("run 0191f2a8-1111-7abc-8def-0123456789ab", &[], &["0191f2a8-1111-7abc-8def-0123456789ab"]);
        check("2026-11-22T13:40:22.123456Z 10.0.0.50:69", &[], &["2026-11-22T13:40:22.123456Z", "10.0.0.50:69"]);
        check("from 83.112.4.5 by fe80::5054:ff:fe00:1 and ::1", &["83.112.4.5", "fe00:1"], &["::1", "[ip-"]);
        let mac = scrub().text("52:54:00:12:34:56 asked, 52-54-00-12-34-56 too, 525400123456 as well");
        assert!(!mac.contains("12:34:56") && !mac.contains("12-34-56") && !mac.contains("123456"), "{mac}");
        assert!(mac.starts_with("52:54:00:") && mac.contains("52-54-00-"), "{mac}");
        let other = Scrub::new([8; 16]).text("52:54:00:12:34:56");
        assert_ne!(&mac[..17], other, "another bundle, another word");
    }

    #[test]
    fn trees_lose_personal_fields_whole() {
        let line =
            r#"{"level":"INFO","fields":{"login":"x","who":"Jeanne","count":3,"token":true},"pc-jeanne":[1,"a@b.fr"]}"#;
        let out = scrub().line(line);
        for gone in ["\"x\"", "Jeanne", "pc-jeanne", "a@b.fr"] {
            assert!(!out.contains(gone), "{gone}: {out}");
        }
        assert!(out.contains("\"count\":3") && out.contains("\"token\":true") && out.contains("INFO"), "{out}");
        assert_eq!(scrub().line("no json: Jeanne"), "no json: [person-1]");
        let key = "before\n-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\nc2hvcnQ=\n-----END PRIVATE KEY-----\n{\"a\":1}";
        let lines: Vec<String> = key.lines().map(str::to_string).collect();
        assert_eq!(scrub().lines(&lines), "before\n[secret]\n{\"a\":1}\n");
        assert!(!scrub().lines(&lines[..4]).contains("c2hv"), "cut before its end");
    }
}
