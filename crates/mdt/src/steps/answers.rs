//! `Unattend.xml`, Windows' answer file: only its passwords are of use.
use crate::{
    Import, Kind, Latitude, Reason, Secret, Verdict,
    account::Book,
    secret::is_secret,
    settings::declare,
    tree::{Tree, tag, text},
};
use roxmltree::Node;

/// Passwords of an answer file. Their names come from what they stand in.
pub(super) fn answers(book: &mut Book, tree: &Tree, import: &mut Import, path: &str) {
    for node in tree.document.descendants().filter(Node::is_element) {
        let name = tag(node);
        let of_parent = |n: &Node| n.parent_element().map(tag).unwrap_or_default();
        let holder = if name == "value" { of_parent(&node) } else { name };
        if !is_secret(&holder) || text(node).is_empty() {
            continue;
        }
        let owner =
            node.ancestors().map(tag).find(|t| ["autologon", "credentials", "localaccount"].contains(&t.as_str()));
        let option = match (holder.as_str(), owner.as_deref()) {
            ("administratorpassword", _) => "administrator_password",
            ("productkey", _) => "product_key",
            (_, Some("autologon")) => "autologon_password",
            (_, Some("credentials")) => "domain_password",
            (_, Some("localaccount")) => "account_password",
            _ => "answer_password",
        };
        // Windows' own disguise (base64) would be sealed as it is, and be of no use.
        let disguised = node.parent_element().is_some_and(|p| crate::tree::child(p, "plaintext") == "false");
        let free = import.secrets.iter().all(|s| s.option != option || s.rule.is_some());
        let verdict = if !disguised && free && declare(import, option, option, Kind::Secret, Latitude::Fixed) {
            let place = crate::Place { file: path.into(), line: tree.line_of(node) };
            import.secrets.push(Secret::new(option, node.tag_name().name(), place, text(node)));
            Verdict::Sealed { option: option.into() }
        } else {
            Verdict::left(Reason::SecretAside, node.tag_name().name())
        };
        tree.mark(book, node, &verdict);
    }
}
