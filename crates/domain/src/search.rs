//! The words by which things are found: without accents, capitals nor punctuation, whole or from any of their parts on.
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;

/// Characters of a word that are kept.
pub const MAX_WORD_CHARS: usize = 64;
/// Words of one thing.
pub const MAX_WORDS: usize = 64;

/// A text as it is compared: accents, capitals and everything that is neither letter nor digit left out.
pub fn folded(text: &str) -> String {
    let letters = text.nfkd().flat_map(char::to_lowercase).flat_map(spelled).filter(|c| c.is_alphanumeric());
    letters.take(MAX_WORD_CHARS).collect()
}

/// Letters that take no accent apart but are typed otherwise.
fn spelled(letter: char) -> impl Iterator<Item = char> {
    let (first, second) = match letter {
        'œ' => ('o', Some('e')),
        'æ' => ('a', Some('e')),
        'ß' => ('s', Some('s')),
        'ø' => ('o', None),
        'ł' => ('l', None),
        'đ' => ('d', None),
        other => (other, None),
    };
    std::iter::once(first).chain(second)
}

/// The words of a name: itself, and what follows each of its breaks, so that `poste-07` finds `salle-12-poste-07`.
pub fn of_name(name: &str) -> Vec<String> {
    let starts = std::iter::once(0).chain(name.match_indices(|c: char| !c.is_alphanumeric()).map(|(at, _)| at));
    words(starts.map(|at| folded(&name[at..])))
}

/// The words of a network card's address: all of it, and its last three bytes, which are those that people read out.
pub fn of_mac(mac: &str) -> Vec<String> {
    let whole = folded(mac);
    let tail = whole.get(whole.len().saturating_sub(6)..).unwrap_or("").to_string();
    words([whole, tail].into_iter())
}

/// The words that somebody has typed, the longest first. Parts of one word that he separated by punctuation stay one.
pub fn typed(query: &str) -> Vec<String> {
    let mut found = words(query.split_whitespace().map(folded));
    found.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    found.truncate(8);
    found
}

fn words(all: impl Iterator<Item = String>) -> Vec<String> {
    let unique: BTreeSet<String> = all.filter(|word| !word.is_empty()).take(MAX_WORDS).collect();
    unique.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_as_people_type_them() {
        assert_eq!(of_name("Salle-12-poste-07"), ["07", "12poste07", "poste07", "salle12poste07"]);
        assert_eq!(of_name("Éloïse d'Œuvre"), ["doeuvre", "eloisedoeuvre", "oeuvre"]);
        assert_eq!(of_mac("52:54:00:AA:bb:01"), ["525400aabb01", "aabb01"]);
        assert_eq!(typed("  DUPOND  élo 52-54-00"), ["525400", "dupond", "elo"]);
        assert_eq!(typed(" %_ '"), Vec::<String>::new());
    }
}
