//! Lists: `Applications001=…` of several sections. In MDT they add up; in Socle one value holds. So a rule's list is its
//! section's with what holds for all machines, in MDT's order. Where two rules could add up on one machine, each line of
//! theirs carries a caution.
use crate::{Import, Reason, Set, Target, Value, Verdict, settings::rule, wish::Wish};

/// Longest list, in bytes of its texts.
const MAX_LIST_BYTES: usize = 12_000;

/// Items of lists, gathered while the lines are read.
#[derive(Default)]
pub(crate) struct Lists<'w> {
    items: Vec<(&'w Wish, String, String)>,
}

impl<'w> Lists<'w> {
    /// Adds an item; its verdict may still change when all are known.
    pub fn add(&mut self, wish: &'w Wish, option: String, item: String) -> Verdict {
        self.items.push((wish, option, item));
        Verdict::Form
    }

    /// Makes the values.
    pub fn close(self, import: &mut Import) -> Vec<(&'w Wish, Verdict)> {
        let mut verdicts = Vec::new();
        let mut options: Vec<&String> = Vec::new();
        for (_, option, _) in &self.items {
            if !options.contains(&option) {
                options.push(option);
            }
        }
        for option in options {
            let items: Vec<_> = self.items.iter().filter(|i| i.1 == *option).collect();
            verdicts.extend(one(import, option, &items));
        }
        verdicts
    }
}

fn one<'w>(import: &mut Import, option: &str, items: &[&(&'w Wish, String, String)]) -> Vec<(&'w Wish, Verdict)> {
    let mut groups: Vec<usize> = items.iter().filter(|i| !i.0.is_for_all()).map(|i| i.0.group).collect();
    groups.dedup();
    let caution = (groups.len() > 1).then_some(Reason::ListAdds);
    let list = |holds: &dyn Fn(&Wish) -> bool| -> Value {
        let mut list: Vec<String> = Vec::new();
        for (_, _, item) in items.iter().filter(|i| holds(i.0)) {
            if !list.contains(item) {
                list.push(item.clone());
            }
        }
        Value::List(list)
    };
    let fits =
        |value: &Value| matches!(value, Value::List(l) if l.iter().map(String::len).sum::<usize>() <= MAX_LIST_BYTES);
    let mut verdicts = Vec::new();
    let for_all = list(&Wish::is_for_all);
    let all_fit = fits(&for_all);
    if all_fit
        && for_all != Value::List(Vec::new())
        && let Some(found) = import.options.iter_mut().find(|o| o.name == option)
    {
        found.value = Some(for_all);
    }
    for (wish, ..) in items.iter().filter(|i| i.0.is_for_all()) {
        let carried = Verdict::carried(Target::Option(option.into()));
        verdicts.push((*wish, if all_fit { carried } else { Verdict::left(Reason::TooMuch, &wish.key) }));
    }
    for group in groups {
        let of_group: Vec<&'w Wish> =
            items.iter().map(|i| i.0).filter(|w| w.group == group && !w.is_for_all()).collect();
        let value = list(&|w: &Wish| w.is_for_all() || w.group == group);
        let Some(first) = of_group.first() else { continue };
        let verdict = |wish: &Wish, made: &Result<String, Reason>| match made {
            Ok(name) => Verdict::Carried { to: Target::Rule(name.clone()), caution },
            Err(reason) => Verdict::left(*reason, &wish.key),
        };
        let made = match fits(&value) {
            false => Err(Reason::TooMuch),
            true => rule(import, first).map(|rule| {
                rule.sets.push(Set { option: option.into(), value });
                rule.name.clone()
            }),
        };
        verdicts.extend(of_group.into_iter().map(|w| (w, verdict(w, &made))));
    }
    verdicts
}
