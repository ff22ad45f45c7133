//! What is published: names, numbers, manifests, signatures.
use crate::{
    Local,
    files::{self, Durable, unreadable, unwritable},
    lock,
};
use serde::{Deserialize, Serialize};
use socle_image::{ImageId, MAX_MANIFEST_BYTES, Manifest, manifest::valid_name};
use socle_texts::{Fault, Result};
use std::{fmt, fs, path::PathBuf};

/// A signature is 64 bytes today; a file that holds one is never longer than this.
const MAX_SIGNATURE_BYTES: usize = 4096;

/// A published image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Its name.
    pub name: String,
    /// Its number under that name.
    pub number: u32,
    /// Its digest.
    pub root: ImageId,
    /// Whether a signature stands beside it; nobody checked it.
    pub signed: bool,
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.number)
    }
}

/// How a person names an image: `name` (the latest), `name@3`, or the beginning of its digest (8 digits or more).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageName(pub String);

impl Local {
    /// All published images, by name and number.
    pub fn images(&self) -> Result<Vec<Image>> {
        let top = self.folder().join("manifests");
        let mut images = Vec::new();
        for folder in fs::read_dir(&top).map_err(|e| unreadable(&top, e))?.flatten() {
            let Some(name) = folder.file_name().to_str().filter(|n| valid_name(n)).map(String::from) else { continue };
            images.extend(self.images_of(&name)?);
        }
        images.sort_by(|a, b| (&a.name, a.number).cmp(&(&b.name, b.number)));
        Ok(images)
    }

    fn images_of(&self, name: &str) -> Result<Vec<Image>> {
        let folder = self.folder().join("manifests").join(name);
        let mut images = Vec::new();
        for file in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Some((number, root)) = file.file_name().to_str().and_then(parse_file_name) else { continue };
            let signed = file.path().with_extension("sig").exists();
            images.push(Image { name: name.to_string(), number, root, signed });
        }
        Ok(images)
    }

    /// The image that a person means.
    ///
    /// # Errors
    /// `repository-image-unknown`, `repository-image-ambiguous`.
    pub fn find(&self, wish: &str) -> Result<Image> {
        let unknown = || Fault::new("repository-image-unknown").with("image", wish);
        let (name, number) = match wish.split_once('@') {
            Some((name, number)) => (name, Some(number.parse::<u32>().map_err(|_| unknown())?)),
            None => (wish, None),
        };
        if valid_name(name) {
            let named = self.images_of(name)?;
            let found = named.into_iter().filter(|i| number.is_none_or(|n| n == i.number)).max_by_key(|i| i.number);
            if let Some(image) = found {
                return Ok(image);
            }
        }
        if wish.len() < 8 || !wish.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(unknown());
        }
        let mut matching = self.images()?.into_iter().filter(|i| i.root.to_string().starts_with(wish));
        let first = matching.next().ok_or_else(unknown)?;
        match matching.find(|other| other.root != first.root) {
            Some(_) => Err(Fault::new("repository-image-ambiguous").with("image", wish)),
            None => Ok(first),
        }
    }

    /// The image of this digest.
    pub fn by_root(&self, root: &ImageId) -> Result<Image> {
        let found = self.images()?.into_iter().find(|i| i.root == *root);
        found.ok_or_else(|| Fault::new("repository-image-unknown").with("image", root.to_string()))
    }

    /// The manifest of a published image, compared with its digest.
    pub fn manifest_of(&self, image: &Image) -> Result<Manifest> {
        let path = self.manifest_path(image);
        let length = fs::metadata(&path).map_err(|e| unreadable(&path, e))?.len();
        if length > MAX_MANIFEST_BYTES as u64 {
            return Err(Fault::new("image-manifest-damaged").with("image", image.to_string()));
        }
        Manifest::open(&image.root, &fs::read(&path).map_err(|e| unreadable(&path, e))?)
    }

    pub(crate) fn manifest_path(&self, image: &Image) -> PathBuf {
        let folder = self.folder().join("manifests").join(&image.name);
        folder.join(format!("{}.{}.json", image.number, image.root))
    }

    /// Puts a manifest under the next number of its name; the number that it has if it is there already.
    pub(crate) fn publish(&self, name: &str, root: &ImageId, bytes: &[u8]) -> Result<u32> {
        let folder = self.folder().join("manifests").join(name);
        files::make_folder(&folder)?;
        loop {
            if let Some(there) = self.images_of(name)?.into_iter().find(|i| i.root == *root) {
                return Ok(there.number);
            }
            let number = self.last_number(name)? + 1;
            let image = Image { name: name.to_string(), number, root: *root, signed: false };
            // Two who publish at once take the number one after the other.
            let _turn = self.turn()?;
            if self.last_number(name)? < number && files::put_new(&self.tmp(), &self.manifest_path(&image), bytes)? {
                return Ok(number);
            }
        }
    }

    /// The highest number ever given under a name: a forgotten one is not given again.
    fn last_number(&self, name: &str) -> Result<u32> {
        let folder = self.folder().join("manifests").join(name);
        let files = fs::read_dir(&folder).map_err(|e| unreadable(&folder, e))?;
        let numbers = files.flatten().filter_map(|f| f.file_name().to_str()?.split('.').next()?.parse().ok());
        Ok(numbers.max().unwrap_or(0))
    }

    /// One at a time, across processes; waits.
    fn turn(&self) -> Result<fs::File> {
        let path = self.folder().join("tmp").join("publishing");
        let open = fs::OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let file = open.map_err(|e| unwritable(&path, e))?;
        rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive).map_err(|e| unwritable(&path, e.into()))?;
        Ok(file)
    }

    /// Puts a signature beside its image, replacing the one that is there. Whoever calls checked it.
    pub fn put_signature(&self, image: &Image, bytes: &[u8]) -> Result<()> {
        let _lock = lock::shared(self.folder())?;
        let path = self.manifest_path(image).with_extension("sig");
        if bytes.len() > MAX_SIGNATURE_BYTES {
            return Err(unwritable(&path, std::io::ErrorKind::InvalidInput.into()));
        }
        files::put(&self.tmp(), &path, bytes, Durable::Now)
    }

    /// The signature beside an image, if there is one. Nobody checked it.
    pub fn signature(&self, image: &Image) -> Result<Option<Vec<u8>>> {
        let path = self.manifest_path(image).with_extension("sig");
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(unreadable(&path, e)),
        }
    }

    /// Unpublishes an image. What it alone held goes with the next [`Local::prune`].
    pub fn forget(&self, image: &Image) -> Result<()> {
        let _lock = lock::shared(self.folder())?;
        let path = self.manifest_path(image);
        let folder = self.folder().join("manifests").join(&image.name);
        // First the mark, so that its number is never given again.
        files::put(&self.tmp(), &folder.join(format!("{}.forgotten", image.number)), b"", Durable::Now)?;
        fs::remove_file(&path).map_err(|e| unwritable(&path, e))?;
        let _ = fs::remove_file(path.with_extension("sig"));
        files::sync_folder(&folder)
    }
}

/// `3.<digest>.json`.
fn parse_file_name(name: &str) -> Option<(u32, ImageId)> {
    let (number, root) = name.strip_suffix(".json")?.split_once('.')?;
    Some((number.parse().ok()?, root.parse().ok()?))
}
