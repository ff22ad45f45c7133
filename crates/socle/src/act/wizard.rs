//! `socle wizard …`: codes with which a technician signs in where a machine stands.
use super::{
    client::Client,
    say::{answer, words},
};
use crate::{image::Voice, shape::WizardWhat};
use socle_texts::Result;
use socle_wire::wizard::{MadeCodes, MakeCodes};

/// Carries out a command about the wizard.
pub fn act(what: &WizardWhat, client: &Client, voice: Voice) -> Result<bool> {
    match what {
        WizardWhat::Code { unit, count, minutes } => {
            let wish = MakeCodes { unit: *unit, count: *count, minutes: *minutes };
            let made: MadeCodes = client.post("/api/v1/wizard/codes", &wish)?;
            answer(&made, voice, |made| {
                let until = words(voice, "socle-wizard-codes", &[("at", made.expires.to_string().into())]);
                format!("{until}\n{}", made.codes.join("\n"))
            })
        }
        WizardWhat::Revoke => {
            client.delete("/api/v1/wizard/codes")?;
            answer(&(), voice, |()| words(voice, "socle-wizard-revoked", &[]))
        }
    }
}
