//! The lists of a share, `Control/*.xml`: applications, operating systems, drivers, task sequences.
use crate::{
    Reason, Target, Verdict,
    account::Book,
    names,
    secret::looks_secret,
    tree::{Tree, attribute, child, elements, is_off, tag, text},
};

/// Most packages of a set.
const MAX_PACKAGES: usize = 1_000;

/// What the lists say.
#[derive(Debug, Default)]
pub(crate) struct Control {
    /// Applications: identifier in lower case, and the package's name.
    packages: Vec<(String, String)>,
    /// Operating systems: identifier in lower case, and name.
    pub systems: Vec<(String, String)>,
    /// Task sequences.
    pub sequences: Vec<Listed>,
    /// Whether there is a list of task sequences at all.
    pub has_sequences: bool,
}

/// A task sequence of the list.
#[derive(Debug)]
pub(crate) struct Listed {
    pub id: String,
    pub name: String,
    pub version: String,
    pub is_off: bool,
}

impl Control {
    /// The names of all packages.
    pub fn packages(&self) -> Vec<String> {
        self.packages.iter().map(|p| p.1.clone()).collect()
    }
    /// The package of an application's identifier.
    pub fn package(&self, guid: &str) -> Option<String> {
        let guid = guid.trim().to_lowercase();
        self.packages.iter().find(|p| p.0 == guid).map(|p| p.1.clone())
    }
    /// The name of an operating system.
    pub fn system(&self, guid: &str) -> Option<&str> {
        let guid = guid.trim().to_lowercase();
        self.systems.iter().find(|s| s.0 == guid).map(|s| s.1.as_str())
    }
}

/// Reads every list.
pub(crate) fn read(book: &mut Book, texts: &[String]) -> Control {
    let mut control = Control::default();
    for file in book.find(|path| path.matches('/').count() == 1 && path.ends_with(".xml")) {
        let name = book.path(file).to_lowercase();
        let Some(tree) = Tree::read(book, file, &texts[file]) else { continue };
        let root = tree.document.root_element();
        let all = |book: &mut Book, reason| tree.mark_all(book, root, &Verdict::left(reason, root.tag_name().name()));
        match name.trim_start_matches("control/") {
            "applications.xml" => applications(book, &tree, &mut control),
            "operatingsystems.xml" => systems(book, &tree, &mut control),
            "tasksequences.xml" => sequences(book, &tree, &mut control),
            "drivers.xml" => drivers(book, &tree),
            "packages.xml" => all(book, Reason::Updates),
            "settings.xml" | "selectionprofiles.xml" | "linkeddeploymentshares.xml" | "medias.xml" => {
                all(book, Reason::MdtOwn);
            }
            list if list.ends_with("groups.xml") => all(book, Reason::Bookkeeping),
            _ => all(book, Reason::OtherList),
        }
        tree.close(book, Reason::NotUnderstood);
    }
    control
}

fn applications(book: &mut Book, tree: &Tree, control: &mut Control) {
    let root = tree.document.root_element();
    tree.mark(book, root, &Verdict::Form);
    for one in elements(root) {
        let name = child(one, "name");
        if is_off(one) {
            tree.mark_all(book, one, &Verdict::left(Reason::Disabled, name));
            continue;
        }
        if control.packages.len() >= MAX_PACKAGES {
            tree.mark_all(book, one, &Verdict::left(Reason::TooMuch, name));
            continue;
        }
        let taken = |n: &str| control.packages.iter().any(|p| p.1 == n);
        let package = names::unique(names::slug(name, "application"), taken, '-');
        tree.mark(book, one, &Verdict::carried(Target::Package(package.clone())));
        for part in elements(one) {
            let verdict = match tag(part).as_str() {
                "name" => Verdict::carried(Target::Package(package.clone())),
                _ if looks_secret(text(part)) => Verdict::left(Reason::SecretAside, part.tag_name().name()),
                "commandline" | "source" | "workingdirectory" | "uninstallkey" | "reboot" | "dependency"
                | "supportedplatform" | "sourcepath" => Verdict::left(Reason::ApplicationContent, name),
                _ => Verdict::left(Reason::Bookkeeping, part.tag_name().name()),
            };
            tree.mark_all(book, part, &verdict);
        }
        control.packages.push((attribute(one, "guid").to_lowercase(), package));
    }
}

fn systems(book: &mut Book, tree: &Tree, control: &mut Control) {
    let root = tree.document.root_element();
    tree.mark(book, root, &Verdict::Form);
    for one in elements(root) {
        let name = child(one, "name");
        tree.mark(book, one, &Verdict::left(Reason::ImageFile, name));
        for part in elements(one) {
            let reason = match tag(part).as_str() {
                "name" | "description" | "source" | "imagefile" | "imageindex" | "imagename" => Reason::ImageFile,
                _ => Reason::Bookkeeping,
            };
            tree.mark_all(book, part, &Verdict::left(reason, name));
        }
        control.systems.push((attribute(one, "guid").to_lowercase(), names::shown(name)));
    }
}

fn drivers(book: &mut Book, tree: &Tree) {
    let root = tree.document.root_element();
    tree.mark(book, root, &Verdict::Form);
    for one in elements(root) {
        tree.mark_all(book, one, &Verdict::left(Reason::Drivers, child(one, "name")));
    }
}

fn sequences(book: &mut Book, tree: &Tree, control: &mut Control) {
    control.has_sequences = true;
    let root = tree.document.root_element();
    tree.mark(book, root, &Verdict::Form);
    for one in elements(root) {
        let (id, name) = (child(one, "id"), child(one, "name"));
        let listed = Listed {
            id: id.to_lowercase(),
            name: names::shown(name),
            version: names::shown(child(one, "version")),
            is_off: is_off(one),
        };
        if listed.is_off {
            tree.mark_all(book, one, &Verdict::left(Reason::Disabled, name));
        } else if id.is_empty() || control.sequences.iter().any(|s| s.id == listed.id) {
            tree.mark_all(book, one, &Verdict::left(Reason::Duplicate, name));
            continue;
        } else {
            let master = Verdict::carried(Target::Master(names::slug(id, "master")));
            tree.mark(book, one, &master);
            for part in elements(one) {
                let verdict = match tag(part).as_str() {
                    "name" | "id" | "version" => master.clone(),
                    other => Verdict::left(Reason::Bookkeeping, other),
                };
                tree.mark_all(book, part, &verdict);
            }
        }
        control.sequences.push(listed);
    }
}
