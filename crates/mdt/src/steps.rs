//! Task sequences: `Control/ID/ts.xml` becomes the draft of a master, and `Unattend.xml` beside it is searched for
//! passwords. A step that Socle has no counterpart of stands in the draft as a comment, where it stood.
mod answers;
mod kinds;
mod variables;
mod when;

use crate::{
    Import, Reason, Target, Verdict,
    account::Book,
    condition::Cond,
    control::Control,
    draft::{Builder, What},
    names,
    secret::{is_secret, looks_secret},
    tree::{Tree, attribute, elements, is_off, tag, text},
};
use answers::answers;
use kinds::Step;
use roxmltree::Node;
use socle_texts::Lang;
use when::read_condition;

const MAX_DEPTH: usize = 64;

/// Reads every task sequence.
pub(crate) fn read(book: &mut Book, texts: &[String], control: &Control, lang: Lang, import: &mut Import) {
    for file in book.find(|path| path.ends_with("/ts.xml")) {
        let path = book.path(file).to_string();
        let id = path.split('/').nth(1).unwrap_or_default().to_string();
        let listed = control.sequences.iter().find(|s| s.id == id.to_lowercase());
        let reason = match listed {
            None if control.has_sequences => Some(Reason::Unreached),
            Some(listed) if listed.is_off => Some(Reason::Disabled),
            _ => None,
        };
        if let Some(reason) = reason {
            book.rest(file, Verdict::left(reason, &id));
            continue;
        }
        let Some(tree) = Tree::read(book, file, &texts[file]) else { continue };
        let name = listed.map_or(id.as_str(), |l| l.name.as_str());
        let version = listed.map_or("", |l| l.version.as_str());
        let taken = |n: &str| import.masters.iter().any(|m| m.name == n);
        let master = names::unique(names::slug(&id, "master"), taken, '-');
        let builder = Builder::new(&master, name, version, &path, lang);
        let image = image(&tree, control);
        let mut walk = Walk { book, tree: &tree, import, builder, image, path: &path };
        walk.group(tree.document.root_element(), &Some(Cond::Always), 0);
        let builder = walk.builder;
        tree.close(book, Reason::NotUnderstood);
        match builder.finish(import) {
            Some(draft) => import.masters.push(draft),
            None => book.rest(file, Verdict::left(Reason::TooMuch, &id)),
        }
    }
    for file in book.find(|path| path.ends_with("/unattend.xml")) {
        let path = book.path(file).to_string();
        let Some(tree) = Tree::read(book, file, &texts[file]) else { continue };
        answers(book, &tree, import, &path);
        tree.close(book, Reason::AnswerFile);
    }
}

/// The operating system that a task sequence installs.
fn image(tree: &Tree, control: &Control) -> Option<String> {
    let guid = tree.document.descendants().find(|n| tag(*n) == "variable" && attribute(*n, "name") == "OSGUID")?;
    control.system(text(guid)).map(str::to_string)
}

struct Walk<'a, 't> {
    book: &'a mut Book,
    tree: &'a Tree<'t>,
    import: &'a mut Import,
    builder: Builder,
    image: Option<String>,
    path: &'a str,
}

impl Walk<'_, '_> {
    fn mark(&mut self, node: Node, verdict: &Verdict) {
        self.tree.mark(self.book, node, verdict);
    }
    fn leave(&mut self, node: Node, reason: Reason) {
        let name = attribute(node, "name");
        let name = if name.is_empty() { node.tag_name().name() } else { name };
        self.tree.mark_all(self.book, node, &Verdict::left(reason, name));
    }
    fn master(&self) -> Verdict {
        Verdict::carried(Target::Master(self.builder.name().into()))
    }

    /// A group, or the sequence itself; its steps hold only where it holds.
    fn group(&mut self, node: Node, when: &Option<Cond>, depth: usize) {
        if depth > MAX_DEPTH {
            return self.leave(node, Reason::TooMuch);
        }
        let verdict = self.master();
        self.mark(node, &verdict);
        let when = self.condition(node, when);
        for part in elements(node) {
            match tag(part).as_str() {
                "group" | "step" if is_off(part) => self.aside(part, Reason::Disabled),
                "group" if when == Some(Cond::Never) => self.aside(part, Reason::NeverHere),
                "group" => self.group(part, &when, depth + 1),
                "step" => {
                    self.step(part, &when);
                    self.seal_variables(part);
                }
                "condition" => {}
                "action" | "defaultvarlist" if text(part).is_empty() && elements(part).next().is_none() => {
                    self.mark(part, &Verdict::Form);
                }
                // Variables of the whole sequence.
                "globalvarlist" | "defaultvarlist" => self.variables(part),
                "referencelist" => self.leave(part, Reason::Bookkeeping),
                _ => self.leave(part, Reason::NotUnderstood),
            }
        }
    }

    /// What is switched off or never happens here; a password in it stood in clear all the same.
    fn aside(&mut self, node: Node, reason: Reason) {
        self.leave(node, reason);
        let secrets: Vec<Node> =
            node.descendants().filter(|n| tag(*n) == "variable" && is_secret(name_of(*n))).collect();
        for variable in secrets.into_iter().filter(|v| !text(*v).is_empty()) {
            let verdict = Verdict::left(Reason::SecretAside, name_of(variable));
            self.mark(variable, &verdict);
        }
    }

    /// The condition of a group or step, with that of what it stands in; none where it can't be said over facts.
    fn condition(&mut self, node: Node, outer: &Option<Cond>) -> Option<Cond> {
        let mut all = outer.clone();
        for condition in elements(node).filter(|c| tag(*c) == "condition") {
            let said = read_condition(condition, 0);
            let verdict = match &said {
                Some(Cond::Never) => Verdict::left(Reason::NeverHere, attribute(node, "name")),
                Some(_) => self.master(),
                None => Verdict::left(Reason::Condition, attribute(node, "name")),
            };
            self.tree.mark_all(self.book, condition, &verdict);
            all = match (all, said) {
                // What never happens needs no other condition to be understood.
                (Some(Cond::Never), _) | (_, Some(Cond::Never)) => Some(Cond::Never),
                (Some(a), Some(b)) => Some(a.and(b)),
                _ => None,
            };
        }
        all
    }

    fn step(&mut self, node: Node, outer: &Option<Cond>) {
        let when = self.condition(node, outer);
        let (name, line) = (attribute(node, "name"), self.tree.line_of(node));
        let kind = Step::of(node);
        let reason = match (&kind, &when) {
            (_, Some(Cond::Never)) => Reason::NeverHere,
            (Step::Left(reason), _) => *reason,
            (_, None) => Reason::Condition,
            (Step::Reboot, _) => Reason::Restart,
            _ => {
                let when = when.unwrap_or(Cond::Always);
                return self.carry(node, &kind, when, name, line);
            }
        };
        if !reason.is_harmless() {
            self.builder.remark(name, line, reason);
        }
        // An empty condition was marked as carried: the step that it belongs to is what counts.
        self.aside_step(node, reason);
    }

    fn aside_step(&mut self, node: Node, reason: Reason) {
        let name = attribute(node, "name");
        self.mark(node, &Verdict::left(reason, name));
        for part in elements(node) {
            match tag(part).as_str() {
                "action" if looks_secret(text(part)) => self.leave(part, Reason::SecretAside),
                "defaultvarlist" => self.variables_aside(part, reason),
                "condition" => {}
                _ if text(part).is_empty() => self.mark(part, &Verdict::Form),
                _ => self.tree.mark_all(self.book, part, &Verdict::left(reason, name)),
            }
        }
    }

    fn carry(&mut self, node: Node, kind: &Step, when: Cond, name: &str, line: usize) {
        let carried = self.master();
        let value = |wanted: &str| {
            let found = node.descendants().find(|v| tag(*v) == "variable" && name_of(*v).eq_ignore_ascii_case(wanted));
            found.map_or("", text)
        };
        let number = |wanted: &str| value(wanted).parse::<u64>().ok().filter(|n| (1..1 << 30).contains(n));
        let go_on = attribute(node, "continueOnError").eq_ignore_ascii_case("true");
        let done = match kind {
            Step::Validate => {
                let what = What::Check { memory_mib: number("ImageMemory"), disk_mib: number("ImageSize") };
                self.builder.add(name, line, &when, go_on, what)
            }
            Step::Partition => match &self.image {
                Some(image) => self.builder.add(name, line, &when, go_on, What::Partition { image: image.clone() }),
                None => Err(Reason::ImageFile),
            },
            Step::Install => match &self.image {
                Some(image) => self.builder.add(name, line, &when, go_on, What::Apply { image: image.clone() }),
                None => Err(Reason::ImageFile),
            },
            Step::SetVariable if when != Cond::Always => Err(Reason::Condition),
            Step::SetVariable => {
                let verdict = self.set_variable(value("VariableName"), value("VariableValue"));
                return self.set_variable_marks(node, &verdict);
            }
            Step::Reboot | Step::Left(_) => Err(Reason::Restart),
        };
        if let Err(reason) = done {
            self.builder.remark(name, line, reason);
            return self.aside_step(node, reason);
        }
        self.mark(node, &carried);
        for part in elements(node) {
            match tag(part).as_str() {
                "defaultvarlist" => {
                    self.mark(part, &Verdict::Form);
                    for variable in elements(part) {
                        let verdict = match (kind, name_of(variable).to_lowercase().as_str()) {
                            (_, _) if text(variable).is_empty() => Verdict::left(Reason::Empty, name_of(variable)),
                            (Step::Validate, "imagememory" | "imagesize") | (Step::Install, "osguid") => {
                                carried.clone()
                            }
                            (Step::Validate, "verifyos") => Verdict::left(Reason::MdtOwn, name_of(variable)),
                            (Step::Validate, _) => Verdict::left(Reason::StepType, name_of(variable)),
                            _ => Verdict::left(Reason::Layout, name_of(variable)),
                        };
                        self.mark(variable, &verdict);
                    }
                }
                "action" => self.leave(part, Reason::MdtOwn),
                "condition" => {}
                _ => self.leave(part, Reason::NotUnderstood),
            }
        }
    }

    fn set_variable_marks(&mut self, node: Node, verdict: &Verdict) {
        let carried = self.master();
        self.mark(node, &carried);
        for part in elements(node) {
            match tag(part).as_str() {
                "defaultvarlist" => {
                    self.mark(part, &Verdict::Form);
                    for variable in elements(part) {
                        self.tree.mark(self.book, variable, verdict);
                    }
                }
                "action" => self.leave(part, Reason::MdtOwn),
                "condition" => {}
                _ => self.leave(part, Reason::NotUnderstood),
            }
        }
    }
}

fn name_of<'a>(variable: Node<'a, '_>) -> &'a str {
    attribute(variable, "name")
}
