//! Room on the disk that holds the data folder.
use rustix::fs::statvfs;
use socle_wire::diagnosis::{Finding, Part, State};
use std::path::Path;

/// Below this the database may stop at any moment.
const NONE_LEFT_BYTES: u64 = 200 << 20;
/// Below this the next capture of an image will not fit.
const LITTLE_LEFT_BYTES: u64 = 5 << 30;

/// Looks at it.
pub(super) fn look(data: &Path) -> Vec<Finding> {
    let about = |state, code| Finding::new(Part::Space, state, code).with("path", data);
    let space = match statvfs(data) {
        Ok(space) => space,
        Err(e) => return vec![about(State::Wrong, "doctor-space-unknown").because(e)],
    };
    // What an account without privileges may use: the server has none.
    vec![judge(data, space.f_bavail.saturating_mul(space.f_frsize), (space.f_files > 0).then_some(space.f_favail))]
}

fn judge(data: &Path, free_bytes: u64, free_files: Option<u64>) -> Finding {
    let (state, code) = match free_bytes {
        _ if free_files == Some(0) => (State::Wrong, "doctor-space-files"),
        0..NONE_LEFT_BYTES => (State::Wrong, "doctor-space-none"),
        NONE_LEFT_BYTES..LITTLE_LEFT_BYTES => (State::Attention, "doctor-space-little"),
        _ => (State::Good, "doctor-space-good"),
    };
    Finding::new(Part::Space, state, code).with("path", data).with("mebibytes", free_bytes >> 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_wrong_before_it_is_full() {
        let check = |free: u64, files, state| assert_eq!(judge(Path::new("/d"), free, files).state, state, "{free}");
        check(0, None, State::Wrong);
        check(NONE_LEFT_BYTES - 1, Some(9), State::Wrong);
        check(NONE_LEFT_BYTES, Some(9), State::Attention);
        check(LITTLE_LEFT_BYTES, Some(9), State::Good);
        check(u64::MAX, Some(0), State::Wrong);
    }
}
