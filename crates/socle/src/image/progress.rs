//! A bar on a terminal; nothing elsewhere.
use super::Voice;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use socle_disk::capture::Progress;
use socle_texts::say;

/// A bar that counts bytes.
pub struct Bar(ProgressBar);

impl Bar {
    /// With the text of `key` before it. It shows on a terminal only, and never beside JSON.
    pub fn new(key: &str, voice: Voice) -> Bar {
        let target = if voice.json { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        if let Ok(style) =
            ProgressStyle::with_template("{msg} [{bar:32}] {bytes}/{total_bytes} {binary_bytes_per_sec} {eta}")
        {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(say(voice.lang, key, &[]));
        Bar(bar)
    }

    /// How far it is.
    pub fn show(&self, progress: &Progress) {
        self.0.set_length(progress.total_bytes);
        self.0.set_position(progress.done_bytes);
    }

    /// So many of so many.
    pub fn count(&self, done: u64, total: u64) {
        self.0.set_length(total);
        self.0.set_position(done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
