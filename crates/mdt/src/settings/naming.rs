//! Names of machines: those to announce, and patterns.
use super::{MAX_RULES, Reader};
use crate::{
    Naming, Reason, Target, Verdict,
    condition::Fact,
    names,
    wish::{Made, Wish, made},
};
use socle_domain::{UnitId, recognise::Announced, rule::read_condition, target::is_host_name};

impl Reader<'_> {
    /// Names: a machine to announce, or a pattern.
    pub(super) fn name(&mut self, wish: &Wish) -> Verdict {
        let left = |reason| Verdict::left(reason, &wish.key);
        if made(&wish.value) == Made::Script {
            return left(Reason::Script);
        }
        let lower = wish.value.to_lowercase();
        let pattern = lower.replace("%serialnumber%", "{serial}").replace("%macaddress%", "{mac}");
        if made(&pattern) == Made::Variables {
            return left(Reason::Variable);
        }
        if pattern.contains('{') {
            if !is_host_name(&pattern.replace("{serial}", "x1").replace("{mac}", "x1")) {
                return left(Reason::BadName);
            }
            let taken = |name: &str| self.import.naming.iter().any(|n| n.name == name);
            let name = names::unique(names::slug(&wish.section, "names"), taken, '-');
            let when = wish.when.cel();
            if read_condition(&when).is_err() || self.import.naming.len() >= MAX_RULES {
                return left(Reason::TooMuch);
            }
            self.import.naming.push(Naming { name: name.clone(), when, pattern });
            return Verdict::carried(Target::Naming(name));
        }
        let Some((fact, hint)) = wish.when.hint() else { return left(Reason::OneName) };
        if !is_host_name(&lower) {
            return left(Reason::BadName);
        }
        if self.import.announced.iter().any(|a| a.name == lower) {
            return left(Reason::Duplicate);
        }
        let only = |wanted| (fact == wanted).then(|| hint.to_string());
        self.import.announced.push(Announced {
            name: lower.clone(),
            unit: UnitId::ROOT,
            mac: only(Fact::Macs),
            serial: only(Fact::Serial),
            uuid: only(Fact::Uuid),
        });
        Verdict::carried(Target::Machine(lower))
    }
}
