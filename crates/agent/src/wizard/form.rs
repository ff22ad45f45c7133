//! A form: fields one under the other, and the button that ends it. A pure machine: keys in, data out.
use super::{
    field::{Entry, Field, Label},
    keys::Key,
    layout::Layout,
};
use serde_json::Value;
use socle_texts::{Fault, Lang};
use std::collections::BTreeMap;

/// A form.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// What it is about.
    pub title: Label,
    /// What to do, in a sentence or two.
    pub intro: Label,
    /// What was settled before, shown and not asked.
    pub lines: Vec<(Label, String)>,
    /// Its fields.
    pub fields: Vec<Field>,
    /// Which has the cursor; as many as there are: the button.
    pub focus: usize,
    /// What the button says.
    pub button: Label,
    /// What is wrong with the whole.
    pub fault: Option<Fault>,
}

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressed {
    /// The form goes on.
    Stays,
    /// It is complete, and every answer right as far as can be told here.
    Done,
    /// The person wants to go back.
    Back,
}

impl Form {
    /// A form.
    pub fn new(title: &'static str, intro: &'static str, button: &'static str, fields: Vec<Field>) -> Form {
        let (title, intro, button) = (Label::Key(title), Label::Key(intro), Label::Key(button));
        Form { title, intro, lines: Vec::new(), fields, focus: 0, button, fault: None }
    }

    /// The field with the cursor; none on the button.
    pub fn focused(&self) -> Option<&Field> {
        self.fields.get(self.focus)
    }

    /// Takes a key.
    pub fn press(&mut self, key: Key, layout: Layout, lang: Lang) -> Pressed {
        match key {
            Key::Escape => return Pressed::Back,
            Key::F(10) => return self.end(),
            Key::Enter => match self.fields.get_mut(self.focus) {
                None => return self.end(),
                // Only a field that is right is left by Enter; Tab goes anywhere.
                Some(field) => {
                    field.fault = field.value().err();
                    if field.fault.is_none() {
                        self.focus += 1;
                    }
                }
            },
            Key::Tab => self.go(1),
            Key::BackTab => self.go(-1),
            Key::Up | Key::Down if !self.is_list() => self.go(if key == Key::Up { -1 } else { 1 }),
            key => {
                if let Some(field) = self.fields.get_mut(self.focus)
                    && field.press(key, layout, lang)
                {
                    self.fault = None;
                }
            }
        }
        Pressed::Stays
    }

    /// Whether up and down go through the values of the focused field rather than from field to field.
    fn is_list(&self) -> bool {
        matches!(self.focused().map(|f| &f.entry), Some(Entry::Choice { .. } | Entry::List { .. }))
    }

    fn go(&mut self, way: isize) {
        let places = self.fields.len() + 1;
        self.focus = (self.focus + places).saturating_add_signed(way) % places;
    }

    /// The end, unless a field is wrong: then the first of them has the cursor.
    fn end(&mut self) -> Pressed {
        for field in &mut self.fields {
            field.fault = field.value().err();
        }
        match self.fields.iter().position(|f| f.fault.is_some()) {
            Some(wrong) => {
                self.focus = wrong;
                Pressed::Stays
            }
            None => Pressed::Done,
        }
    }

    /// Shows what somebody else found wrong; whether one of the fields is here.
    pub fn blame(&mut self, faults: &BTreeMap<String, Fault>) -> bool {
        for field in &mut self.fields {
            field.fault = faults.get(&field.id).cloned();
        }
        let first = self.fields.iter().position(|f| f.fault.is_some());
        if let Some(first) = first {
            self.focus = first;
        }
        first.is_some()
    }

    /// The answer of a field that is right.
    pub fn value(&self, id: &str) -> Option<Value> {
        self.fields.iter().find(|f| f.id == id)?.value().ok()
    }
    /// The same, where it is a text that says something.
    pub fn text(&self, id: &str) -> Option<String> {
        self.value(id)?.as_str().filter(|t| !t.is_empty()).map(str::to_string)
    }
}
