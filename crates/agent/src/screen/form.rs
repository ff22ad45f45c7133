//! The wizard drawn: 80 by 25, on a console or on a serial line, in characters and colours that both have.
use super::{
    draw::{BAD, FAINT, STRONG, boxed},
    fold,
};
use crate::wizard::{
    Wizard,
    field::{Entry, Field, named},
    flow::Page,
    form::Form,
};
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Modifier, Style},
    text::{Line, Span},
    widgets::Paragraph,
};
use socle_texts::{Arg, Lang, next_step, say, tell};
use socle_wire::wizard::{Choice, Input};

const CURSOR: Style = Style::new().fg(Color::Black).bg(Color::White);
const HERE: Style = Style::new().fg(Color::White).bg(Color::Blue).add_modifier(Modifier::BOLD);
/// Room for what a field is called, beside its entry; what is longer stands above it.
const LABEL: usize = 26;
/// An entry on a wide screen is no wider than that: one line that eyes follow.
const WIDEST: usize = 64;
/// Values of a choice that are shown at once.
const ROWS: usize = 6;

/// Draws it.
pub fn draw(frame: &mut Frame<'_>, wizard: &Wizard) {
    let rows = [Constraint::Length(1), Constraint::Min(5), Constraint::Length(2)];
    let [head, body, foot] = Layout::vertical(rows).areas(frame.area());
    draw_head(frame, head, wizard);
    match wizard.form.focused().filter(|_| wizard.help) {
        _ if !wizard.help => draw_form(frame, body, wizard),
        field => draw_help(frame, body, wizard, field),
    }
    draw_foot(frame, foot, wizard);
}

fn word(wizard: &Wizard, key: &str) -> String {
    say(wizard.lang, key, &[])
}

fn draw_head(frame: &mut Frame<'_>, area: Rect, wizard: &Wizard) {
    let right = match wizard.page {
        Page::Done => String::new(),
        page => say(wizard.lang, "agent-wizard-step", &[("number", page.number().into())]),
    };
    let left = format!(" Socle  {}", word(wizard, "agent-wizard-title"));
    let widths = [Constraint::Min(1), Constraint::Length(right.chars().count() as u16 + 1)];
    let [a, b] = Layout::horizontal(widths).areas(area);
    frame.render_widget(Paragraph::new(left).style(HERE), a);
    frame.render_widget(Paragraph::new(right).style(HERE), b);
}

fn draw_foot(frame: &mut Frame<'_>, area: Rect, wizard: &Wizard) {
    let said = match (wizard.busy, wizard.leaving) {
        (true, _) => word(wizard, "agent-wizard-busy"),
        (_, true) => word(wizard, "agent-wizard-leaving"),
        _ => String::new(),
    };
    let other = if matches!(wizard.page, Page::Code) { "agent-wizard-key-second" } else { "agent-wizard-key-code" };
    let other = matches!(wizard.page, Page::Code | Page::SecondFactor).then(|| word(wizard, other));
    let board = format!("F3 {}", wizard.layout.word());
    let keys = ["agent-wizard-key-help", "agent-wizard-key-language"].map(|key| word(wizard, key));
    let last = ["agent-wizard-key-next", "agent-wizard-key-back"].map(|key| word(wizard, key));
    let keys: Vec<String> = keys.into_iter().chain([board]).chain(other).chain(last).collect();
    let lines = vec![Line::styled(format!(" {said}"), STRONG), Line::styled(format!(" {}", keys.join("  ")), FAINT)];
    frame.render_widget(Paragraph::new(lines), area);
}

fn draw_form(frame: &mut Frame<'_>, area: Rect, wizard: &Wizard) {
    let form = &wizard.form;
    let block = boxed(fold(&form.title.say(wizard.lang)), FAINT);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let width = inner.width as usize;
    let mut lines = wrapped(&form.intro.say(wizard.lang), width, Style::new());
    lines.push(Line::default());
    for (label, value) in &form.lines {
        let label = fold(&label.say(wizard.lang));
        lines.push(Line::from(vec![
            Span::styled(format!("  {:<LABEL$} ", cut(&label, LABEL)), FAINT),
            Span::styled(cut(&fold(value), width.saturating_sub(LABEL + 3)), STRONG),
        ]));
    }
    let mut focus = (0, 0);
    for (index, field) in form.fields.iter().enumerate() {
        let begin = lines.len();
        lines.extend(field_lines(wizard, field, index == form.focus, width));
        if index == form.focus {
            focus = (begin, lines.len());
        }
    }
    lines.push(Line::default());
    let here = form.focus >= form.fields.len();
    let button = format!("[ {} ]", fold(&form.button.say(wizard.lang)));
    lines.push(Line::from(vec![
        Span::raw(if here { "> " } else { "  " }),
        Span::styled(button, if here { HERE } else { STRONG }),
    ]));
    lines.extend(fault_lines(wizard.lang, form, width));
    if here || form.fault.is_some() {
        focus = (lines.len().saturating_sub(1), lines.len());
    }
    let top = focus.1.saturating_sub(inner.height as usize).min(focus.0);
    let shown: Vec<Line<'_>> = lines.into_iter().skip(top).collect();
    frame.render_widget(Paragraph::new(shown), inner);
}

fn fault_lines(lang: Lang, form: &Form, width: usize) -> Vec<Line<'static>> {
    let Some(fault) = &form.fault else { return Vec::new() };
    let mut lines = vec![Line::default()];
    lines.extend(wrapped(&tell(lang, fault), width, BAD));
    lines.extend(next_step(lang, fault).iter().flat_map(|next| wrapped(&format!("> {next}"), width, STRONG)));
    lines
}

/// A field: what it is called, what was typed, what is wrong with it; with the cursor also what there is to choose.
fn field_lines(wizard: &Wizard, field: &Field, here: bool, width: usize) -> Vec<Line<'static>> {
    let label = fold(&field.label.say(wizard.lang));
    let mark = if here { "> " } else { "  " };
    let style = if here { STRONG } else { Style::new() };
    let room = width.saturating_sub(LABEL + 4).min(WIDEST);
    let mut lines = Vec::new();
    let mut first = match label.chars().count() > LABEL {
        true => {
            lines.push(Line::styled(format!("{mark}{}", cut(&label, width.saturating_sub(2))), style));
            vec![Span::raw(" ".repeat(LABEL + 3))]
        }
        false => vec![Span::styled(format!("{mark}{label:<LABEL$} "), style)],
    };
    first.extend(entry_spans(wizard, field, here, room));
    lines.push(Line::from(first));
    if here {
        lines.extend(choice_lines(wizard, field, room));
    }
    if let Some(fault) = &field.fault {
        let said = wrapped(&tell(wizard.lang, fault), room, BAD);
        lines.extend(said.into_iter().map(|line| indented(line, LABEL + 3)));
    }
    lines
}

fn indented(line: Line<'static>, by: usize) -> Line<'static> {
    let mut spans = vec![Span::raw(" ".repeat(by))];
    spans.extend(line.spans.into_iter().map(|span| {
        let style = line.style.patch(span.style);
        span.style(style)
    }));
    Line::from(spans)
}

fn entry_spans(wizard: &Wizard, field: &Field, here: bool, room: usize) -> Vec<Span<'static>> {
    match &field.entry {
        Entry::Text { typed, at } => text_spans(typed, *at, field.input.is_secret(), here, room),
        Entry::Boolean(chosen) => {
            let mark = |on: bool| if *chosen == Some(on) { "(*)" } else { "( )" };
            let said = [(true, "agent-wizard-yes"), (false, "agent-wizard-no")]
                .map(|(on, key)| format!("{} {}", mark(on), word(wizard, key)));
            vec![Span::styled(said.join("   "), if here { HERE } else { Style::new() })]
        }
        Entry::Choice { .. } | Entry::List { .. } => {
            let shown = cut(&fold(&field.shown(wizard.lang)), room);
            vec![Span::styled(shown, if here { HERE } else { Style::new() })]
        }
    }
}

fn text_spans(typed: &[char], at: usize, hidden: bool, here: bool, room: usize) -> Vec<Span<'static>> {
    let room = room.saturating_sub(2).max(1);
    // The cursor is always in sight, with one place for it behind the last character.
    let from = (at + 1).saturating_sub(room);
    let mut cells: Vec<char> = typed.iter().skip(from).take(room).map(|c| if hidden { '*' } else { one(*c) }).collect();
    cells.resize(room, ' ');
    let text = |part: &[char]| part.iter().collect::<String>();
    let cursor = at - from;
    if !here {
        return vec![Span::raw(format!("[{}]", text(&cells)))];
    }
    vec![
        Span::styled("[", STRONG),
        Span::styled(text(&cells[..cursor]), HERE),
        Span::styled(text(&cells[cursor..=cursor]), CURSOR),
        Span::styled(text(&cells[cursor + 1..]), HERE),
        Span::styled("]", STRONG),
    ]
}

/// One cell for one character.
fn one(c: char) -> char {
    fold(&c.to_string()).chars().next().unwrap_or('?')
}

fn choice_lines(wizard: &Wizard, field: &Field, room: usize) -> Vec<Line<'static>> {
    let choices: &[Choice] = field.choices();
    let (at, find) = match &field.entry {
        Entry::Choice { at, find } => (*at, find.as_str()),
        Entry::List { at, .. } => (Some(*at), ""),
        _ => return Vec::new(),
    };
    if choices.is_empty() {
        return Vec::new();
    }
    let place = at.unwrap_or(0);
    let top = place.saturating_sub(ROWS / 2).min(choices.len().saturating_sub(ROWS));
    let row = |(index, choice): (usize, &Choice)| {
        let mark = match &field.entry {
            Entry::List { taken, .. } => {
                if taken.contains(&index) {
                    "[x] "
                } else {
                    "[ ] "
                }
            }
            _ => "",
        };
        let text = cut(&fold(&format!("{mark}{}", named(choice, wizard.lang))), room.saturating_sub(2));
        let chosen = at == Some(index);
        let line = format!("{} {text}", if chosen { ">" } else { " " });
        indented(Line::styled(line, if chosen { HERE } else { FAINT }), LABEL + 3)
    };
    let mut lines: Vec<Line<'static>> = choices.iter().enumerate().skip(top).take(ROWS).map(row).collect();
    if choices.len() > ROWS || !find.is_empty() {
        let args: [(&str, Arg); 3] =
            [("place", (place + 1).into()), ("all", choices.len().into()), ("find", fold(find).into())];
        let key = if find.is_empty() { "agent-wizard-of" } else { "agent-wizard-find" };
        lines.push(indented(Line::styled(say(wizard.lang, key, &args), FAINT), LABEL + 3));
    }
    lines
}

/// The help of a field: what it is about, what can be answered, which keys do what.
fn draw_help(frame: &mut Frame<'_>, area: Rect, wizard: &Wizard, field: Option<&Field>) {
    let title = field.map_or_else(|| word(wizard, "agent-wizard-help"), |f| fold(&f.label.say(wizard.lang)));
    let block = boxed(title, STRONG);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let width = inner.width as usize;
    let mut lines = Vec::new();
    if let Some(field) = field {
        let help = field.help.as_ref().map(|h| h.say(wizard.lang));
        lines.extend(help.iter().flat_map(|help| wrapped(help, width, Style::new())));
        lines.push(Line::default());
        lines.extend(wrapped(&rule(wizard.lang, &field.input), width, STRONG));
        lines.push(Line::default());
    }
    for key in ["agent-wizard-help-move", "agent-wizard-help-choose", "agent-wizard-help-function"] {
        lines.extend(wrapped(&word(wizard, key), width, FAINT));
    }
    lines.push(Line::default());
    lines.push(Line::styled(word(wizard, "agent-wizard-help-close"), STRONG));
    frame.render_widget(Paragraph::new(lines), inner);
}

/// What can be answered, in a sentence.
fn rule(lang: Lang, input: &Input) -> String {
    let number = |n: &Option<i64>| n.map_or("...".to_string(), |n| n.to_string());
    let day = |d: &Option<String>| d.clone().unwrap_or("...".into());
    let (key, args): (&str, Vec<(&str, Arg)>) = match input {
        Input::Boolean {} => ("agent-wizard-rule-boolean", vec![]),
        Input::Integer { least: None, most: None } => ("agent-wizard-rule-integer", vec![]),
        Input::Integer { least, most } => {
            ("agent-wizard-rule-range", vec![("least", number(least).into()), ("most", number(most).into())])
        }
        Input::Text { patterns, .. } if !patterns.is_empty() => {
            ("agent-wizard-rule-pattern", vec![("pattern", patterns.join(", ").into())])
        }
        Input::Text { max_chars, .. } => ("agent-wizard-rule-text", vec![("most", (*max_chars).into())]),
        Input::Secret { .. } => ("agent-wizard-rule-secret", vec![]),
        Input::Choice { .. } => ("agent-wizard-rule-choice", vec![]),
        Input::List { .. } => ("agent-wizard-rule-list", vec![]),
        Input::Texts { .. } => ("agent-wizard-rule-texts", vec![]),
        Input::Date { first: None, last: None } => ("agent-wizard-rule-date", vec![]),
        Input::Date { first, last } => {
            ("agent-wizard-rule-days", vec![("first", day(first).into()), ("last", day(last).into())])
        }
        Input::Network {} => ("agent-wizard-rule-network", vec![]),
    };
    say(lang, key, &args)
}

/// At most so many characters.
fn cut(text: &str, room: usize) -> String {
    match text.chars().count() > room {
        true => text.chars().take(room.saturating_sub(2)).chain("..".chars()).collect(),
        false => text.to_string(),
    }
}

/// A text in lines of so many characters, parted at spaces where there are any.
fn wrapped(text: &str, width: usize, style: Style) -> Vec<Line<'static>> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in fold(text).split(' ') {
        for piece in word.chars().collect::<Vec<_>>().chunks(width.max(1)) {
            let piece: String = piece.iter().collect();
            let space = |line: &String| usize::from(!line.is_empty());
            let fits = |line: &String| line.chars().count() + space(line) + piece.chars().count() <= width;
            match lines.last_mut().filter(|line| fits(line)) {
                Some(line) => *line = format!("{line}{}{piece}", " ".repeat(space(line))),
                None => lines.push(piece),
            }
        }
    }
    lines.into_iter().map(|line| Line::styled(line, style)).collect()
}
