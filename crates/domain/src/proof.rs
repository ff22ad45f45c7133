//! A proof: a file that shows what was done to a target, checked with the content public key alone.
//!
//! The file has one form only: every byte of it is either signed or fixed by the form, so that changing any byte makes
//! the check fail. It holds no person's, file's or message's name.
use crate::{
    Digest, RunId,
    answers::{self, Answers},
    census::Census,
    journal::{Chain, Entry, Event, Identity, SignedEntry},
    keys::{Delegation, Enrolment, server_key},
    order::{Act, Order, RunSpec},
    run::{Run, Status},
    sign::{PublicKey, Signed},
};
use serde::{Deserialize, Serialize};
use socle_texts::{Fault, Result};

const FORMAT: u32 = 1;
/// No run of ours comes near: 200 steps of a few dozen entries.
const MAX_ENTRIES: usize = 100_000;
const MAX_FILE_BYTES: usize = 256 << 20;

/// The file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofFile {
    /// The version of this form: 1.
    pub socle_proof: u32,
    /// The content key's word for the server's key.
    pub delegation: Signed<Delegation>,
    /// The server's word for the machine's key.
    pub enrolment: Signed<Enrolment>,
    /// The orders about this run, in their numbers' order: the first starts it.
    pub orders: Vec<Signed<Order>>,
    /// The journal.
    pub entries: Vec<SignedEntry>,
}

/// What a proof shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// The run.
    pub run: RunId,
    /// The order's frozen content.
    #[serde(skip)]
    pub spec: RunSpec,
    /// The master, by name and version.
    pub master: String,
    /// What was answered at the machine, as it signed it; none where the run was ordered elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers: Option<Answers>,
    /// The run as its journal tells it.
    pub state: Run,
    /// How many entries the chain has.
    pub entries: u64,
    /// What was there before.
    pub before: Option<Census>,
    /// What is there after.
    pub after: Option<Census>,
    /// Images written, each checked against the master that the content key signed.
    pub images: Vec<Digest>,
    /// Who the running system said it is.
    pub identity: Option<Identity>,
    /// What is missing for a complete proof, item by item. Empty: complete.
    pub gaps: Vec<Fault>,
}

impl Verdict {
    /// Whether the proof is complete.
    pub fn is_complete(&self) -> bool {
        self.gaps.is_empty()
    }
}

impl ProofFile {
    /// A proof of what these statements say. It is worth what [`verify`] finds in it.
    pub fn new(
        delegation: Signed<Delegation>,
        enrolment: Signed<Enrolment>,
        orders: Vec<Signed<Order>>,
        entries: Vec<SignedEntry>,
    ) -> Self {
        ProofFile { socle_proof: FORMAT, delegation, enrolment, orders, entries }
    }
    /// The file's bytes, in its one form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }
}

/// Checks a proof: its form, every signature, the chain, the images and what the censuses say.
///
/// # Errors
/// `domain-proof-unreadable`, `domain-signature-wrong`, `domain-journal-broken`, `domain-answers-differ`,
/// `domain-proof-wrong` (with `number` and `why`). A proof that is right but not complete is no error: see [`Verdict::gaps`].
pub fn verify(bytes: &[u8], content: &PublicKey) -> Result<Verdict> {
    let unreadable = |why: &str| Fault::new("domain-proof-unreadable").because(why);
    if bytes.len() > MAX_FILE_BYTES {
        return Err(unreadable("longer than 256 MiB"));
    }
    let file: ProofFile = serde_json::from_slice(bytes).map_err(|e| unreadable(&e.to_string()))?;
    if file.socle_proof != FORMAT {
        return Err(unreadable(&format!("form {} is not known to this version", file.socle_proof)));
    }
    if file.to_bytes() != bytes {
        return Err(unreadable("its form is not the one that Socle writes: bytes were added, removed or moved"));
    }
    if file.entries.len() > MAX_ENTRIES {
        return Err(unreadable("too many entries"));
    }
    let server = server_key(content, &file.delegation)?;
    let enrolment = file.enrolment.open(&server)?;
    let (spec, orders) = read_orders(&file, &server, &enrolment)?;
    let master = spec.master.open(content)?;
    let answers = answers::of_run(&spec, &enrolment.machine)?;
    let sequence = master.sequence()?;
    let first = file.orders.first().ok_or_else(|| unreadable("it holds no order"))?;
    let mut chain = Chain::new(spec.run, spec.target.id, enrolment.machine, first.digest());
    let entries = file.entries.iter().map(|e| chain.take(e)).collect::<Result<Vec<Entry>>>()?;
    let state = Run::folded(&sequence, &entries);
    let mut audit = Audit { state: Run::new(&sequence), gaps: vec![], images: vec![] };
    for entry in &entries {
        audit.take(entry, &spec, &master.images, &orders)?;
        audit.state.take(entry, &sequence);
    }
    audit.close(&state, entries.len());
    Ok(Verdict {
        run: spec.run,
        master: format!("{} {}", master.name, master.version),
        answers,
        entries: entries.len() as u64,
        before: state.census_before.clone(),
        after: state.census_after.clone(),
        images: audit.images,
        identity: state.identity.clone(),
        gaps: audit.gaps,
        state,
        spec,
    })
}

/// An order, and the digest by which the journal names it.
type Given = (Digest, Order);

fn read_orders(file: &ProofFile, server: &PublicKey, enrolment: &Enrolment) -> Result<(RunSpec, Vec<Given>)> {
    let wrong = |number: u64, why: &str| Fault::new("domain-proof-wrong").with("number", number).because(why);
    let mut orders: Vec<Given> = Vec::new();
    for signed in &file.orders {
        let order = signed.open(server)?;
        if order.target != enrolment.target || order.machine != enrolment.machine {
            return Err(wrong(order.number, "an order is for another target"));
        }
        if orders.last().is_some_and(|(_, last)| last.number >= order.number) {
            return Err(wrong(order.number, "the orders do not stand in the order of their numbers"));
        }
        if orders.first().is_some_and(|(_, first)| first.act.run() != order.act.run()) {
            return Err(wrong(order.number, "an order is about another run"));
        }
        orders.push((signed.digest(), order));
    }
    match orders.first().map(|(_, o)| &o.act) {
        Some(Act::Run(spec)) if spec.target.id == enrolment.target => Ok(((**spec).clone(), orders)),
        _ => Err(wrong(0, "the first order does not start a run of this target")),
    }
}

/// Walks the journal beside the run's state and notes what is wrong (a fault) or missing (a gap).
struct Audit {
    state: Run,
    gaps: Vec<Fault>,
    images: Vec<Digest>,
}

impl Audit {
    fn take(
        &mut self,
        entry: &Entry,
        spec: &RunSpec,
        images: &std::collections::BTreeMap<String, Digest>,
        orders: &[Given],
    ) -> Result<()> {
        let wrong = |why: &str| Fault::new("domain-proof-wrong").with("number", entry.number).because(why);
        if (entry.number == 1) != matches!(entry.what, Event::RunStarted { .. }) {
            return Err(wrong("a run begins once, with its first entry"));
        }
        if matches!(self.state.status, Status::Completed | Status::Cancelled) {
            return Err(wrong("the run had ended before"));
        }
        match &entry.what {
            Event::ImageApplied { image, .. } | Event::ImageReset { image, .. } => {
                if !images.values().any(|known| known == image) {
                    return Err(wrong("the image that was written is not one of the signed master"));
                }
                if self.loss_unsettled() {
                    return Err(wrong("an image was written before what it destroys was counted and allowed"));
                }
                self.images.push(*image);
            }
            Event::LossAllowed { census, order } => self.check_loss(*census, *order, spec, orders).map_err(wrong)?,
            Event::OrderReceived { number, order } => match orders.iter().find(|(_, o)| o.number == *number) {
                None => self.gaps.push(Fault::new("domain-gap-order-missing").with("number", *number)),
                Some((digest, _)) if digest != order => {
                    return Err(wrong("the order in this file is not the one that the machine received"));
                }
                Some(_) => {}
            },
            Event::StepCompleted { .. } => {
                if let Some(fault) = self.uncounted_destruction(entry, spec) {
                    return Err(fault);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn loss_unsettled(&self) -> bool {
        self.state.loss_allowed.is_none()
    }

    /// A step that destroys can't have been completed before the loss of a census was allowed.
    fn uncounted_destruction(&self, entry: &Entry, spec: &RunSpec) -> Option<Fault> {
        let master: crate::master::Master = serde_json::from_str(&spec.master.body).ok()?;
        let sequence = master.sequence().ok()?;
        let step = sequence.steps.iter().find(|s| Some(&s.id) == entry.step.as_ref())?;
        (step.action.is_destructive() && self.loss_unsettled()).then(|| {
            Fault::new("domain-proof-wrong")
                .with("number", entry.number)
                .because("a destructive step was completed before what it destroys was counted and allowed")
        })
    }

    fn check_loss(
        &self,
        census: Digest,
        number: Option<u64>,
        spec: &RunSpec,
        orders: &[Given],
    ) -> std::result::Result<(), &'static str> {
        let counted = self.state.census_before.as_ref().ok_or("a loss was allowed that nobody had counted")?;
        if counted.digest() != census {
            return Err("the loss that was allowed is not the one that was counted");
        }
        match number {
            Some(number) => {
                let named = |(_, o): &&Given| o.number == number;
                match orders.iter().find(named).map(|(_, o)| &o.act) {
                    Some(Act::AllowLoss { census: allowed, .. }) if *allowed == census => Ok(()),
                    _ => Err("no order in this proof allows this loss"),
                }
            }
            None if counted.holds_nothing() => Ok(()),
            None if spec.loss == crate::order::LossPolicy::Expendable => Ok(()),
            None if spec.target.kind == crate::target::TargetKind::Folder => Ok(()),
            None => Err("something was lost that neither the policy nor an order allowed"),
        }
    }

    fn close(&mut self, state: &Run, entries: usize) {
        if entries == 0 {
            self.gaps.push(Fault::new("domain-gap-no-entry"));
        }
        if state.status != Status::Completed {
            self.gaps.push(Fault::new("domain-gap-not-completed").with("state", state.status.word()));
        }
        for step in &state.steps {
            if matches!(step.status, crate::run::StepStatus::Tolerated | crate::run::StepStatus::Failed) {
                self.gaps.push(Fault::new("domain-gap-step-failed").with("step", &step.id));
            }
            // Silence is never success: a run that calls itself completed has settled every step.
            if state.status == Status::Completed
                && matches!(step.status, crate::run::StepStatus::Pending | crate::run::StepStatus::Running)
            {
                self.gaps.push(Fault::new("domain-gap-step-not-done").with("step", &step.id));
            }
        }
    }
}
