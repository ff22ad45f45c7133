//! `Bootstrap.ini` and `CustomSettings.ini`: from lines that hold for some machines to options, rules, names and secrets.
mod naming;
mod pages;
mod sections;

use crate::{
    Found, Import, Kind, Latitude, Reason, Secret, Set, Target, Value, Verdict,
    account::Book,
    control::Control,
    ini, merge, names, plan,
    property::{self, Shape},
    secret::is_secret,
    wish::{Made, Wish, made},
};
use pages::pages;
use sections::{aside, seal_aside, unreached};
use socle_domain::rule::read_condition;
use std::collections::BTreeMap;

/// Longest value of an option.
const MAX_VALUE_BYTES: usize = 4_000;
/// Most options, and most rules.
const MAX_OPTIONS: usize = 150;
const MAX_RULES: usize = socle_domain::rule::MAX_RULES;

/// Reads both files; what Bootstrap sets comes first, as on a machine.
pub(crate) fn read(book: &mut Book, texts: &[String], control: &Control, import: &mut Import) {
    let mut wishes = Vec::new();
    let mut declared = Vec::new();
    for name in ["control/bootstrap.ini", "control/customsettings.ini"] {
        for file in book.find(|path| path == name) {
            let sections = ini::read(book, file, &texts[file]);
            let plan = plan::read(book, file, &sections);
            unreached(book, file, &sections, &plan);
            for reached in plan.reached {
                let section = &sections[reached.section];
                if aside(book, file, section) {
                    seal_aside(book, file, section, import);
                    continue;
                }
                let group = wishes.len();
                wishes.extend(section.entries.iter().filter(|e| !plan::is_subsection(&e.key)).map(|e| Wish {
                    key: e.key.clone(),
                    value: e.value.clone(),
                    file,
                    line: e.line,
                    section: section.name.clone(),
                    group,
                    when: reached.when.clone(),
                }));
            }
            declared.extend(plan.declared);
        }
    }
    // INI files of another name are none that MDT reads.
    for file in book.find(|path| path.ends_with(".ini")) {
        book.rest(file, Verdict::left(Reason::OtherList, ""));
    }
    Reader { book, import, control, declared, pages: pages(&wishes), own: BTreeMap::new() }.read(&wishes);
}

/// Declares an option where it is not yet.
pub(crate) fn declare(import: &mut Import, name: &str, was: &str, holds: Kind, latitude: Latitude) -> bool {
    if import.option(name).is_some() {
        return true;
    }
    if import.options.len() >= MAX_OPTIONS {
        return false;
    }
    import.options.push(Found { name: name.into(), was: names::shown(was), holds, value: None, latitude });
    true
}

struct Reader<'a> {
    book: &'a mut Book,
    import: &'a mut Import,
    control: &'a Control,
    declared: Vec<(String, bool)>,
    pages: Vec<(String, bool)>,
    /// The options of the share's own properties, by the properties in lower case.
    own: BTreeMap<String, String>,
}

/// What a line is about.
struct Subject {
    option: String,
    /// What the share calls it: of a list without the number.
    was: String,
    shape: Shape,
    page: Option<&'static str>,
}

impl Reader<'_> {
    fn read(mut self, wishes: &[Wish]) {
        let mut lists = merge::Lists::default();
        for wish in wishes {
            let verdict = self.one(wish, &mut lists);
            self.book.mark(wish.file, wish.line, verdict);
        }
        for (wish, verdict) in lists.close(self.import) {
            self.book.mark(wish.file, wish.line, verdict);
        }
        let Import { rules, secrets, .. } = self.import;
        rules.retain(|r| !r.sets.is_empty() || secrets.iter().any(|s| s.rule.as_ref() == Some(&r.name)));
    }

    fn skipped(&self, page: &str) -> Option<bool> {
        let find = |name: &str| self.pages.iter().find(|p| p.0 == name).map(|p| p.1);
        find(page).or_else(|| find("skipwizard"))
    }

    /// How far those below may choose: a page that is shown asks; what has no page was decided in the share.
    fn latitude(&self, page: Option<&str>) -> Latitude {
        match page {
            Some(page) if self.skipped(page) != Some(true) => Latitude::Asked,
            _ => Latitude::Fixed,
        }
    }

    fn one<'w>(&mut self, wish: &'w Wish, lists: &mut merge::Lists<'w>) -> Verdict {
        let left = |reason| Verdict::left(reason, &wish.key);
        let key = wish.key.to_lowercase();
        if wish.value.is_empty() {
            return left(Reason::Empty);
        }
        if key == "userexit" {
            return left(Reason::Script);
        }
        if property::is_page(&key) {
            return self.page(wish, &key);
        }
        if key == "osdcomputername" || key == "computername" {
            return self.name(wish);
        }
        let Some(subject) = self.subject(&wish.key) else {
            return left(property::left(&key).unwrap_or(Reason::UnknownVariable));
        };
        match made(&wish.value) {
            // A password may hold anything.
            _ if subject.shape == Shape::Secret => {}
            Made::Plain => {}
            Made::Variables => return left(Reason::Variable),
            Made::Script => return left(Reason::Script),
        }
        if wish.value.len() > MAX_VALUE_BYTES || wish.value.chars().any(char::is_control) {
            return left(Reason::TooMuch);
        }
        let latitude = self.latitude(subject.page);
        let kind = subject.shape.kind(&self.control.packages());
        if !declare(self.import, &subject.option, &subject.was, kind, latitude) {
            return left(Reason::TooMuch);
        }
        match subject.shape {
            Shape::Secret => self.secret(wish, &subject.option),
            Shape::Text => self.text(wish, &subject.option),
            Shape::List | Shape::Packages => match self.item(wish, subject.shape) {
                Ok(item) => lists.add(wish, subject.option, item),
                Err(verdict) => verdict,
            },
        }
    }

    /// What a property is in Socle: one of MDT's, or the share's own, or a secret by its name.
    fn subject(&mut self, key: &str) -> Option<Subject> {
        if let Some(p) = property::known(key) {
            return Some(Subject { option: p.option.into(), was: key.into(), shape: p.shape, page: p.page });
        }
        let lower = key.to_lowercase();
        let own = self.declared.iter().find(|(name, list)| match list {
            true => property::list_number(&lower, &name.to_lowercase()),
            false => name.to_lowercase() == lower,
        });
        // A property that MDT knows stays what it is, also where the share declares it once more.
        let (name, shape) = match own.filter(|_| property::left(key).is_none()) {
            _ if is_secret(key) => (key.to_string(), Shape::Secret),
            Some((name, list)) => (name.clone(), if *list { Shape::List } else { Shape::Text }),
            None => return None,
        };
        Some(Subject { option: self.own_option(&name), was: name, shape, page: None })
    }

    /// The option of a property of the share's own: never one that means something else already.
    fn own_option(&mut self, name: &str) -> String {
        if let Some(option) = self.own.get(&name.to_lowercase()) {
            return option.clone();
        }
        let taken = |n: &str| property::KNOWN.iter().any(|p| p.option == n) || self.own.values().any(|o| o == n);
        let option = names::unique(names::option(name), taken, '_');
        self.own.insert(name.to_lowercase(), option.clone());
        option
    }

    fn item(&self, wish: &Wish, shape: Shape) -> Result<String, Verdict> {
        if shape != Shape::Packages {
            return Ok(wish.value.clone());
        }
        self.control.package(&wish.value).ok_or_else(|| Verdict::left(Reason::UnknownApplication, &wish.key))
    }

    fn text(&mut self, wish: &Wish, option: &str) -> Verdict {
        let value = Value::Text(wish.value.clone());
        let Some(found) = self.import.options.iter_mut().find(|o| o.name == option) else {
            return Verdict::left(Reason::TooMuch, &wish.key);
        };
        if found.value.is_some() {
            return Verdict::left(Reason::Shadowed, &wish.key);
        }
        if wish.is_for_all() {
            found.value = Some(value);
            return Verdict::carried(Target::Option(option.into()));
        }
        match rule(self.import, wish) {
            Err(reason) => Verdict::left(reason, &wish.key),
            Ok(rule) if rule.sets.iter().any(|s| s.option == option) => Verdict::left(Reason::Shadowed, &wish.key),
            Ok(rule) => {
                rule.sets.push(Set { option: option.into(), value });
                Verdict::carried(Target::Rule(rule.name.clone()))
            }
        }
    }

    fn secret(&mut self, wish: &Wish, option: &str) -> Verdict {
        let for_all = |s: &Secret| s.option == option && s.rule.is_none();
        let mut secret = Secret::new(option, &wish.key, wish.place(self.book.path(wish.file)), &wish.value);
        let already = self.import.secrets.iter().any(for_all);
        if !wish.is_for_all() {
            match rule(self.import, wish) {
                Err(_) => return Verdict::left(Reason::SecretAside, &wish.key),
                Ok(rule) => secret.rule = Some(rule.name.clone()),
            }
        }
        let twice = self.import.secrets.iter().any(|s| s.option == option && s.rule == secret.rule);
        if already || twice {
            return Verdict::left(Reason::SecretAside, &wish.key);
        }
        self.import.secrets.push(secret);
        Verdict::Sealed { option: option.into() }
    }
}

/// The rule of a section.
pub(crate) fn rule<'i>(import: &'i mut Import, wish: &Wish) -> Result<&'i mut crate::Rule, Reason> {
    let when = wish.when.cel();
    if read_condition(&when).is_err() {
        return Err(Reason::TooMuch);
    }
    let order = u32::try_from(wish.group).unwrap_or(u32::MAX);
    let at = import.rules.iter().position(|r| r.order == order);
    let at = match at {
        Some(at) => at,
        None if import.rules.len() >= MAX_RULES => return Err(Reason::TooMuch),
        None => {
            let taken = |name: &str| import.rules.iter().any(|r| r.name == name);
            let name = names::unique(names::slug(&wish.section, "rule"), taken, '-');
            import.rules.push(crate::Rule { name, was: names::shown(&wish.section), order, when, sets: Vec::new() });
            import.rules.len() - 1
        }
    };
    Ok(&mut import.rules[at])
}
