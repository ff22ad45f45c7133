//! Which sections hold for which machines: `[Settings]`, its Priority, and what follows from it.
//!
//! MDT goes through Priority from left to right, and of two values of one property the first counts. An entry is a
//! section's name, or a property whose value *is* a section's name (`Model` leads a Latitude 5540 to
//! `[Latitude 5540]`). `[DefaultGateway]` and its like translate a value into a section's name. A `Subsection=` line
//! leads on to the section whose name its variables make.
use crate::{
    Reason, Target, Verdict,
    account::Book,
    condition::{Cond, Fact, is_mac, is_uuid},
    ini::{Entry, Section},
    pattern::Pattern,
};
use std::collections::BTreeSet;

/// How deep subsections may lead.
const MAX_DEPTH: usize = 12;
/// How often subsections may lead on from one entry of Priority: those that multiply end here.
const MAX_CALLS: usize = 2_000;
/// Most entries of Priority.
const MAX_ENTRIES: usize = 100;

/// A section, and for which machines it holds.
#[derive(Debug)]
pub(crate) struct Reached {
    pub section: usize,
    pub when: Cond,
}

/// What `[Settings]` says.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// The sections in the order in which MDT reads them, each once.
    pub reached: Vec<Reached>,
    /// The share's own properties, as it writes them; whether it is a list.
    pub declared: Vec<(String, bool)>,
}

struct Walk<'a> {
    book: &'a mut Book,
    file: usize,
    sections: &'a [Section],
    /// Properties of Priority that name sections.
    facts: Vec<Fact>,
    /// Sections that something names, in lower case: they are nobody's model or serial number.
    named: BTreeSet<String>,
    calls: usize,
    /// The sections that led here: one does not lead to itself.
    stack: Vec<usize>,
    plan: Plan,
}

/// Reads `[Settings]` and follows Priority.
pub(crate) fn read(book: &mut Book, file: usize, sections: &[Section]) -> Plan {
    let Some(settings) = find(sections, "Settings") else { return Plan::default() };
    let settings = &sections[settings];
    book.mark(file, settings.line, Verdict::carried(Target::Order));
    let mut priority: Option<&Entry> = None;
    let mut plan = Plan::default();
    for entry in &settings.entries {
        match entry.key.to_lowercase().as_str() {
            "priority" => priority = Some(entry),
            "properties" => {
                plan.declared = entry.value.split(',').map(str::trim).filter(|p| !p.is_empty()).map(declared).collect();
                book.mark(file, entry.line, Verdict::carried(Target::Order));
            }
            _ => book.mark(file, entry.line, Verdict::left(Reason::UnknownVariable, &entry.key)),
        }
    }
    let Some(priority) = priority else { return plan };
    let entries: Vec<&str> = priority.value.split(',').map(str::trim).filter(|p| !p.is_empty()).collect();
    let facts = entries.iter().filter_map(|e| Fact::of(e)).collect();
    let mut walk =
        Walk { book, file, sections, facts, named: named(sections, &entries), calls: 0, stack: Vec::new(), plan };
    let mut missing = false;
    for entry in entries.iter().take(MAX_ENTRIES) {
        walk.calls = 0;
        missing |= !match Fact::of(entry) {
            Some(fact) => walk.by_fact(entry, fact),
            None => walk.by_name(entry, &Cond::Always, 0),
        };
    }
    // A property of Priority for which the share has no section is no fault; a section that is not there may be one.
    let caution = missing.then_some(Reason::NoSuchSection);
    walk.book.mark(file, priority.line, Verdict::Carried { to: Target::Order, caution });
    walk.plan
}

fn declared(text: &str) -> (String, bool) {
    let list = text.strip_suffix("(*)");
    (list.unwrap_or(text).trim().to_string(), list.is_some())
}

pub(crate) fn find(sections: &[Section], name: &str) -> Option<usize> {
    sections.iter().position(|s| s.name.eq_ignore_ascii_case(name))
}

/// Every section that Priority, a translation or a subsection names.
fn named(sections: &[Section], priority: &[&str]) -> BTreeSet<String> {
    let mut named: BTreeSet<String> = priority.iter().map(|e| e.to_lowercase()).collect();
    named.insert("settings".into());
    named.insert("default".into());
    for section in sections {
        if Fact::of(&section.name).is_some() {
            named.extend(section.entries.iter().map(|e| e.value.to_lowercase()));
        }
        for entry in section.entries.iter().filter(|e| is_subsection(&e.key)) {
            let Some(pattern) = Pattern::read(&entry.value) else { continue };
            named
                .extend(sections.iter().filter(|s| pattern.captures(&s.name).is_some()).map(|s| s.name.to_lowercase()));
        }
    }
    named
}

pub(crate) fn is_subsection(key: &str) -> bool {
    let key = key.to_lowercase();
    key == "subsection" || crate::property::list_number(&key, "subsection")
}

impl Walk<'_> {
    /// Sections that the values of a property name.
    fn by_fact(&mut self, entry: &str, fact: Fact) -> bool {
        if let Some(translation) = find(self.sections, entry) {
            self.book.mark(self.file, self.sections[translation].line, Verdict::carried(Target::Order));
            for line in &self.sections[translation].entries.clone() {
                let found = self.by_name(&line.value, &Cond::is(fact, &line.key), 0);
                let verdict = match found {
                    true => Verdict::carried(Target::Order),
                    false => Verdict::left(Reason::NoSuchSection, &line.value),
                };
                self.book.mark(self.file, line.line, verdict);
            }
        }
        for index in 0..self.sections.len() {
            let name = &self.sections[index].name;
            if self.named.contains(&name.to_lowercase()) {
                continue;
            }
            let facts = meant(name, &self.facts);
            if !facts.contains(&fact) || self.plan.reached.iter().any(|r| r.section == index) {
                continue;
            }
            let when = facts.iter().fold(Cond::Never, |c, f| c.or(Cond::is(*f, name)));
            if facts.len() > 1 {
                let caution = Some(Reason::Ambiguous);
                let line = self.sections[index].line;
                self.book.mark(self.file, line, Verdict::Carried { to: Target::Order, caution });
            }
            self.reach(index, when, 0);
        }
        true
    }

    /// A section by its name; whether it is there.
    fn by_name(&mut self, name: &str, when: &Cond, depth: usize) -> bool {
        let Some(index) = find(self.sections, name) else { return false };
        self.reach(index, when.clone(), depth);
        true
    }

    fn reach(&mut self, index: usize, when: Cond, depth: usize) {
        self.calls += usize::from(depth > 0);
        if depth > MAX_DEPTH || self.calls > MAX_CALLS || when == Cond::Never || self.stack.contains(&index) {
            return;
        }
        let section = &self.sections[index];
        self.book.mark(self.file, section.line, Verdict::carried(Target::Order));
        match self.plan.reached.iter_mut().find(|r| r.section == index) {
            Some(there) => there.when = std::mem::replace(&mut there.when, Cond::Never).or(when.clone()),
            None => self.plan.reached.push(Reached { section: index, when: when.clone() }),
        }
        self.stack.push(index);
        for entry in section.entries.iter().filter(|e| is_subsection(&e.key)).cloned().collect::<Vec<_>>() {
            let verdict = self.subsection(&entry, &when, depth);
            self.book.mark(self.file, entry.line, verdict);
        }
        self.stack.pop();
    }

    fn subsection(&mut self, entry: &Entry, when: &Cond, depth: usize) -> Verdict {
        let Some(pattern) = Pattern::read(&entry.value) else { return Verdict::left(Reason::Script, &entry.key) };
        let mut found = false;
        for index in 0..self.sections.len() {
            let Some(captures) = pattern.captures(&self.sections[index].name) else { continue };
            let mut all = when.clone();
            for (variable, value) in &captures {
                match says(variable, value) {
                    Some(cond) => all = all.and(cond),
                    None => return Verdict::left(Reason::Variable, variable),
                }
            }
            found = true;
            self.reach(index, all, depth + 1);
        }
        match found {
            _ if self.calls > MAX_CALLS => Verdict::left(Reason::TooMuch, &entry.key),
            true => Verdict::carried(Target::Order),
            false => Verdict::left(Reason::NoSuchSection, &entry.key),
        }
    }
}

/// What it means that a variable has a value.
pub(crate) fn says(variable: &str, value: &str) -> Option<Cond> {
    if let Some(flag) = Cond::flag(variable) {
        return match value.to_lowercase().as_str() {
            "true" | "yes" | "1" => Some(flag),
            "false" | "no" | "0" => Some(flag.not()),
            _ => Some(Cond::Never),
        };
    }
    if variable.eq_ignore_ascii_case("architecture") {
        // Socle starts 64-bit machines.
        return Some(if value.eq_ignore_ascii_case("x64") { Cond::Always } else { Cond::Never });
    }
    Fact::of(variable).map(|fact| Cond::is(fact, value))
}

/// Makers of machines, as they write themselves: a section of such a name is a maker's.
const MAKERS: &[&str] = &[
    "acer",
    "apple inc.",
    "asus",
    "asustek computer inc.",
    "dell inc.",
    "dell computer corporation",
    "fujitsu",
    "gigabyte technology co., ltd.",
    "hewlett-packard",
    "hp",
    "intel corporation",
    "lenovo",
    "microsoft corporation",
    "msi",
    "panasonic corporation",
    "qemu",
    "samsung electronics co., ltd.",
    "toshiba",
    "vmware, inc.",
];

/// Of the properties of Priority, those that a section of this name can mean. A maker is known by its name; a name with a
/// space or a small letter is no serial number; the rest may be several things, and then means each of them, as in MDT.
fn meant(name: &str, facts: &[Fact]) -> Vec<Fact> {
    let mut facts: Vec<Fact> = facts.iter().copied().filter(|f| f.fits(name)).collect();
    facts.sort();
    facts.dedup();
    if is_mac(name) || is_uuid(name) {
        return facts;
    }
    if facts.contains(&Fact::Gateway) && Fact::Gateway.fits(name) {
        return vec![Fact::Gateway];
    }
    if MAKERS.contains(&name.to_lowercase().as_str()) && facts.contains(&Fact::Vendor) {
        return vec![Fact::Vendor];
    }
    let worded = name.chars().any(|c| c.is_whitespace() || c.is_lowercase());
    let many = facts.iter().filter(|f| **f != Fact::Vendor).count();
    facts.retain(|f| match f {
        Fact::Serial | Fact::AssetTag => !worded || many == 1,
        Fact::Vendor => many == 0,
        _ => true,
    });
    facts
}
