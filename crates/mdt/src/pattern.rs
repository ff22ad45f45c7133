//! Names of sections with variables in them: `Laptop-%IsLaptop%`.

/// Longest name of a section that a pattern is tried on, and most variables of a pattern.
const MAX_NAME_BYTES: usize = 100;
const MAX_VARIABLES: usize = 2;

/// The name of a section with variables in it: `Laptop-%IsLaptop%`.
pub(crate) struct Pattern(Vec<Part>);
enum Part {
    Text(String),
    Variable(String),
}

impl Pattern {
    /// Reads one; none where it is a script or has no even number of `%`.
    pub fn read(text: &str) -> Option<Pattern> {
        if text.starts_with('#') {
            return None;
        }
        let pieces: Vec<&str> = text.split('%').collect();
        if pieces.len().is_multiple_of(2) || pieces.len() > 1 + 2 * MAX_VARIABLES {
            return None;
        }
        let part = |(n, piece): (usize, &&str)| match n % 2 {
            0 => Part::Text(piece.to_lowercase()),
            _ => Part::Variable((*piece).to_string()),
        };
        Some(Pattern(
            pieces.iter().enumerate().map(part).filter(|p| !matches!(p, Part::Text(t) if t.is_empty())).collect(),
        ))
    }

    /// The values that the variables have where this is the name. Of several ways, the one with the shortest first values.
    pub fn captures(&self, name: &str) -> Option<Vec<(String, String)>> {
        let mut out = Vec::new();
        (name.len() <= MAX_NAME_BYTES && fits(&self.0, name, &mut out)).then_some(out)
    }
}

fn fits(parts: &[Part], rest: &str, out: &mut Vec<(String, String)>) -> bool {
    match parts {
        [] => rest.is_empty(),
        [Part::Text(text), more @ ..] => {
            // Letters whose small form has another length are not met in names of machines.
            let Some((head, tail)) = rest.split_at_checked(text.len()) else { return false };
            head.to_lowercase() == *text && fits(more, tail, out)
        }
        [Part::Variable(name), more @ ..] => {
            let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8());
            for end in ends {
                let depth = out.len();
                out.push((name.clone(), rest[..end].to_string()));
                if fits(more, &rest[end..], out) {
                    return true;
                }
                out.truncate(depth);
            }
            false
        }
    }
}
