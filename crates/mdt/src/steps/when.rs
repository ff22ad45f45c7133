//! Conditions of groups and steps, said over facts where they can be.
use super::name_of;
use crate::{
    condition::Cond,
    plan,
    tree::{attribute, elements, tag, text},
};
use roxmltree::Node;

/// What a condition says; all of its parts must hold.
pub(super) fn read_condition(node: Node, depth: usize) -> Option<Cond> {
    if depth > 16 {
        return None;
    }
    elements(node).try_fold(Cond::Always, |all, part| Some(all.and(one_condition(part, depth)?)))
}

fn one_condition(node: Node, depth: usize) -> Option<Cond> {
    match tag(node).as_str() {
        "operator" => {
            let parts: Option<Vec<Cond>> = elements(node).map(|p| one_condition(p, depth + 1)).collect();
            let parts = if depth > 16 { return None } else { parts? };
            match attribute(node, "type").to_lowercase().as_str() {
                "and" => Some(parts.into_iter().fold(Cond::Always, Cond::and)),
                "or" => Some(parts.into_iter().fold(Cond::Never, Cond::or)),
                "not" => Some(parts.into_iter().fold(Cond::Never, Cond::or).not()),
                _ => None,
            }
        }
        "expression" => {
            let value = |name: &str| {
                let found = elements(node).find(|v| name_of(*v).eq_ignore_ascii_case(name));
                found.map_or("", text)
            };
            match attribute(node, "type").to_lowercase().as_str() {
                "sms_tasksequence_variableconditionexpression" => {
                    compared(value("Variable"), &value("Operator").to_lowercase(), value("Value"))
                }
                "sms_tasksequence_wmiconditionexpression" => asked(value("Query")),
                _ => None,
            }
        }
        _ => None,
    }
}

/// A variable compared with a value. Socle installs new machines of 64 bits, with UEFI, over the network: what MDT asks
/// about that is known here.
fn compared(variable: &str, operator: &str, value: &str) -> Option<Cond> {
    let same = |wanted: &str| value.eq_ignore_ascii_case(wanted);
    let equal = match variable.to_lowercase().as_str() {
        "deploymenttype" => constant(same("NEWCOMPUTER")),
        "deploymentmethod" | "deploymethod" => constant(same("UNC")),
        "osinstall" => constant(same("Y") || same("YES")),
        "_smstsinwinpe" => constant(same("true")),
        "isuefi" => constant(same("true")),
        "docapture" => constant(same("NO")),
        "architecture" => constant(same("X64") || same("AMD64")),
        "memory" => {
            let bytes = value.parse::<u64>().ok()?.checked_mul(1 << 20)?;
            let at_least = |bytes| Cond::AtLeast("facts.memory_bytes", bytes);
            return match operator {
                "greaterequal" => Some(at_least(bytes)),
                "greater" => Some(at_least(bytes.checked_add(1)?)),
                "less" => Some(at_least(bytes).not()),
                "lessequal" => Some(at_least(bytes.checked_add(1)?).not()),
                _ => None,
            };
        }
        _ if value.contains(['%', '*', '#']) => return None,
        _ => plan::says(variable, value)?,
    };
    match operator {
        "equals" => Some(equal),
        "notequals" => Some(equal.not()),
        _ => None,
    }
}

fn constant(holds: bool) -> Cond {
    if holds { Cond::Always } else { Cond::Never }
}

/// A query of WMI that asks for one maker, model or serial number; any other is not understood.
fn asked(query: &str) -> Option<Cond> {
    let words: Vec<&str> = query.splitn(2, |c: char| c == '=').collect();
    let [left, right] = words[..] else { return None };
    let left = left.to_lowercase();
    let property = left.split_whitespace().last()?;
    let shape = left.split_whitespace().collect::<Vec<_>>();
    let [_, _, "from", class, "where", _] = shape[..] else { return None };
    let right = right.trim();
    let quote = right.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let value = right.strip_prefix(quote)?.strip_suffix(quote)?;
    if value.contains(['%', '\'', '"']) {
        return None;
    }
    let variable = match (class, property) {
        ("win32_computersystem", "model") => "Model",
        ("win32_computersystem", "manufacturer") => "Make",
        ("win32_bios", "serialnumber") => "SerialNumber",
        _ => return None,
    };
    plan::says(variable, value)
}
