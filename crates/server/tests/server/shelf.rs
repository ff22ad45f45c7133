//! Boot environments for tests.
use crate::house::House;
use socle_boot::environment::{FORMAT, FileDigest, Manifest};
use socle_domain::{Digest, keys::EnvironmentRelease, sign::Signed};
use std::{collections::BTreeMap, fs};

/// One of these files, signed.
pub fn environment_of(house: &House, files: &[(&str, &[u8])]) {
    let folder = house.data().join("boot-environment");
    fs::create_dir_all(&folder).unwrap();
    let digest = |bytes: &[u8]| FileDigest { bytes: bytes.len() as u64, blake3: Digest::of(bytes).to_string() };
    let manifest = Manifest {
        format: FORMAT.into(),
        kernel_version: "6.12".into(),
        files: files.iter().map(|(name, bytes)| (name.to_string(), digest(bytes))).collect(),
        agent: digest(b"agent"),
        programs: BTreeMap::new(),
        modules_always: vec![],
        modules_on_demand: vec![],
        modules_absent: vec![],
        public: BTreeMap::new(),
        initrd_unpacked_bytes: 9,
    };
    files.iter().for_each(|(name, bytes)| fs::write(folder.join(name), bytes).unwrap());
    fs::write(folder.join("manifest.json"), manifest.to_bytes()).unwrap();
    let release =
        EnvironmentRelease { manifest: Digest::of(&manifest.to_bytes()), at: house.now(), lowest: Default::default() };
    fs::write(folder.join("release.json"), serde_json::to_vec(&Signed::new(&release, &house.content())).unwrap())
        .unwrap();
}
