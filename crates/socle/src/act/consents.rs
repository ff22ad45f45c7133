//! `socle consent …`: what waits for a second person.
use super::{
    client::Client,
    say::{answer, columns, head, words},
};
use crate::{image::Voice, shape::ConsentWhat};
use socle_domain::consent::{Deed, State};
use socle_texts::{Result, next_step, tell};
use socle_wire::rights::{ApprovalView, Refuse, SecondPerson, StartRuns};

/// Carries out a command about the second person.
pub fn act(what: &ConsentWhat, client: &Client, voice: Voice) -> Result<bool> {
    match what {
        ConsentWhat::List { all } => {
            let filter = if *all { "" } else { "?state=waiting" };
            let all: Vec<ApprovalView> = client.all(&format!("/api/v1/approvals{filter}"))?;
            answer(&all, voice, |all| {
                let mut lines = vec![head(voice, &["act", "unit", "who", "until", "state", "id"])];
                lines.extend(all.iter().map(|one| {
                    let who = one.asked_by_name.clone().unwrap_or_else(|| one.asked_by.to_string());
                    let (until, state) = (one.expires.to_string(), state(one, voice));
                    vec![deed(one, voice), one.unit_name.clone(), who, until, state, one.id.to_string()]
                }));
                columns(&lines)
            })
        }
        ConsentWhat::Show { approval } => told(&client.get(&format!("/api/v1/approvals/{approval}"))?, voice),
        ConsentWhat::Approve { approval } => {
            told(&client.post(&format!("/api/v1/approvals/{approval}/approve"), &())?, voice)
        }
        ConsentWhat::Refuse { approval, reason } => {
            let said = Refuse { reason: reason.clone() };
            told(&client.post(&format!("/api/v1/approvals/{approval}/refuse"), &said)?, voice)
        }
        ConsentWhat::Start { machine, master, loss } => {
            let targets = machine.iter().map(|m| Ok(client.machine(m)?.id)).collect::<Result<_>>()?;
            let wish = StartRuns { targets, master: *master, options: Default::default(), loss: *loss };
            told(&client.post("/api/v1/runs/batch", &wish)?, voice)
        }
        ConsentWhat::Limit { above: None } => {
            let now: SecondPerson = client.get("/api/v1/second-person")?;
            answer(&now, voice, |now| words(voice, "socle-second-person-above", &[("above", now.above.into())]))
        }
        ConsentWhat::Limit { above: Some(above) } => {
            let wish = SecondPerson { above: *above };
            let done: serde_json::Value = client.put("/api/v1/second-person", &wish)?;
            match serde_json::from_value::<ApprovalView>(done) {
                Ok(waits) => told(&waits, voice),
                Err(_) => answer(&wish, voice, |now| {
                    words(voice, "socle-second-person-above", &[("above", now.above.into())])
                }),
            }
        }
    }
}

/// An act, in a few lines. Well: it was not refused and has not failed.
pub fn told(one: &ApprovalView, voice: Voice) -> Result<bool> {
    answer(one, voice, |one| {
        let who = one.asked_by_name.clone().unwrap_or_else(|| one.asked_by.to_string());
        let values = [
            ("act", deed(one, voice).into()),
            ("state", state(one, voice).into()),
            ("who", who.into()),
            ("until", one.expires.to_string().into()),
            ("id", one.id.to_string().into()),
        ];
        let mut text = words(voice, "socle-approval", &values);
        if one.state == State::Waiting {
            text += &format!("\n{}", words(voice, "socle-approval-waits", &[("id", one.id.to_string().into())]));
        }
        if one.alone {
            text += &format!("\n{}", words(voice, "console-approval-alone-text", &[]));
        }
        let faults = one.fault.iter().chain(one.items.iter().filter_map(|i| i.fault.as_ref()));
        for fault in faults {
            text += &format!("\n– {}", tell(voice.lang, fault));
            if let Some(next) = next_step(voice.lang, fault) {
                text += &format!(" {next}");
            }
        }
        text
    })?;
    Ok(!matches!(one.state, State::Refused | State::Expired | State::Failed))
}

fn state(one: &ApprovalView, voice: Voice) -> String {
    words(voice, &format!("console-approval-state-{}", one.state.word()), &[])
}

fn deed(one: &ApprovalView, voice: Voice) -> String {
    let above = if let Deed::RaiseLimit { above } = one.deed { above } else { 0 };
    let number = one.machines.to_string();
    let values = [("n", one.machines.into()), ("number", number.into()), ("above", above.into())];
    words(voice, &format!("console-deed-{}", one.deed.word()), &values)
}
