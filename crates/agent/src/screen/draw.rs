//! The screen drawn. Only characters that a bare Linux console has (code page 437), and its eight colours.
use super::{Progress, View, form};
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Modifier, Style},
    symbols::border,
    text::{Line, Span},
    widgets::{Block, Borders, Gauge, Paragraph, Wrap},
};
use socle_texts::{Arg, say};
use std::time::Duration;

pub(super) const STRONG: Style = Style::new().fg(Color::White).add_modifier(Modifier::BOLD);
pub(super) const FAINT: Style = Style::new().fg(Color::Gray);
pub(super) const BAD: Style = Style::new().fg(Color::LightRed).add_modifier(Modifier::BOLD);

/// Draws the whole screen.
pub fn draw(frame: &mut Frame<'_>, view: &View) {
    if let Some(wizard) = &view.wizard {
        return form::draw(frame, wizard);
    }
    let trouble = if view.trouble.is_some() { 6 } else { 0 };
    let [head, who, what, wrong, log] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(6),
        Constraint::Length(6),
        Constraint::Length(trouble),
        Constraint::Min(3),
    ])
    .areas(frame.area());
    draw_head(frame, head, view);
    draw_who(frame, who, view);
    draw_what(frame, what, view);
    if view.trouble.is_some() {
        draw_trouble(frame, wrong, view);
    }
    draw_log(frame, log, view);
}

fn word(view: &View, key: &str) -> String {
    say(view.lang, key, &[])
}

pub(super) fn boxed(title: String, style: Style) -> Block<'static> {
    let set = border::PLAIN;
    Block::new().borders(Borders::ALL).border_set(set).border_style(style).title(format!(" {title} "))
}

fn draw_head(frame: &mut Frame<'_>, area: Rect, view: &View) {
    let style = Style::new().bg(Color::Blue).fg(Color::White).add_modifier(Modifier::BOLD);
    let elapsed = say(view.lang, "agent-screen-elapsed", &[("time", clock(view.elapsed).into())]);
    let [left, right] =
        Layout::horizontal([Constraint::Min(1), Constraint::Length(elapsed.chars().count() as u16 + 1)]).areas(area);
    frame.render_widget(Paragraph::new(format!(" {}", word(view, "agent-screen-title"))).style(style), left);
    frame.render_widget(Paragraph::new(elapsed).style(style), right);
}

fn draw_who(frame: &mut Frame<'_>, area: Rect, view: &View) {
    let block = boxed(word(view, "agent-screen-who"), FAINT);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let [left, right] = Layout::horizontal([Constraint::Percentage(55), Constraint::Percentage(45)]).areas(inner);
    let pair = |key: &str, value: &str| {
        let value = if value.is_empty() { "-" } else { value };
        Line::from(vec![Span::styled(format!("{:<12}", word(view, key)), FAINT), Span::raw(value.to_string())])
    };
    let name = match &view.name {
        Some(name) => Span::styled(name.clone(), STRONG),
        None => Span::styled(word(view, "agent-screen-unknown"), BAD),
    };
    let name = Line::from(vec![Span::styled(format!("{:<12}", word(view, "agent-screen-name")), FAINT), name]);
    let code = view.code.as_deref().map(|code| {
        Line::from(vec![
            Span::styled(format!("{:<12}", word(view, "agent-screen-code")), FAINT),
            Span::styled(code, STRONG),
        ])
    });
    let model = pair("agent-screen-model", &view.model);
    let lines = vec![name, model, pair("agent-screen-serial", &view.serial), code.unwrap_or_default()];
    frame.render_widget(Paragraph::new(lines), left);
    let lines = vec![
        pair("agent-screen-mac", &view.mac),
        pair("agent-screen-address", &view.address),
        pair("agent-screen-server", &view.server),
    ];
    frame.render_widget(Paragraph::new(lines), right);
}

fn draw_what(frame: &mut Frame<'_>, area: Rect, view: &View) {
    let block = boxed(word(view, "agent-screen-what"), FAINT);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let [title, step, gauge, figures] = Layout::vertical([Constraint::Length(1); 4]).areas(inner);
    let Some(work) = &view.work else {
        let key = match (&view.name, &view.code) {
            (Some(_), _) => "agent-screen-no-work",
            (None, Some(_)) => "agent-screen-waits",
            (None, None) => "agent-screen-looks",
        };
        frame.render_widget(Paragraph::new(word(view, key)), title);
        if view.name.is_none() && view.code.is_some() {
            frame.render_widget(Paragraph::new(word(view, "agent-screen-wizard")).style(STRONG), step);
        }
        return;
    };
    let line =
        Line::from(vec![Span::styled(work.title.clone(), STRONG), Span::styled(format!("  {}", work.master), FAINT)]);
    frame.render_widget(Paragraph::new(line), title);
    let args: [(&str, Arg); 4] = [
        ("step", work.step.into()),
        ("steps", work.steps.into()),
        ("phase", word(view, &work.phase).into()),
        ("title", work.step_title.as_str().into()),
    ];
    frame.render_widget(Paragraph::new(say(view.lang, "agent-screen-step", &args)), step);
    if let Some(progress) = &view.progress {
        draw_progress(frame, gauge, figures, view, progress);
    }
}

fn draw_progress(frame: &mut Frame<'_>, gauge: Rect, figures: Rect, view: &View, progress: &Progress) {
    let share = match progress.total_bytes {
        0 => 0.0,
        total => (progress.done_bytes as f64 / total as f64).clamp(0.0, 1.0),
    };
    let style = Style::new().fg(Color::Green).bg(Color::Black);
    let bar = Gauge::default().gauge_style(style).ratio(share).label(format!("{:.0} %", (share * 100.0).floor()));
    frame.render_widget(bar, gauge);
    let left = progress.seconds_left.map_or_else(|| "-".into(), |s| clock(Duration::from_secs(s)));
    let args: [(&str, Arg); 4] = [
        ("done", size(view, progress.done_bytes).into()),
        ("total", size(view, progress.total_bytes).into()),
        ("speed", size(view, progress.bytes_per_second).into()),
        ("left", left.into()),
    ];
    frame.render_widget(Paragraph::new(say(view.lang, "agent-screen-figures", &args)).style(FAINT), figures);
}

fn draw_trouble(frame: &mut Frame<'_>, area: Rect, view: &View) {
    let Some(trouble) = &view.trouble else { return };
    let mut lines = vec![Line::styled(trouble.what.clone(), BAD)];
    if let Some(next) = &trouble.next {
        lines.push(Line::styled(format!("> {next}"), STRONG));
    }
    let block = boxed(word(view, "agent-screen-wrong"), BAD);
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: true }).block(block), area);
}

fn draw_log(frame: &mut Frame<'_>, area: Rect, view: &View) {
    let block = boxed(word(view, "agent-screen-log"), FAINT);
    let rows = area.height.saturating_sub(2) as usize;
    let lines: Vec<Line<'_>> = view
        .lines
        .iter()
        .skip(view.lines.len().saturating_sub(rows))
        .map(|l| {
            let style = if l.bad { BAD } else { Style::new() };
            Line::from(vec![Span::styled(format!("{:>6} ", clock(l.at)), FAINT), Span::styled(l.text.as_str(), style)])
        })
        .collect();
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

/// `3:07`, `1:02:07`.
fn clock(time: Duration) -> String {
    let s = time.as_secs();
    match s / 3600 {
        0 => format!("{}:{:02}", s / 60, s % 60),
        hours => format!("{hours}:{:02}:{:02}", s / 60 % 60, s % 60),
    }
}

/// Bytes in the largest unit that keeps three figures.
fn size(view: &View, bytes: u64) -> String {
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 1000.0 && unit < 4 {
        value /= 1024.0;
        unit += 1;
    }
    let number = if unit > 0 && value < 100.0 { format!("{value:.1}") } else { format!("{value:.0}") };
    let key = ["agent-unit-b", "agent-unit-kib", "agent-unit-mib", "agent-unit-gib", "agent-unit-tib"][unit];
    say(view.lang, key, &[("n", number.as_str().into())])
}
