//! A reader of HTML that accepts only what is well formed: what the pages' own templates are held to.
use std::collections::BTreeSet;

const VOID: &[&str] = &["meta", "link", "input", "br", "hr", "img"];

/// What a page holds.
pub struct Read {
    pub ids: BTreeSet<String>,
    pub links: Vec<String>,
    pub references: Vec<String>,
    pub text: String,
}

/// Reads a page or a part of one.
///
/// # Errors
/// What is wrong, and near which text.
pub fn read(html: &str) -> Result<Read, String> {
    let mut open: Vec<String> = Vec::new();
    let mut page = Read { ids: BTreeSet::new(), links: vec![], references: vec![], text: String::new() };
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        page.text.push_str(&rest[..start]);
        rest = &rest[start..];
        let near = rest.chars().take(90).collect::<String>();
        let end = end_of_tag(rest).ok_or(format!("a tag does not end: {near}"))?;
        let tag = &rest[1..end];
        rest = &rest[end + 1..];
        if tag.starts_with('!') {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            let last = open.pop().unwrap_or_default();
            if last != name.trim() {
                return Err(format!("</{name}> closes <{last}>: {near}"));
            }
            continue;
        }
        let name: String = tag.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
        let attributes = attributes(&tag[name.len()..]).map_err(|e| format!("{e}: {near}"))?;
        take(&mut page, &name, &attributes).map_err(|e| format!("{e}: {near}"))?;
        if !VOID.contains(&name.as_str()) && !tag.ends_with('/') {
            open.push(name);
        }
    }
    match open.pop() {
        Some(left) => Err(format!("<{left}> is not closed")),
        None => Ok(page),
    }
}

fn take(page: &mut Read, name: &str, attributes: &[(String, String)]) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for (attribute, value) in attributes {
        if !seen.insert(attribute) {
            return Err(format!("{attribute} stands twice"));
        }
        match attribute.as_str() {
            "id" if !page.ids.insert(value.clone()) => return Err(format!("the id {value} stands twice")),
            "style" => return Err("an inline style: the content security policy refuses it".into()),
            "href" | "action" | "src" => page.links.push(value.clone()),
            "for" => page.references.push(value.clone()),
            "aria-labelledby" | "aria-describedby" => {
                page.references.extend(value.split_whitespace().map(str::to_string));
            }
            on if on.starts_with("on") => return Err(format!("an inline script ({on})")),
            _ => {}
        }
    }
    if name == "script" && !seen.contains(&"src".to_string()) {
        return Err("an inline script".into());
    }
    Ok(())
}

/// Where the tag ends: the first `>` outside quotes.
fn end_of_tag(text: &str) -> Option<usize> {
    let mut quote = None;
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(i),
            (None, '"' | '\'') => quote = Some(c),
            (Some(q), c) if c == q => quote = None,
            _ => {}
        }
    }
    None
}

fn attributes(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim().trim_end_matches('/').trim();
    while !rest.is_empty() {
        let name: String = rest.chars().take_while(|c| !c.is_whitespace() && *c != '=').collect();
        if name.is_empty() || name.contains(['"', '\'', '<']) {
            return Err(format!("an attribute is malformed at {rest}"));
        }
        rest = &rest[name.len()..];
        let mut value = String::new();
        if let Some(after) = rest.strip_prefix('=') {
            let quote =
                after.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or(format!("{name} is not quoted"))?;
            let end = after[1..].find(quote).ok_or(format!("{name} does not end"))?;
            value = after[1..=end].to_string();
            rest = &after[end + 2..];
            if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
                return Err(format!("no space after {name}"));
            }
        }
        rest = rest.trim_start();
        found.push((name, value));
    }
    Ok(found)
}

#[test]
fn what_is_not_well_formed_is_refused() {
    for wrong in [
        "<p>a",
        "<p><b>a</p></b>",
        "<p id=\"a\"></p><p id=\"a\"></p>",
        "<p style=\"color:red\"></p>",
        "<p onclick=\"a()\"></p>",
        "<script>a()</script>",
        "<p class=a></p>",
        "<p class=\"a\"id=\"b\"></p>",
        "<p class=\"a\" class=\"b\"></p>",
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
    assert!(read("<!doctype html><p class=\"a > b\">c<br><input required></p>").is_ok());
}
