//! `socle grant …`: who may do what, and where.
use super::{
    client::Client,
    say::{answer, columns, head, words},
};
use crate::{image::Voice, shape::GrantWhat};
use socle_domain::{
    UnitId,
    role::{Right, Role},
};
use socle_texts::{Fault, Result};
use socle_wire::rights::{GiveRole, GrantView, MyRights, RightsAt};

/// Carries out a command about rights.
pub fn act(what: &GrantWhat, client: &Client, voice: Voice) -> Result<bool> {
    match what {
        GrantWhat::Mine => {
            let mine: MyRights = client.get("/api/v1/rights")?;
            answer(&mine, voice, |mine| {
                let line = |at: &RightsAt| {
                    let roles = at.roles.iter().map(|r| role(*r, voice)).collect::<Vec<_>>().join(", ");
                    let rights = at.rights.iter().map(|r| right(*r, voice)).collect::<Vec<_>>().join(", ");
                    vec![at.unit_name.clone(), roles, rights]
                };
                let mut lines = vec![head(voice, &["unit", "role", "rights"])];
                lines.extend(mine.at.iter().map(line));
                columns(&lines)
            })
        }
        GrantWhat::List { unit } => {
            let all: Vec<GrantView> = client.all(&format!("/api/v1/grants{}", at(*unit)))?;
            answer(&all, voice, |all| {
                let line = |g: &GrantView| {
                    let name = g.person_name.clone().unwrap_or_else(|| g.person.to_string());
                    vec![name, role(g.role, voice), g.unit_name.clone(), g.at.to_string()]
                };
                let mut lines = vec![head(voice, &["who", "role", "unit", "since"])];
                lines.extend(all.iter().map(line));
                columns(&lines)
            })
        }
        GrantWhat::Add { person, role: given, unit } => {
            let wish = GiveRole { person: person.clone(), role: *given, unit: *unit };
            let told: GrantView = client.post("/api/v1/grants", &wish)?;
            answer(&told, voice, |told| {
                let values = [
                    ("name", person.into()),
                    ("role", role(told.role, voice).into()),
                    ("unit", (&told.unit_name).into()),
                ];
                words(voice, "socle-role-given", &values)
            })
        }
        GrantWhat::Remove { person, role: taken, unit } => {
            let all: Vec<GrantView> = client.all(&format!("/api/v1/grants{}", at(*unit)))?;
            let meant = |g: &&GrantView| {
                g.role == *taken
                    && unit.is_none_or(|unit| unit == g.unit)
                    && (g.person_name.as_ref() == Some(person) || g.person.to_string() == *person)
            };
            let mut found = all.iter().filter(meant);
            let one = match (found.next(), found.next()) {
                (Some(one), None) => one,
                (Some(_), Some(_)) => return Err(Fault::new("socle-grant-ambiguous").with("name", person)),
                _ => return Err(Fault::new("socle-grant-unknown").with("name", person)),
            };
            client.delete(&format!("/api/v1/grants/{}/{}/{}", one.person, one.role, one.unit))?;
            answer(&(), voice, |()| {
                let values = [("name", person.into()), ("role", role(*taken, voice).into())];
                words(voice, "socle-role-taken", &values)
            })
        }
    }
}

fn at(unit: Option<UnitId>) -> String {
    unit.map(|unit| format!("?unit={unit}")).unwrap_or_default()
}

fn role(role: Role, voice: Voice) -> String {
    words(voice, &format!("console-role-{role}"), &[])
}

fn right(right: Right, voice: Voice) -> String {
    words(voice, &format!("console-right-{right}"), &[])
}
