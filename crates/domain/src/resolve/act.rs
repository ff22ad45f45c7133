//! What somebody may decide, checked before it is kept.
use super::{Case, Declared, Setting, Source, case};
use crate::latitude::{Latitude, Reach};
use serde_json::Value;
use socle_texts::{Fault, Result};

/// Whether `source` may decide this value, as things stand. What he himself leaves to those below holds for his value
/// too: he can't forbid what he hands down.
///
/// # Errors
/// `domain-option-fixed`, those of [`crate::option::OptionSpec::check_value`] and of [`Reach::check`];
/// `domain-option-elsewhere` where he is not on the way.
pub fn may_set(
    declared: Declared<'_>,
    case: Case<'_>,
    settings: &[&Setting],
    source: &Source,
    value: &Value,
) -> Result<()> {
    let own: Vec<&Setting> = settings.iter().filter(|s| s.option == declared.spec.name).copied().collect();
    let way = case::Way::new(declared, case, &own);
    let level = case.level(source).ok_or_else(|| elsewhere(declared))?;
    case::check(declared, &way, level, value)?;
    let narrows = own.iter().filter(|s| s.source == *source).find_map(|s| s.narrows.as_ref());
    narrows.map_or(Ok(()), |latitude| hands_down(declared, latitude, value))
}

/// Whether the last unit of the way may leave no more than `latitude` to those below, with `value` as its own decision
/// (none: it decides none).
///
/// # Errors
/// `domain-latitude-wrong` where it can't be meant; `domain-latitude-wider` where it says that those below may do what
/// this unit may not itself; `domain-latitude-empty` where it leaves nothing at all; `domain-latitude-excludes` where
/// what those below would inherit is outside of it; `domain-option-elsewhere`.
pub fn may_narrow(
    declared: Declared<'_>,
    case: Case<'_>,
    settings: &[&Setting],
    latitude: &Latitude,
    value: Option<&Value>,
) -> Result<()> {
    let spec = declared.spec;
    latitude
        .check_declaration(&spec.kind)
        .map_err(|why| Fault::new("domain-latitude-wrong").with("option", &spec.name).because(why))?;
    let unit = *case.path.last().filter(|_| !case.is_machine).ok_or_else(|| elsewhere(declared))?;
    let others: Vec<&Setting> =
        settings.iter().filter(|s| s.option == spec.name && s.source != (Source::Unit { unit })).copied().collect();
    let way = case::Way::new(declared, case, &others);
    let above = way.reach(case.own());
    if is_wider(latitude, &above) {
        return Err(Fault::new("domain-latitude-wider").with("option", &spec.name));
    }
    let after = above.narrowed(latitude);
    if !after.fixed && after.is_empty() {
        return Err(Fault::new("domain-latitude-empty").with("option", &spec.name));
    }
    let handed = value.filter(|v| way.outside(declared, case.own(), v).is_none()).or(way.value_at(case.own()));
    handed.map_or(Ok(()), |value| hands_down(declared, latitude, value))
}

fn elsewhere(declared: Declared<'_>) -> Fault {
    Fault::new("domain-option-elsewhere").with("option", &declared.spec.name)
}

fn hands_down(declared: Declared<'_>, latitude: &Latitude, value: &Value) -> Result<()> {
    let option = &declared.spec.name;
    let within = Reach::default().narrowed(latitude).check(option, value);
    within.map_err(|why| Fault::new("domain-latitude-excludes").with("option", option).because(why))
}

/// Whether a latitude names what is not open above. Where that can't be told (one pattern in another), it is no matter:
/// what holds is both.
fn is_wider(latitude: &Latitude, above: &Reach) -> bool {
    if above.fixed {
        return *latitude != Latitude::Fixed;
    }
    match latitude {
        Latitude::Asked(within) => is_wider(within, above),
        Latitude::OneOf(values) => values.iter().any(|v| above.check("", v).is_err()),
        Latitude::Range { min, max } => [min, max].into_iter().flatten().any(|v| above.check("", v).is_err()),
        Latitude::Fixed | Latitude::Pattern(_) | Latitude::Free => false,
    }
}
