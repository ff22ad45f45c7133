//! Pages of the wizard: what is skipped is fixed, what is shown is asked.
use super::{Reader, declare};
use crate::{Latitude, Reason, Target, Verdict, property, wish::Wish};

/// Pages of the wizard as they are for all: name in lower case, whether it is skipped. The first line counts.
pub(super) fn pages(wishes: &[Wish]) -> Vec<(String, bool)> {
    let mut pages: Vec<(String, bool)> = Vec::new();
    for wish in wishes.iter().filter(|w| w.is_for_all() && property::is_page(&w.key)) {
        let name = wish.key.to_lowercase();
        if pages.iter().all(|p| p.0 != name) {
            pages.push((name, wish.value.eq_ignore_ascii_case("yes")));
        }
    }
    pages
}

impl Reader<'_> {
    /// A page of the wizard: for all machines it is the options' latitude. A rule says no latitude.
    pub(super) fn page(&mut self, wish: &Wish, page: &str) -> Verdict {
        let skip = wish.value.eq_ignore_ascii_case("yes");
        if !wish.is_for_all() {
            return match (skip, self.skipped(page) == Some(true)) {
                (true, true) => Verdict::left(Reason::Shadowed, &wish.key),
                (false, true) => Verdict::left(Reason::Widens, &wish.key),
                (false, false) => Verdict::left(Reason::Shadowed, &wish.key),
                (true, false) => Verdict::left(Reason::RuleFixes, &wish.key),
            };
        }
        match page {
            "skipwizard" => Verdict::carried(Target::Latitude("*".into())),
            "skipcomputername" => Verdict::carried(Target::Naming("name".into())),
            _ => {
                let mut of_page = property::KNOWN.iter().filter(|p| p.page == Some(page)).peekable();
                let first = of_page.peek().map_or("", |p| p.option);
                // A page that is shown asks, also where the share gives no value beforehand.
                if !skip {
                    for p in of_page.filter(|p| asked_alone(p.mdt)) {
                        let kind = p.shape.kind(&self.control.packages());
                        declare(self.import, p.option, p.option, kind, Latitude::Asked);
                    }
                }
                Verdict::carried(Target::Latitude(first.into()))
            }
        }
    }
}

/// Whether a page that is shown asks for this even where the share says nothing of it.
fn asked_alone(property: &str) -> bool {
    matches!(
        property,
        "timezonename" | "keyboardlocale" | "uilanguage" | "adminpassword" | "joindomain" | "applications"
    )
}
