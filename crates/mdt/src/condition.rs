//! Conditions on a machine's facts, and their CEL text.
use std::collections::BTreeSet;

/// A fact that is compared with texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fact {
    Macs,
    Serial,
    Vendor,
    Product,
    Uuid,
    Gateway,
    AssetTag,
}

impl Fact {
    /// The fact that a property of MDT speaks of.
    pub fn of(property: &str) -> Option<Fact> {
        Some(match property.to_lowercase().as_str() {
            "macaddress" => Fact::Macs,
            "serialnumber" => Fact::Serial,
            "make" => Fact::Vendor,
            "model" => Fact::Product,
            "uuid" => Fact::Uuid,
            "defaultgateway" => Fact::Gateway,
            "assettag" => Fact::AssetTag,
            _ => return None,
        })
    }
    fn path(self) -> &'static str {
        match self {
            Fact::Macs => "facts.macs",
            Fact::Serial => "facts.serial",
            Fact::Vendor => "facts.vendor",
            Fact::Product => "facts.product",
            Fact::Uuid => "facts.uuid",
            Fact::Gateway => "facts.gateway",
            Fact::AssetTag => "facts.asset_tag",
        }
    }
    /// The value as the agent writes it: MACs with colons, MACs and UUIDs in lower case.
    fn written(self, value: &str) -> String {
        match self {
            Fact::Macs => value.trim().to_lowercase().replace('-', ":"),
            Fact::Uuid => value.trim().trim_matches(['{', '}']).to_lowercase(),
            _ => value.trim().to_string(),
        }
    }
    /// Whether a section of this name can only be meant by this property, or never by it.
    pub fn fits(self, name: &str) -> bool {
        match self {
            Fact::Macs => is_mac(name),
            Fact::Uuid => is_uuid(name),
            Fact::Gateway => name.parse::<std::net::IpAddr>().is_ok(),
            _ => !is_mac(name) && !is_uuid(name),
        }
    }
}

/// Six pairs of hexadecimal digits.
pub(crate) fn is_mac(name: &str) -> bool {
    let parts: Vec<&str> = name.split([':', '-']).collect();
    parts.len() == 6 && parts.iter().all(|p| p.len() == 2 && p.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// The form of a UUID, with or without braces.
pub(crate) fn is_uuid(name: &str) -> bool {
    let parts: Vec<&str> = name.trim_matches(['{', '}']).split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|p| p.len()).collect();
    lengths == [8, 4, 4, 4, 12] && parts.iter().all(|p| p.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cond {
    Always,
    Never,
    /// The fact is one of these.
    In(Fact, BTreeSet<String>),
    /// A condition without values of the share in it.
    Says(&'static str),
    /// As before, with a number of the share in it.
    AtLeast(&'static str, u64),
    All(Vec<Cond>),
    Any(Vec<Cond>),
    Not(Box<Cond>),
}

impl Cond {
    /// The fact has this value.
    pub fn is(fact: Fact, value: &str) -> Cond {
        Cond::In(fact, BTreeSet::from([fact.written(value)]))
    }
    /// What a true-or-false property of MDT says.
    pub fn flag(property: &str) -> Option<Cond> {
        Some(Cond::Says(match property.to_lowercase().as_str() {
            "islaptop" => "has(facts.chassis) && facts.chassis == 'laptop'",
            "isdesktop" => "has(facts.chassis) && facts.chassis == 'desktop'",
            "isserver" => "has(facts.chassis) && facts.chassis == 'server'",
            "isuefi" => "has(facts.firmware) && facts.firmware == 'uefi'",
            "isvm" => {
                "has(facts.vendor) && facts.vendor in \
                 ['QEMU', 'VMware, Inc.', 'innotek GmbH', 'Xen', 'Parallels Software International Inc.']"
            }
            _ => return None,
        }))
    }
    pub fn not(self) -> Cond {
        match self {
            Cond::Always => Cond::Never,
            Cond::Never => Cond::Always,
            Cond::Not(inner) => *inner,
            other => Cond::Not(Box::new(other)),
        }
    }
    pub fn and(self, other: Cond) -> Cond {
        match (self, other) {
            (Cond::Always, one) | (one, Cond::Always) => one,
            (Cond::Never, _) | (_, Cond::Never) => Cond::Never,
            (Cond::All(mut all), Cond::All(more)) => {
                all.extend(more);
                Cond::All(all)
            }
            (Cond::All(mut all), one) => {
                all.push(one);
                Cond::All(all)
            }
            (one, Cond::All(all)) => Cond::All([vec![one], all].concat()),
            (a, b) if a == b => a,
            (a, b) => Cond::All(vec![a, b]),
        }
    }
    pub fn or(self, other: Cond) -> Cond {
        match (self, other) {
            (Cond::Always, _) | (_, Cond::Always) => Cond::Always,
            (Cond::Never, one) | (one, Cond::Never) => one,
            (Cond::In(a, mut some), Cond::In(b, more)) if a == b => {
                some.extend(more);
                Cond::In(a, some)
            }
            (Cond::Any(mut any), one) => {
                let same = |c: &Cond| matches!((c, &one), (Cond::In(a, _), Cond::In(b, _)) if a == b);
                match any.iter().position(same) {
                    Some(at) => any[at] = std::mem::replace(&mut any[at], Cond::Never).or(one),
                    None if any.contains(&one) => {}
                    None => any.push(one),
                }
                Cond::Any(any)
            }
            (a, b) if a == b => a,
            (a, b) => Cond::Any(vec![a, b]),
        }
    }
    /// Its CEL text.
    pub fn cel(&self) -> String {
        let inside = |c: &Cond| match c {
            Cond::In(Fact::Macs, _) | Cond::Always | Cond::Never | Cond::Not(_) => c.cel(),
            _ => format!("({})", c.cel()),
        };
        let join = |all: &[Cond], word: &str| all.iter().map(inside).collect::<Vec<_>>().join(word);
        match self {
            Cond::Always => "true".into(),
            Cond::Never => "false".into(),
            Cond::Says(text) => (*text).into(),
            Cond::AtLeast(path, number) => format!("{path} >= {number}"),
            Cond::All(all) => join(all, " && "),
            Cond::Any(any) => join(any, " || "),
            Cond::Not(inner) => format!("!({})", inner.cel()),
            Cond::In(Fact::Macs, values) => match &values.iter().collect::<Vec<_>>()[..] {
                [one] => format!("{} in facts.macs", quoted(one)),
                _ => format!("facts.macs.exists(m, m in [{}])", list(values)),
            },
            Cond::In(fact, values) => {
                let path = fact.path();
                match &values.iter().collect::<Vec<_>>()[..] {
                    [one] => format!("has({path}) && {path} == {}", quoted(one)),
                    _ => format!("has({path}) && {path} in [{}]", list(values)),
                }
            }
        }
    }
    /// The one hint that this condition names, where it names nothing else: what a machine can be announced by.
    pub fn hint(&self) -> Option<(Fact, &str)> {
        match self {
            Cond::In(fact @ (Fact::Macs | Fact::Serial | Fact::Uuid), values) if values.len() == 1 => {
                values.iter().next().map(|v| (*fact, v.as_str()))
            }
            _ => None,
        }
    }
}

fn list(values: &BTreeSet<String>) -> String {
    values.iter().map(|v| quoted(v)).collect::<Vec<_>>().join(", ")
}

/// A text as CEL writes it.
fn quoted(text: &str) -> String {
    let mut out = String::from("'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out + "'"
}

#[cfg(test)]
mod tests {
    use super::*;
    use socle_domain::sequence::Condition;

    #[test]
    fn conditions_become_cel() {
        let check = |cond: Cond, expect: &str| {
            assert_eq!(cond.cel(), expect);
            assert!(Condition::new(&cond.cel()).is_ok(), "{expect}");
        };
        let model = |m: &str| Cond::is(Fact::Product, m);
        check(Cond::is(Fact::Macs, "00-15-5D-AA-BB-CC"), "'00:15:5d:aa:bb:cc' in facts.macs");
        check(model("L'X \\ 1"), "has(facts.product) && facts.product == 'L\\'X \\\\ 1'");
        check(model("a").or(model("b")), "has(facts.product) && facts.product in ['a', 'b']");
        check(
            model("a").and(Cond::is(Fact::Vendor, "v")).or(Cond::is(Fact::Gateway, "10.0.0.1")),
            "((has(facts.product) && facts.product == 'a') && (has(facts.vendor) && facts.vendor == 'v')) || \
             (has(facts.gateway) && facts.gateway == '10.0.0.1')",
        );
        check(model("a").not().and(Cond::Always), "!(has(facts.product) && facts.product == 'a')");
        check(Cond::Never.or(Cond::Always), "true");
    }
}
