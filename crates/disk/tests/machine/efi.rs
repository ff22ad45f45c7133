//! Variables, in a folder shaped like efivarfs.
use socle_disk::efi::{VENDOR_GUID, Variables};
use std::fs;

#[test]
fn no_firmware_variables_is_none() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Variables::at(folder.path()).is_none(), "an empty mount point");
    assert!(Variables::at(&folder.path().join("absent")).is_none());
}

#[test]
fn the_key_is_kept_read_back_and_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("BootOrder-8be4df61-93ca-11d2-aa0d-00e098032b8c"), [7, 0, 0, 0, 1, 0]).unwrap();
    let variables = Variables::at(folder.path()).unwrap();
    assert_eq!(variables.machine_key().unwrap(), None);
    variables.keep_machine_key(&[9; 32]).unwrap();
    variables.keep_machine_key(&[7; 300]).unwrap(); // sealed by a TPM it is longer
    assert_eq!(variables.machine_key().unwrap(), Some(vec![7; 300]));
    variables.keep_machine_key(&[8; 32]).unwrap();
    assert_eq!(variables.machine_key().unwrap(), Some(vec![8; 32]));
    let file = folder.path().join(format!("SocleMachineKey-{VENDOR_GUID}"));
    let mut bytes = fs::read(&file).unwrap();
    assert_eq!(bytes[..4], [7, 0, 0, 0], "non volatile, at start and at run time");
    bytes[12] ^= 1;
    fs::write(&file, &bytes).unwrap();
    assert!(variables.machine_key().unwrap_err().is("disk-efi-key-damaged"));
    variables.forget_machine_key().unwrap();
    variables.forget_machine_key().unwrap();
    assert_eq!(variables.machine_key().unwrap(), None);
}
