//! Where chunks rest: a folder on a local disk.
//!
//! ```text
//! repository/
//! ├── socle-repository.json   which format this folder has
//! ├── lock                    held shared by whoever reads or adds, alone by whoever deletes (flock)
//! ├── packs/ab/<digest>       immutable, named by the digest of their bytes
//! ├── pages/ab/<digest>       pages of manifests, likewise
//! ├── manifests/<name>/<number>.<image>.json    what is published; beside it `.sig`, its signature
//! ├── index/<digest>          the packs' footers gathered: only saves time, made again from the packs
//! └── tmp/                    what is being written; anything left here is harmless
//! ```
//!
//! INVARIANTS. A file appears under its final name when its bytes are on the medium. A manifest appears after all that
//! it names. Nothing that a manifest names is ever deleted. So whenever a process dies, the repository is whole.
mod check;
mod files;
mod images;
mod index;
mod local;
mod lock;
mod prune;
mod session;
mod stats;
mod sync;

pub use check::{Checked, Depth};
pub use images::{Image, ImageName};
pub use local::Local;
pub use prune::Pruned;
pub use session::Session;
pub use stats::Stats;
pub use sync::Synced;
