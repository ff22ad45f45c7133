//! `write-file`: a small text file in the installed system.
use super::{Done, Work, system::System};
use socle_disk::identity::WriteAs;
use socle_domain::Digest;
use socle_texts::{Fault, Result};

/// Writes it whole, and reads it back.
pub fn perform(work: &mut Work<'_, '_>, path: &str, content: &str, mode: &str) -> Result<Done> {
    let path = work.fill(path)?;
    let (content, is_secret) = work.fill_with_secrets(content)?;
    let unwritable = |why: &str| Fault::new("texts-file-unwritable").with("path", &path).because(why);
    // The template may have made of it what the text could not.
    if !path.starts_with('/') || path.split('/').any(|part| part == "..") {
        return Err(unwritable("not an absolute path"));
    }
    let mode = u32::from_str_radix(mode, 8).map_err(|e| unwritable(&e.to_string()))?;
    let system = System::mount(work)?;
    system.files.write(&path, content.as_bytes(), WriteAs { mode, force_mode: true })?;
    let back = system.files.read(&path)?;
    system.close()?;
    if back.as_deref() != Some(content.as_bytes()) {
        return Err(unwritable("not read back as written"));
    }
    let done = Done::default().with("path", &path);
    // The digest of a text with a secret in it would let whoever reads the journal try secrets out.
    Ok(match is_secret {
        true => done,
        false => done.with("bytes", content.len()).with("digest", Digest::of(content.as_bytes())),
    })
}
