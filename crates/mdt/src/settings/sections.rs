//! Sections that are left aside: nothing leads to them, or they ask somebody else for their values.
use super::declare;
use crate::{
    Import, Kind, Latitude, Reason, Secret, Verdict, account::Book, ini, names, plan, property, secret::is_secret,
};

/// Sections that nothing leads to, and what stands in them. What Priority or a translation spoke of is marked already.
pub(super) fn unreached(book: &mut Book, file: usize, sections: &[ini::Section], plan: &plan::Plan) {
    let is_reached = |index: usize| plan.reached.iter().any(|r| r.section == index);
    let settings = |section: &ini::Section| section.name.eq_ignore_ascii_case("settings");
    for section in sections.iter().enumerate().filter(|(n, s)| !is_reached(*n) && !settings(s)).map(|(_, s)| s) {
        book.mark_if_new(file, section.line, Verdict::left(Reason::Unreached, &section.name));
        for entry in &section.entries {
            let reason = if is_secret(&entry.key) { Reason::SecretAside } else { Reason::Unreached };
            book.mark_if_new(file, entry.line, Verdict::left(reason, &entry.key));
        }
    }
}

/// Whether the section asks somebody else for its values; then all of it is left aside.
pub(super) fn aside(book: &mut Book, file: usize, section: &ini::Section) -> bool {
    let reason = match property::DATABASE.iter().any(|key| section.get(key).is_some()) {
        true => Reason::Database,
        false if section.get("webservice").is_some() => Reason::WebService,
        false => return false,
    };
    book.mark(file, section.line, Verdict::left(reason, &section.name));
    for entry in &section.entries {
        book.mark(file, entry.line, Verdict::left(reason, &entry.key));
    }
    true
}

/// The password of such a section is sealed all the same: it stood in clear.
pub(super) fn seal_aside(book: &mut Book, file: usize, section: &ini::Section, import: &mut Import) {
    for entry in section.entries.iter().filter(|e| is_secret(&e.key) && !e.value.is_empty()) {
        let option = property::known(&entry.key).map_or_else(|| names::option(&entry.key), |p| p.option.into());
        let place = crate::Place { file: book.path(file).into(), line: entry.line };
        import.secrets.push(Secret::new(&option, &entry.key, place, &entry.value));
        declare(import, &option, &entry.key, Kind::Secret, Latitude::Fixed);
        book.force(file, entry.line, Verdict::Sealed { option });
    }
}
