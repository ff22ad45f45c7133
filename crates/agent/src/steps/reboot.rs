//! `reboot`: the machine is started again, or switched off.
use super::{Done, Then, Work};
use crate::run::Journal;
use socle_domain::sequence::RebootInto;
use socle_texts::Result;

/// Says so; the engine does it once the journal holds it.
pub fn perform(work: &mut Work<'_, '_>, into: RebootInto) -> Result<Done> {
    leaves(work.journal, into)?;
    Ok(Done { then: Then::Restart(into), ..Done::default() })
}

/// From the moment that an installed system starts, its disk holds more than what Socle wrote there.
pub fn leaves(journal: &mut Journal, into: RebootInto) -> Result<()> {
    match (&mut journal.keep, into) {
        (Some(keep), RebootInto::Installed | RebootInto::Off) => keep.set_unfinished(None),
        _ => Ok(()),
    }
}
