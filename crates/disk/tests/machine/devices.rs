//! Disks, in trees shaped like /sys.
use socle_disk::devices::{Unfit, list_at};
use std::{fs, path::Path};

fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = folder.path().join("block").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

#[test]
fn whole_disks_are_listed_with_what_they_are() {
    let sys = tree(&[
        ("nvme0n1/size", "1000215216\n"),
        ("nvme0n1/ro", "0\n"),
        ("nvme0n1/removable", "0\n"),
        ("nvme0n1/queue/logical_block_size", "512\n"),
        ("nvme0n1/queue/rotational", "0\n"),
        ("nvme0n1/device/model", "Samsung SSD 980 PRO 500GB              \n"),
        ("nvme0n1/device/serial", "S5GYNX0R        \n"),
        ("nvme0n1/nvme0n1p2/partition", "2\n"),
        ("nvme0n1/nvme0n1p2/start", "4096\n"),
        ("nvme0n1/nvme0n1p2/size", "2048\n"),
        ("nvme0n1/nvme0n1p1/partition", "1\n"),
        ("nvme0n1/nvme0n1p1/start", "2048\n"),
        ("nvme0n1/nvme0n1p1/size", "2048\n"),
        ("sda/size", "62500000\n"),
        ("sda/removable", "1\n"),
        ("sda/device/vpd_pg80", "\0\u{0}\0\u{8}WD-12345"),
        ("vda/size", "204800\n"),
        ("vda/ro", "1\n"),
        ("sdb/size", "0\n"),
        ("loop0/size", "100\n"),
        ("mmcblk0boot0/size", "8192\n"),
        ("sr0/size", "100\n"),
    ]);
    let disks = list_at(sys.path(), Path::new("/dev")).unwrap();
    assert_eq!(disks.iter().map(|d| &d.name[..]).collect::<Vec<_>>(), ["nvme0n1", "sda", "vda"]);
    let nvme = &disks[0];
    assert_eq!((nvme.size_bytes, nvme.transport, nvme.rotational), (512_110_190_592, "nvme", false));
    assert_eq!((nvme.model.as_deref(), nvme.serial.as_deref()), (Some("Samsung SSD 980 PRO 500GB"), Some("S5GYNX0R")));
    assert_eq!(
        nvme.partitions.iter().map(|p| (p.number, p.start_bytes)).collect::<Vec<_>>(),
        [(1, 1 << 20), (2, 2 << 20)]
    );
    assert_eq!(nvme.partition(2).unwrap().path, Path::new("/dev/nvme0n1p2"));
    assert_eq!(disks[1].serial.as_deref(), Some("WD-12345"));
    assert_eq!(nvme.unfit(1 << 30), None);
    assert_eq!(nvme.unfit(1 << 40), Some(Unfit::TooSmall { needed_bytes: 1 << 40 }));
    assert_eq!((disks[1].unfit(0), disks[2].unfit(0)), (Some(Unfit::Removable), Some(Unfit::ReadOnly)));
}

#[test]
fn this_machine_has_a_list() {
    for disk in socle_disk::devices::list().unwrap() {
        assert!(disk.size_bytes > 0 && disk.path.exists(), "{disk:?}");
    }
}
