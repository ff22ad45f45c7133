//! Names: of options, rules, steps and masters.

/// Longest name that is shown or made.
const MAX_CHARS: usize = 120;

/// A name as it may be shown: one line, no control characters, not endless.
pub(crate) fn shown(name: &str) -> String {
    let clean = name.trim().chars().map(|c| if c.is_control() { ' ' } else { c });
    clean.take(MAX_CHARS).collect()
}

/// Lower-case letters, digits and hyphens, 60 at most: `Salle 12 (été)` → `salle-12-ete`.
pub(crate) fn slug(name: &str, otherwise: &str) -> String {
    let mut slug = String::new();
    for c in name.to_lowercase().chars().flat_map(plain) {
        match c.is_ascii_alphanumeric() {
            true => slug.push(c),
            false if !slug.ends_with('-') && !slug.is_empty() => slug.push('-'),
            false => {}
        }
        if slug.len() >= 60 {
            break;
        }
    }
    let slug = slug.trim_matches('-');
    if slug.is_empty() { otherwise.to_string() } else { slug.to_string() }
}

/// The name of an option: `MyCustomProperty` → `my_custom_property`.
pub(crate) fn option(name: &str) -> String {
    let mut out = String::new();
    let mut before_is_lower = false;
    for c in name.chars() {
        if c.is_uppercase() && before_is_lower {
            out.push('_');
        }
        before_is_lower = c.is_lowercase() || c.is_ascii_digit();
        for c in c.to_lowercase().flat_map(plain) {
            match c.is_ascii_alphanumeric() {
                true => out.push(c),
                false if !out.ends_with('_') && !out.is_empty() => out.push('_'),
                false => {}
            }
        }
    }
    let out: String = out.trim_matches('_').chars().take(60).collect();
    match out.chars().next() {
        Some(c) if c.is_ascii_alphabetic() => out,
        _ => format!("option_{out}"),
    }
}

/// A letter without its accent, for the languages of our users.
fn plain(c: char) -> std::vec::IntoIter<char> {
    let to = match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' => "a",
        'ç' => "c",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => "o",
        'ù' | 'ú' | 'û' | 'ü' => "u",
        'œ' => "oe",
        'æ' => "ae",
        _ => return vec![c].into_iter(),
    };
    to.chars().collect::<Vec<_>>().into_iter()
}

/// The name, with a number where it is taken.
pub(crate) fn unique(name: String, taken: impl Fn(&str) -> bool, between: char) -> String {
    if !taken(&name) {
        return name;
    }
    (2u32..).map(|n| format!("{name}{between}{n}")).find(|n| !taken(n)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_plain_letters() {
        assert_eq!(slug("Salle 12 (été)", "x"), "salle-12-ete");
        assert_eq!(slug("Cœur", "x"), "coeur");
        assert_eq!(slug("***", "x"), "x");
        assert_eq!(option("MyCustomProperty"), "my_custom_property");
        assert_eq!(option("SITE"), "site");
        assert_eq!(option("Étage2B"), "etage2_b");
        assert_eq!(option("2e"), "option_2e");
        assert_eq!(shown("a\nb"), "a b");
        assert_eq!(unique("a".into(), |n| n == "a", '-'), "a-2");
    }
}
