//! `socle doctor`: on the server's own computer, whether the server runs or not.
use super::{
    now,
    say::{columns, head, words},
    tokens,
};
use crate::{
    image::Voice,
    out,
    shape::doctor::{Doctor, Place},
};
use serde_json::{Value, json};
use socle_server::doctor::{self, Ground, Wish};
use socle_texts::{Fault, Result};
use socle_wire::diagnosis::{Diagnosis, Finding, Reach, Stage, State, Trail};
use std::path::Path;

/// Where the Debian package puts the configuration.
const USUAL_CONFIG: &str = "/etc/socle/socle.toml";

/// Looks, and says whether machines can start.
pub fn doctor(args: &Doctor, database: Option<&str>, voice: Voice) -> Result<bool> {
    let ground = ground(&args.place, database, voice)?;
    let wish = Wish { mac: args.mac, ..wish(&args.place) };
    if wish.listen_seconds.is_some() && !voice.json {
        out::complaint(words(voice, "doctor-listening", &[("seconds", args.place.seconds.into())]));
    }
    let found = tokens::wait(async { Ok(examine(&ground, &wish).await) })?;
    match voice.json {
        true => out::line(told(&found, voice)),
        false => out::line(text(&found, voice, args.recipes, args.mac.is_some())),
    };
    Ok(found.state() != State::Wrong)
}

/// Everything that the doctor sees from here.
pub(super) async fn examine(ground: &Ground, wish: &Wish) -> Diagnosis {
    let heard = match wish.listen_seconds {
        Some(_) => Some(doctor::listen(ground, wish).await),
        None => None,
    };
    doctor::examine(ground, wish, heard).await
}

pub(super) fn wish(place: &Place) -> Wish {
    Wish {
        listen_seconds: (!place.without_network).then_some(place.seconds),
        interfaces: place.interface.clone(),
        thorough: true,
        mac: None,
    }
}

/// The folder and the configuration that are meant.
pub(super) fn ground(place: &Place, database: Option<&str>, voice: Voice) -> Result<Ground> {
    let usual = Path::new(USUAL_CONFIG);
    let config =
        place.config.as_deref().or((usual.exists() && place.data == Path::new("/var/lib/socle")).then_some(usual));
    if !place.data.join("content.pub").exists() {
        return Err(Fault::new("socle-data-missing").with("path", &place.data));
    }
    Ok(Ground::outside(place.data.clone(), tokens::read(config, database)?, now(), voice.lang))
}

/// All of it for programs; each finding also in words.
pub(super) fn told(found: &Diagnosis, voice: Voice) -> Value {
    let mut value = json!(found);
    let in_words = |finding: &mut Value, said: &Finding| {
        let words = doctor::words(voice.lang, said);
        finding["what"] = words.what.into();
        finding["why"] = words.why.into();
        finding["next"] = words.next.into();
    };
    if let Some(list) = value["findings"].as_array_mut() {
        list.iter_mut().zip(&found.findings).for_each(|(value, said)| in_words(value, said));
    }
    if let Some(list) = value["trails"].as_array_mut() {
        list.iter_mut().zip(&found.trails).for_each(|(value, trail)| in_words(&mut value["verdict"], &trail.verdict));
    }
    value["state"] = json!(found.state());
    value
}

/// All of it for people: the way first, then what is wrong, then the rest.
pub(super) fn text(found: &Diagnosis, voice: Voice, with_recipes: bool, one_machine: bool) -> String {
    let say = |key: &str| words(voice, key, &[]);
    let mut parts = Vec::new();
    if let Some(trail) = found.trails.first().filter(|_| one_machine) {
        parts.push(machine(trail, voice));
    } else {
        parts.push(way(&found.stages, voice));
    }
    for state in [State::Wrong, State::Attention, State::Unseen, State::Good] {
        let some: Vec<String> =
            found.findings.iter().filter(|f| f.state == state).map(|f| line(f, voice, state != State::Good)).collect();
        if !some.is_empty() {
            parts.push(format!("{}\n{}", say(&format!("doctor-head-{}", state.word())), some.join("\n")));
        }
    }
    parts.extend(answers(found, voice));
    if !one_machine && !found.trails.is_empty() {
        let line = |t: &Trail| format!("  {}  {}", t.mac, doctor::words(voice.lang, &t.verdict).what);
        let lines: Vec<String> = found.trails.iter().map(line).collect();
        parts.push(format!("{}\n{}", say("doctor-head-machines"), lines.join("\n")));
    }
    let needed = |f: &Finding| f.said.is("doctor-dhcp-leads-nowhere") || f.said.is("doctor-dhcp-leads-elsewhere");
    if with_recipes || found.findings.iter().any(needed) {
        parts.push(recipes(found, voice));
    }
    parts.push(say(&format!("doctor-end-{}", found.state().word())));
    parts.join("\n\n")
}

fn way(stages: &[Stage], voice: Voice) -> String {
    let one = |stage: &Stage| {
        let mark = match stage.reach {
            Reach::Passed => "✓",
            Reach::Doubtful => "!",
            Reach::Stopped => "✗",
            Reach::Aside => "↪",
            Reach::Beyond => "·",
        };
        format!("[{mark}] {}", words(voice, &format!("doctor-place-{}", stage.place.word()), &[]))
    };
    stages.iter().map(one).collect::<Vec<_>>().join(" ── ")
}

/// A finding, with why it matters and what to do where that is asked.
fn line(finding: &Finding, voice: Voice, whole: bool) -> String {
    let said = doctor::words(voice.lang, finding);
    let part = words(voice, &format!("doctor-part-{}", finding.part.word()), &[]);
    let mut lines = vec![format!("  {part}: {}", said.what)];
    if whole {
        lines.extend(said.why.map(|why| format!("      {why}")));
        lines.extend(said.next.map(|next| format!("      → {next}")));
    }
    lines.join("\n")
}

fn machine(trail: &Trail, voice: Voice) -> String {
    let name = trail.name.as_deref().map(|n| format!(" ({n})")).unwrap_or_default();
    let mut lines = vec![format!("{}{name}", trail.mac), way(&trail.stages, voice), line(&trail.verdict, voice, true)];
    lines.push(String::new());
    for asked in &trail.asked {
        let mark = if asked.answered { "✓" } else { "–" };
        let times = if asked.times > 1 { format!(" (× {})", asked.times) } else { String::new() };
        let at = asked.at.strftime("%Y-%m-%d %H:%M:%S");
        lines.push(format!("  {at}  {mark} {:<9} {}{times}", asked.service, asked.what));
    }
    lines.join("\n")
}

/// What servers said, as a table.
fn answers(found: &Diagnosis, voice: Voice) -> Option<String> {
    let wire = found.wire.as_ref().filter(|w| !w.answers.is_empty())?;
    let mut lines = vec![head(voice, &["server", "asked-as", "offered", "boot-file", "options"])];
    for answer in &wire.answers {
        let options: Vec<String> = answer.options.iter().map(|(code, value)| format!("{code}={value}")).collect();
        let next = answer.next_server.map(|n| format!(" ({n})")).unwrap_or_default();
        lines.push(vec![
            answer.server.to_string(),
            words(voice, &format!("doctor-asked-as-{}", answer.asked_as), &[]),
            answer
                .offered
                .map_or_else(|| words(voice, &format!("doctor-answer-{}", answer.kind), &[]), |o| o.to_string()),
            answer.boot_file().map_or_else(|| "–".to_string(), |file| format!("{file}{next}")),
            options.join("  "),
        ]);
    }
    Some(format!("{}\n{}", words(voice, "doctor-head-answers", &[]), columns(&lines)))
}

fn recipes(found: &Diagnosis, voice: Voice) -> String {
    let one = |recipe: &socle_wire::diagnosis::Recipe| {
        let key = |what: &str| words(voice, &format!("doctor-recipe-{}{what}", recipe.server), &[]);
        let text: Vec<String> = recipe.text.lines().map(|l| format!("    {l}")).collect();
        format!("  {}\n  {}\n{}", key(""), key(".how"), text.join("\n"))
    };
    let all: Vec<String> = found.recipes.iter().map(one).collect();
    format!("{}\n{}", words(voice, "doctor-head-recipes", &[]), all.join("\n\n"))
}
