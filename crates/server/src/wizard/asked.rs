//! What a master asks on a machine: the options whose latitude says so, after everybody above has had his say.
use crate::{
    options::{self, Known, Subject, Way},
    refusal::Answer,
    views::OpenMaster,
};
use socle_db::{Conn, Scope, machines::Machine, settings};
use socle_domain::{
    UnitId,
    option::OptionSpec,
    resolve::Resolved,
    sequence::Title,
    target::{Target, TargetKind},
};
use socle_wire::wizard::{Input, Question};

/// An option that is asked.
pub(crate) struct Asked {
    /// As the master declares it.
    pub spec: OptionSpec,
    /// What holds where nothing is answered, and what may be.
    pub resolved: Resolved,
    /// As it is put to a person.
    pub question: Question,
}

/// What comes down to a room from everybody above: looked up once for all of its machines.
pub(crate) struct Asking {
    unit: UnitId,
    way: Way,
}

impl Asking {
    /// Of a unit.
    pub async fn of(conn: &mut Conn, unit: UnitId) -> Answer<Asking> {
        Ok(Asking { unit, way: Way::to(conn, unit).await? })
    }

    /// What a master asks on a machine that is, or shall be, in this room under this name.
    pub async fn asked(
        &self,
        conn: &mut Conn,
        machine: &Machine,
        name: &str,
        opened: &OpenMaster,
    ) -> Answer<Vec<Asked>> {
        let target = Target { id: machine.id, kind: TargetKind::Machine, unit: self.unit, name: name.into() };
        let own = settings::of_machine(conn, Scope::ROOT, machine.id).await?;
        let subject = Subject { target, facts: &machine.facts, own };
        let one = |view: socle_wire::options::OptionView| {
            let question = question(&view.spec, &view.resolved)?;
            Some(Asked { spec: view.spec, resolved: view.resolved, question })
        };
        Ok(options::look(&Known::of(opened)?, &self.way, Some(&subject)).into_iter().filter_map(one).collect())
    }
}

/// The question of an option; none where it is not asked.
fn question(spec: &OptionSpec, resolved: &Resolved) -> Option<Question> {
    if !resolved.asked {
        return None;
    }
    let input = Input::of(spec, &resolved.reach)?;
    let label = spec.label.clone().unwrap_or_else(|| Title { fr: spec.name.clone(), en: spec.name.clone() });
    // The value in use may be one that whoever answers may not choose himself; a secret is never shown.
    let default = resolved.value.clone().filter(|value| !input.is_secret() && input.check(value).is_ok());
    Some(Question { name: spec.name.clone(), label, help: spec.help.clone(), input, default })
}
