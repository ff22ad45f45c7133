//! The text of a draft: a sequence that reads, with what was left of the task sequence as comments in its place.
use crate::{Draft, Found, Import, Kind, Latitude, Reason, Value, condition::Cond, names};
use socle_domain::sequence;
use socle_texts::{Lang, say};
use std::fmt::Write;

/// Most steps: the sequence's own limit, less what Socle adds.
const MAX_STEPS: usize = 190;

/// What a step of the draft does.
pub(crate) enum What {
    Check { memory_mib: Option<u64>, disk_mib: Option<u64> },
    Partition { image: String },
    Apply { image: String },
}

/// Builds the text, step by step.
pub(crate) struct Builder {
    name: String,
    title: String,
    version: String,
    file: String,
    lang: Lang,
    body: String,
    steps: usize,
    ids: Vec<String>,
    images: Vec<(String, String)>,
    partitioned: bool,
    applied: bool,
    defaults: Vec<(String, Value)>,
}

impl Builder {
    pub fn new(name: &str, title: &str, version: &str, file: &str, lang: Lang) -> Builder {
        Builder {
            name: name.into(),
            title: if title.is_empty() { name.into() } else { title.into() },
            version: if version.is_empty() { "1".into() } else { version.into() },
            file: file.into(),
            lang,
            body: String::new(),
            steps: 0,
            ids: Vec::new(),
            images: Vec::new(),
            partitioned: false,
            applied: false,
            defaults: Vec::new(),
        }
    }
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The default of an option in this draft; whether it had none.
    pub fn default(&mut self, option: &str, value: Value) -> bool {
        if self.defaults.iter().any(|d| d.0 == option) {
            return false;
        }
        self.defaults.push((option.into(), value));
        true
    }

    /// Notes what was left here.
    pub fn remark(&mut self, name: &str, line: usize, reason: Reason) {
        let why = say(self.lang, &format!("mdt-why-{}", reason.word()), &[]);
        let values = [("name", names::shown(name).into()), ("line", line.into()), ("why", why.into())];
        let text = say(self.lang, "mdt-draft-left", &values);
        let _ = write!(self.body, "\n{}\n", comment(&text));
    }

    /// Adds a step.
    ///
    /// # Errors
    /// The reason where it can't be one.
    pub fn add(&mut self, name: &str, line: usize, when: &Cond, go_on: bool, what: What) -> Result<(), Reason> {
        if self.steps >= MAX_STEPS || when.cel().len() > 4_096 {
            return Err(Reason::TooMuch);
        }
        let (phase, keys) = match what {
            What::Check { memory_mib, disk_mib } => {
                let mut keys = String::from("kind = \"check\"\n");
                let number = |key: &str, n: Option<u64>| n.map(|n| format!("{key} = {n}\n")).unwrap_or_default();
                keys += &number("memory_mib", memory_mib.filter(|n| u32::try_from(*n).is_ok()));
                keys += &number("disk_mib", disk_mib);
                ("validate", keys + "firmware = \"uefi\"\n")
            }
            What::Partition { .. } if self.partitioned => return Err(Reason::Layout),
            What::Partition { image } => {
                self.partitioned = true;
                let image = self.image(&image);
                ("preinstall", format!("kind = \"partition\"\ndisk = \"ours\"\nimage = {}\n", quoted(&image)))
            }
            What::Apply { .. } if self.applied => return Err(Reason::Duplicate),
            What::Apply { image } => {
                if !self.partitioned {
                    self.add("layout", line, &Cond::Always, false, What::Partition { image: image.clone() })?;
                }
                self.applied = true;
                let image = self.image(&image);
                ("install", format!("kind = \"apply-image\"\nimage = {}\nretries = 3\n", quoted(&image)))
            }
        };
        self.push(name, phase, when, go_on, &keys);
        Ok(())
    }

    fn image(&mut self, name: &str) -> String {
        if let Some((slug, _)) = self.images.iter().find(|i| i.1 == name) {
            return slug.clone();
        }
        let slug = names::slug(name, "system");
        self.images.push((slug.clone(), name.into()));
        slug
    }

    fn push(&mut self, name: &str, phase: &str, when: &Cond, go_on: bool, keys: &str) {
        let id = names::unique(names::slug(name, "step"), |id| self.ids.iter().any(|i| i == id), '-');
        let title = quoted(&names::shown(if name.is_empty() { &id } else { name }));
        let _ = write!(self.body, "\n[[step]]\nid = {}\ntitle = {{ fr = {title}, en = {title} }}\n", quoted(&id));
        let _ = writeln!(self.body, "phase = {}", quoted(phase));
        if *when != Cond::Always {
            let _ = writeln!(self.body, "when = {}", quoted(&when.cel()));
        }
        if go_on {
            self.body.push_str("continue_on_error = true\n");
        }
        self.body.push_str(keys);
        self.ids.push(id);
        self.steps += 1;
    }

    /// Ends the draft; none where even that does not read as a sequence.
    pub fn finish(mut self, import: &Import) -> Option<Draft> {
        if self.applied {
            let note = say(self.lang, "mdt-draft-own", &[]);
            let _ = writeln!(self.body, "\n{}", comment(&note));
            let own = |key: &str| (say(Lang::Fr, key, &[]), say(Lang::En, key, &[]));
            for (id, phase, key, keys) in [
                ("identity", "postinstall", "mdt-step-identity", "kind = \"set-identity\"\n"),
                ("start", "postinstall", "mdt-step-start", "kind = \"reboot\"\ninto = \"installed\"\n"),
                ("report", "restore-state", "mdt-step-report", "kind = \"report\"\n"),
            ] {
                let (fr, en) = own(key);
                let id = names::unique(id.into(), |id| self.ids.iter().any(|i| i == id), '-');
                let _ = write!(self.body, "\n[[step]]\nid = {}\n", quoted(&id));
                let _ = writeln!(self.body, "title = {{ fr = {}, en = {} }}", quoted(&fr), quoted(&en));
                let _ = write!(self.body, "phase = {}\n{keys}", quoted(phase));
                self.ids.push(id);
                self.steps += 1;
            }
        }
        if self.steps == 0 {
            self.push("look", "validate", &Cond::Always, false, "kind = \"check\"\n");
        }
        let values = [("name", (&self.title).into()), ("file", (&self.file).into())];
        let mut text = format!("{}\n", comment(&say(self.lang, "mdt-draft-head", &values)));
        let title = quoted(&names::shown(&self.title));
        let _ = writeln!(text, "title = {{ fr = {title}, en = {title} }}");
        for option in &import.options {
            text += &self.declaration(option);
        }
        text += &self.body;
        sequence::parse(&text).ok()?;
        Some(Draft { name: self.name, version: self.version, file: self.file, sequence: text, images: self.images })
    }

    fn declaration(&self, option: &Found) -> String {
        let mut text = format!("\n[[option]]\nname = {}\n", quoted(&option.name));
        text += &match &option.holds {
            Kind::Text => "kind = \"text\"\n".into(),
            Kind::Secret => "kind = \"secret\"\n".into(),
            Kind::List => "kind = \"list\"\n".into(),
            Kind::PackageSet { choices } => format!("kind = \"package-set\"\namong = {}\n", array(choices)),
        };
        let (fr, en) = (option.label(Lang::Fr), option.label(Lang::En));
        text += &format!("label = {{ fr = {}, en = {} }}\n", quoted(&fr), quoted(&en));
        if let Some((_, value)) = self.defaults.iter().find(|d| d.0 == option.name) {
            text += &match value {
                Value::Text(value) => format!("default = {}\n", quoted(value)),
                Value::List(values) => format!("default = {}\n", array(values)),
            };
        }
        if option.latitude == Latitude::Asked {
            text += "latitude = { asked = \"free\" }\n";
        }
        text
    }
}

fn comment(text: &str) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let line = |l: &str| format!("# {}", l.chars().map(clean).collect::<String>()).trim_end().to_string();
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn array(values: &[String]) -> String {
    format!("[{}]", values.iter().map(|v| quoted(v)).collect::<Vec<_>>().join(", "))
}

/// A text as TOML writes it (basic string).
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out + "\""
}
