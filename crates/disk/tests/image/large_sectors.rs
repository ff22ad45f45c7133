//! Disks with sectors of 4096 bytes, with real filesystems.
use super::{capture, compare, fault, make, plan, restore, store::Store};
use socle_disk::{
    block::Block,
    gpt::{self, Partition, Table},
    layout::{Grow, SoclePlace},
};
use socle_image::{Guid, manifest::Method};

#[test]
fn filesystems_move_between_disks_of_large_sectors_and_to_no_others() {
    let folder = make::folder();
    let tree = make::tree(folder.path());
    let (esp, root, path) = (folder.path().join("esp"), folder.path().join("root"), folder.path().join("disk"));
    make::vfat(&esp, 36, &tree, &["-F", "16", "-S", "4096", "-s", "1"]);
    make::ext(&root, 64, &tree, &["-t", "ext4", "-b", "4096"]);
    let partition = |number: u32, type_guid, first_lba, mib: u64| Partition {
        number,
        type_guid,
        unique_guid: Guid([number as u8; 16]),
        first_lba,
        last_lba: first_lba + mib * 256 - 1,
        attributes: 0,
        name: String::new(),
    };
    let partitions = vec![partition(1, make::ESP, 256, 36), partition(2, make::LINUX, 256 + 36 * 256, 64)];
    let disk = Block::create(&path, 104 << 20).unwrap().with_sectors(4096);
    gpt::write(&Table { disk_guid: Guid([1; 16]), boot_code: Vec::new(), partitions: partitions.clone() }, &disk)
        .unwrap();
    drop(disk);
    for (partition, filesystem) in partitions.iter().zip([&esp, &root]) {
        let seek = format!("seek={}", partition.first_lba);
        let (from, to) = (format!("if={}", make::text(filesystem)), format!("of={}", make::text(&path)));
        make::run("dd", &[&from, &to, &seek, "bs=4096", "conv=notrunc,sparse", "status=none"]);
    }
    let disk = Block::open_source(&path).unwrap().with_sectors(4096);
    let store = Store::default();
    let captured = capture(&disk, &store).unwrap();
    assert!(captured.manifest.partitions.iter().all(|p| p.method == Method::FileAware));

    let target_path = folder.path().join("target");
    let target = make::dirty(&target_path, 160 << 20).with_sectors(4096);
    let laid = plan(&captured.manifest, &target, Grow::Last, SoclePlace::End).unwrap();
    restore(&store, &captured.root, &target, &laid).unwrap();
    compare::used_ranges(&store, &captured.manifest, &disk, &target, &laid);
    let place = laid.image(2).unwrap();
    assert!(place.grown);
    let back = folder.path().join("back");
    compare::extract(&target_path, place.start_bytes(4096), place.size_bytes(4096), &back);
    compare::ext_holds(&back, &tree);
    make::run("resize2fs", &[make::text(&back)]);
    compare::ext_holds(&back, &tree);

    let small = make::dirty(&folder.path().join("small"), 160 << 20);
    let refusal = fault(plan(&captured.manifest, &small, Grow::Last, SoclePlace::End), "disk-sector-size-differs");
    assert!(refusal.to_string().contains("4096"), "{refusal}");
}
