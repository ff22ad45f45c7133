//! XML of the share: read without document types, entities or anything from outside, and accounted for by line.
use crate::{Reason, Verdict, account::Book};
use roxmltree::{Document, Error, Node, ParsingOptions};

/// Most nodes of a file: drivers of a large share are half a million.
const MAX_NODES: u32 = 3_000_000;

/// An XML file that was read, and the account of its lines.
pub(crate) struct Tree<'t> {
    pub document: Document<'t>,
    text: &'t str,
    starts: Vec<usize>,
    file: usize,
}

impl<'t> Tree<'t> {
    /// Reads a file. One that can't be read is left aside whole.
    pub fn read(book: &mut Book, file: usize, text: &'t str) -> Option<Tree<'t>> {
        let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
        match Document::parse_with_options(text, options) {
            Ok(document) => {
                let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
                Some(Tree { document, text, starts, file })
            }
            Err(error) => {
                let reason = match error {
                    Error::DtdDetected => Reason::XmlDtd,
                    Error::NodesLimitReached => Reason::TooMuch,
                    _ => Reason::BrokenXml,
                };
                book.rest(file, Verdict::left(reason, ""));
                None
            }
        }
    }

    /// The line on which a byte stands, from 1.
    fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at)
    }
    /// The line on which a node begins.
    pub fn line_of(&self, node: Node) -> usize {
        self.line(node.range().start)
    }
    /// The lines of an element's opening tag, and those of its own text that say something.
    fn lines(&self, node: Node) -> Vec<usize> {
        let range = node.range();
        let end = node.first_child().map_or(range.end, |c| c.range().start);
        let mut lines: Vec<usize> =
            (self.line(range.start)..=self.line(end.saturating_sub(1).max(range.start))).collect();
        for text in node.children().filter(|c| c.is_text()) {
            let range = text.range();
            let mut at = range.start;
            for line in self.text.get(range).unwrap_or_default().split_inclusive('\n') {
                if !line.trim().is_empty() {
                    lines.push(self.line(at));
                }
                at += line.len();
            }
        }
        lines
    }
    /// Says what became of an element: its opening tag and its own text, not of what it contains.
    pub fn mark(&self, book: &mut Book, node: Node, verdict: &Verdict) {
        for line in self.lines(node) {
            book.mark(self.file, line, verdict.clone());
        }
    }
    /// Says it of an element and of all that it contains.
    pub fn mark_all(&self, book: &mut Book, node: Node, verdict: &Verdict) {
        for node in node.descendants().filter(Node::is_element) {
            self.mark(book, node, verdict);
        }
    }
    /// Ends the account: elements of which no reader spoke are left, and the rest is scaffolding.
    pub fn close(&self, book: &mut Book, reason: Reason) {
        for node in self.document.descendants().filter(Node::is_element) {
            for line in self.lines(node) {
                book.mark_if_new(self.file, line, Verdict::left(reason, node.tag_name().name()));
            }
        }
        book.rest(self.file, Verdict::Form);
    }
}

/// Elements below this one.
pub(crate) fn elements<'a, 'd>(node: Node<'a, 'd>) -> impl Iterator<Item = Node<'a, 'd>> {
    node.children().filter(Node::is_element)
}

/// The name of an element, in lower case.
pub(crate) fn tag(node: Node) -> String {
    node.tag_name().name().to_lowercase()
}

/// An attribute, whatever its case.
pub(crate) fn attribute<'a>(node: Node<'a, '_>, name: &str) -> &'a str {
    node.attributes().find(|a| a.name().eq_ignore_ascii_case(name)).map_or("", |a| a.value().trim())
}

/// The text of an element.
pub(crate) fn text<'a>(node: Node<'a, '_>) -> &'a str {
    node.text().unwrap_or_default().trim()
}

/// The text of an element's child of this name.
pub(crate) fn child<'a>(node: Node<'a, '_>, name: &str) -> &'a str {
    node.children().find(|c| c.is_element() && tag(*c) == name).map_or("", |c| c.text().unwrap_or_default().trim())
}

/// Whether an attribute says no: `enable="False"`.
pub(crate) fn is_off(node: Node) -> bool {
    attribute(node, "enable").eq_ignore_ascii_case("false") || attribute(node, "disable").eq_ignore_ascii_case("true")
}
