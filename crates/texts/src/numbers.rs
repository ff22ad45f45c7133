//! Numbers as people write them: thousands apart, and the language's own decimal sign.
use fluent_bundle::{FluentArgs, FluentValue, types::FluentNumber};

/// A space that does not break: what French puts between thousands. Not the narrow one (U+202F), which a bare console's
/// font does not have.
const SPACE: char = '\u{a0}';

/// How French writes a number.
pub(crate) fn french<M>(value: &FluentValue, _: &M) -> Option<String> {
    written(value, SPACE, ',')
}

/// How English writes a number.
pub(crate) fn english<M>(value: &FluentValue, _: &M) -> Option<String> {
    written(value, ',', '.')
}

fn written(value: &FluentValue, between: char, decimal: char) -> Option<String> {
    let FluentValue::Number(number) = value else { return None };
    let text = match number.options.maximum_fraction_digits {
        Some(most) => {
            let cut = FluentNumber { value: rounded(number.value, most), options: number.options.clone() };
            cut.as_string().into_owned()
        }
        None => number.as_string().into_owned(),
    };
    let (sign, rest) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("\u{2212}", rest));
    let (whole, fraction) = rest.split_once('.').map_or((rest, None), |(w, f)| (w, Some(f)));
    let mut said = String::from(sign);
    match number.options.use_grouping && whole.bytes().all(|b| b.is_ascii_digit()) {
        true => grouped(&mut said, whole, between),
        false => said.push_str(whole),
    }
    if let Some(fraction) = fraction {
        said.push(decimal);
        said.push_str(fraction);
    }
    Some(said)
}

fn rounded(value: f64, digits: usize) -> f64 {
    format!("{value:.digits$}").parse().unwrap_or(value)
}

fn grouped(said: &mut String, whole: &str, between: char) {
    for (n, digit) in whole.chars().enumerate() {
        if n > 0 && (whole.len() - n) % 3 == 0 {
            said.push(between);
        }
        said.push(digit);
    }
}

/// `NUMBER($line, useGrouping: 0)`: what is counted off rather than counted (a line, a number in a series) stays in one
/// piece.
pub(crate) fn number<'a>(positional: &[FluentValue<'a>], named: &FluentArgs) -> FluentValue<'a> {
    let Some(FluentValue::Number(number)) = positional.first() else { return FluentValue::Error };
    let mut number = number.clone();
    number.options.merge(named);
    if let Some(FluentValue::Number(grouping)) = named.get("useGrouping") {
        number.options.use_grouping = grouping.value != 0.0;
    }
    FluentValue::Number(number)
}
