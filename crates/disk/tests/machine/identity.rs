//! A deployed system renamed: on trees of files, and on real filesystem images.
use socle_disk::identity::*;
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

const OLD_ROOT: &str = "7f0c1c1e-9c41-4d3b-8a76-0d5be0a1a001";
const NEW_ROOT: &str = "11112222-3333-4444-5555-666677778888";

/// A small tree like the one of a Debian system.
fn tree(folder: &Path) -> Tree {
    for (file, content) in [
        ("etc/hostname", "reference\n"),
        ("etc/hosts", "127.0.0.1\tlocalhost\n127.0.1.1\treference.school.example reference\n::1 localhost\n"),
        ("etc/machine-id", "0123456789abcdef0123456789abcdef\n"),
        ("var/lib/dbus/machine-id", "0123456789abcdef0123456789abcdef\n"),
        (
            "etc/fstab",
            "UUID=7f0c1c1e-9c41-4d3b-8a76-0d5be0a1a001 / ext4 defaults 0 1\nUUID=AB12-CD34 /boot/efi vfat umask=0077 0 1\n",
        ),
        (
            "boot/grub/grub.cfg",
            "search --fs-uuid 7f0c1c1e-9c41-4d3b-8a76-0d5be0a1a001\nlinux root=UUID=7f0c1c1e-9c41-4d3b-8a76-0d5be0a1a001\n",
        ),
        ("etc/ssh/ssh_host_ed25519_key", "secret of the image\n"),
        ("etc/ssh/ssh_host_ed25519_key.pub", "public\n"),
        ("etc/ssh/sshd_config", "Port 22\n"),
        ("lib/systemd/systemd", ""),
        ("var/lib/systemd/random-seed", "seed"),
    ] {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    Tree::open(folder).unwrap()
}

/// A real ext4 filesystem in a file, holding that tree.
pub fn ext4(folder: &Path, size_bytes: u64) -> PathBuf {
    let content = folder.join("content");
    tree(&content);
    let image = folder.join("root.ext4");
    let size = format!("{}K", size_bytes >> 10);
    let mut command = Command::new("mke2fs");
    command.args(["-q", "-t", "ext4", "-U", OLD_ROOT, "-d"]).args([content.as_path(), &image]).arg(size);
    assert!(command.status().unwrap().success());
    image
}

fn read(folder: &Path, file: &str) -> String {
    fs::read_to_string(folder.join(file)).unwrap()
}

#[test]
fn the_hostname_changes_where_it_stands_and_only_once() {
    let folder = tempfile::tempdir().unwrap();
    let root = tree(folder.path());
    let changes = set_hostname(&root, "salle12-03").unwrap();
    assert_eq!(read(folder.path(), "etc/hostname"), "salle12-03\n");
    assert_eq!(
        read(folder.path(), "etc/hosts"),
        "127.0.0.1\tlocalhost\n127.0.1.1\tsalle12-03.school.example salle12-03\n::1 localhost\n"
    );
    assert_eq!((changes.len(), &changes[0].old[..], &changes[0].new[..]), (2, "reference", "salle12-03"));
    assert_eq!(set_hostname(&root, "salle12-03").unwrap(), []);
    for bad in ["", "a b", "-a", "a-", "é", &"a".repeat(64), "a.b"] {
        assert!(set_hostname(&root, bad).unwrap_err().is("disk-hostname-invalid"), "{bad:?}");
    }
}

#[test]
fn the_machine_id_changes_in_both_places() {
    let folder = tempfile::tempdir().unwrap();
    let root = tree(folder.path());
    assert_eq!(set_machine_id(&root, [0xa1; 16]).unwrap().len(), 2);
    let expected = "a1".repeat(16) + "\n";
    assert_eq!(read(folder.path(), "etc/machine-id"), expected);
    assert_eq!(read(folder.path(), "var/lib/dbus/machine-id"), expected);
    assert_eq!(set_machine_id(&root, [0xa1; 16]).unwrap(), []);
    fs::remove_file(folder.path().join("var/lib/dbus/machine-id")).unwrap();
    symlink("/etc/machine-id", folder.path().join("var/lib/dbus/machine-id")).unwrap();
    assert_eq!(set_machine_id(&root, [0xb2; 16]).unwrap().len(), 1, "a link follows its file");
}

#[test]
fn ssh_keys_of_the_image_go_and_those_of_the_machine_stay() {
    let folder = tempfile::tempdir().unwrap();
    let root = tree(folder.path());
    let changes = renew_ssh_keys(&root).unwrap();
    assert_eq!(changes.len(), 3);
    assert!(!folder.path().join("etc/ssh/ssh_host_ed25519_key").exists());
    assert!(folder.path().join("etc/ssh/sshd_config").exists());
    let wanted = folder.path().join("etc/systemd/system/multi-user.target.wants/socle-ssh-keys.service");
    assert_eq!(fs::read_link(wanted).unwrap(), Path::new("/etc/systemd/system/socle-ssh-keys.service"));
    fs::write(folder.path().join("etc/ssh/ssh_host_ed25519_key"), "made by the machine").unwrap();
    assert_eq!(renew_ssh_keys(&root).unwrap(), []);
    assert_eq!(read(folder.path(), "etc/ssh/ssh_host_ed25519_key"), "made by the machine");
}

#[test]
fn references_follow_their_filesystem_everywhere() {
    let (folder, esp) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let root = tree(folder.path());
    fs::create_dir_all(esp.path().join("loader/entries")).unwrap();
    fs::create_dir_all(esp.path().join("EFI/debian")).unwrap();
    let entry = esp.path().join("loader/entries/debian.conf");
    fs::write(&entry, "options root=PARTUUID=AAAABBBB-0000-4000-8000-000000000001 quiet\n").unwrap();
    fs::write(esp.path().join("EFI/debian/grub.cfg"), format!("search.fs_uuid {OLD_ROOT} root\n")).unwrap();
    let esp_tree = Tree::open(esp.path()).unwrap();
    let renamings = [
        Renaming { old: OLD_ROOT.into(), new: NEW_ROOT.into() },
        Renaming { old: "AB12-CD34".into(), new: "0F0F-1234".into() },
        Renaming {
            old: "aaaabbbb-0000-4000-8000-000000000001".into(),
            new: "ccccdddd-0000-4000-8000-000000000002".into(),
        },
    ];
    let changes = rewrite_references(&root, Some(&esp_tree), &renamings).unwrap();
    assert_eq!(
        read(folder.path(), "etc/fstab"),
        format!("UUID={NEW_ROOT} / ext4 defaults 0 1\nUUID=0F0F-1234 /boot/efi vfat umask=0077 0 1\n")
    );
    assert_eq!(read(folder.path(), "boot/grub/grub.cfg").matches(NEW_ROOT).count(), 2);
    assert_eq!(
        fs::read_to_string(&entry).unwrap(),
        "options root=PARTUUID=CCCCDDDD-0000-4000-8000-000000000002 quiet\n"
    );
    assert_eq!(changes.len(), 5);
    assert_eq!(rewrite_references(&root, Some(&esp_tree), &renamings).unwrap(), []);
}

#[test]
fn an_identifier_inside_another_word_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let root = tree(folder.path());
    fs::write(folder.path().join("etc/fstab"), "UUID=xAB12-CD34 AB12-CD34-5 \"AB12-CD34\"").unwrap();
    rewrite_references(&root, None, &[Renaming { old: "AB12-CD34".into(), new: "0000-0001".into() }]).unwrap();
    assert_eq!(read(folder.path(), "etc/fstab"), "UUID=xAB12-CD34 AB12-CD34-5 \"0000-0001\"");
}

#[test]
fn links_of_the_deployed_system_mean_its_own_root() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let root = tree(folder.path());
    fs::write(outside.path().join("secret"), "ours").unwrap();
    symlink(outside.path(), folder.path().join("trap")).unwrap();
    assert_eq!(root.read("/trap/secret").unwrap(), None);
    assert!(
        root.write("/trap/secret", b"theirs", WriteAs::default()).is_err() || !outside.path().join("other").exists()
    );
    assert_eq!(fs::read_to_string(outside.path().join("secret")).unwrap(), "ours");
    assert_eq!(root.read("/../../../etc/hostname").unwrap().unwrap(), b"reference\n");
}

#[test]
fn a_file_that_was_there_keeps_its_rights() {
    let folder = tempfile::tempdir().unwrap();
    let root = tree(folder.path());
    let fstab = folder.path().join("etc/fstab");
    fs::set_permissions(&fstab, fs::Permissions::from_mode(0o640)).unwrap();
    root.write("/etc/fstab", b"new", WriteAs::default()).unwrap();
    assert_eq!(fs::metadata(&fstab).unwrap().permissions().mode() & 0o7777, 0o640);
    let beside: Vec<_> = root.names("/etc").into_iter().filter(|n| n.contains("socle-new")).collect();
    assert!(beside.is_empty());
}

#[test]
fn the_report_service_is_installed_for_either_init() {
    for systemd in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let root = tree(folder.path());
        if !systemd {
            fs::remove_file(folder.path().join("lib/systemd/systemd")).unwrap();
        }
        let files = AgentFiles { binary: b"\x7fELF", config: b"{}" };
        assert_eq!(install_report(&root, &files).unwrap().len(), 3);
        assert_eq!(install_report(&root, &files).unwrap(), []);
        let agent = folder.path().join("usr/local/lib/socle/socle-agent");
        assert_eq!(fs::metadata(agent).unwrap().permissions().mode() & 0o777, 0o755);
        let started = ["etc/systemd/system/socle-report.service", "etc/rc2.d/S05socle-report"]
            .map(|f| folder.path().join(f).exists());
        assert_eq!(started, [systemd, !systemd]);
    }
}

#[test]
fn an_ext4_filesystem_gets_its_own_uuid() {
    let folder = tempfile::tempdir().unwrap();
    let image = ext4(folder.path(), 16 << 20);
    socle_disk::grow::check_ext4(&image, 0).unwrap();
    let changes = set_ext4_uuid(&image, [0x42; 16]).unwrap();
    assert_eq!((changes.len(), &changes[0].old[..]), (1, OLD_ROOT));
    assert_eq!(ext4_uuid(&image).unwrap(), [0x42; 16]);
    assert_eq!(set_ext4_uuid(&image, [0x42; 16]).unwrap(), []);
    assert_eq!(socle_disk::grow::check_ext4(&image, 0).unwrap(), socle_disk::grow::Checked::Clean);
}

/// Boot sectors as mkfs.fat writes them: FAT16 and FAT32.
#[test]
fn a_vfat_filesystem_gets_its_own_volume_id_in_both_sectors() {
    let folder = tempfile::tempdir().unwrap();
    for (fat32, id_at) in [(true, 0x43), (false, 0x27)] {
        let mut image = vec![0u8; 8192];
        let mut sector = [0u8; 512];
        sector[11..13].copy_from_slice(&512u16.to_le_bytes());
        sector[22..24].copy_from_slice(&if fat32 { 0u16 } else { 64 }.to_le_bytes());
        sector[0x32..0x34].copy_from_slice(&if fat32 { 6u16 } else { 0 }.to_le_bytes());
        sector[id_at - 1] = 0x29;
        sector[id_at..id_at + 4].copy_from_slice(&0xab12_cd34u32.to_le_bytes());
        sector[510..].copy_from_slice(&[0x55, 0xaa]);
        image[..512].copy_from_slice(&sector);
        if fat32 {
            image[6 * 512..7 * 512].copy_from_slice(&sector);
        }
        let path = folder.path().join("esp");
        fs::write(&path, &image).unwrap();
        let changes = set_vfat_id(&path, 0x0f0f_1234).unwrap();
        assert_eq!((&changes[0].old[..], &changes[0].new[..]), ("AB12-CD34", "0F0F-1234"));
        assert_eq!(vfat_id(&path).unwrap(), 0x0f0f_1234);
        let now = fs::read(&path).unwrap();
        assert_eq!(now[6 * 512..7 * 512] == now[..512], fat32);
        assert_eq!(set_vfat_id(&path, 0x0f0f_1234).unwrap(), []);
    }
}

#[test]
fn what_should_not_be_cloned_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let root = tree(folder.path());
    assert_eq!(forget_leftovers(&root, None).unwrap().len(), 1);
    assert!(!folder.path().join("var/lib/systemd/random-seed").exists());
    assert_eq!(forget_leftovers(&root, None).unwrap(), []);
}
