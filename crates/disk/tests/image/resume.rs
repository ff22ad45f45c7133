//! A cut network and a cut power: the work goes on where it was.
use super::{capture, compare, fault, make, plan, restore_from, store::Store};
use socle_disk::{
    block::Block,
    layout::{Grow, SoclePlace},
    restore::ResumePoint,
};
use socle_image::{Guid, ReadAt};
use std::sync::{Mutex, atomic::Ordering};

#[test]
fn a_cut_network_resumes_at_the_chunk() {
    let folder = make::folder();
    let source = make::usual_disk(folder.path());
    let mut store = Store::default();
    let captured = capture(&source, &store).unwrap();
    let target = make::dirty(&folder.path().join("target"), source.size_bytes());
    let plan = plan(&captured.manifest, &target, Grow::Last, SoclePlace::None).unwrap();
    let point: Mutex<Option<ResumePoint>> = Mutex::new(None);
    let keep = |p: &ResumePoint| {
        *point.lock().unwrap() = Some(*p);
        Ok(())
    };
    let mut cuts = 0;
    loop {
        // Each time the network holds for one read.
        store.reads_left = 2.into();
        let from = *point.lock().unwrap();
        match restore_from(&store, &captured.root, &target, &plan, from, &keep) {
            Ok(_) => break,
            Err(fault) => assert!(fault.is("repository-unreadable") && fault.retry, "{fault}"),
        }
        cuts += 1;
        assert!(cuts < 60, "it makes no progress");
    }
    assert!(cuts > 3, "the network was cut too rarely: {cuts}");
    compare::used_ranges(&store, &captured.manifest, &source, &target, &plan);
    // All cuts together cost little: what had arrived was not fetched again.
    let fetched = store.read_bytes.load(Ordering::SeqCst);
    assert!(fetched < captured.stats.stored_bytes * 2, "{fetched} of {}", captured.stats.stored_bytes);
}

#[test]
fn a_cut_power_resumes_from_any_checkpoint() {
    let folder = make::folder();
    let source = make::usual_disk(folder.path());
    let store = Store::default();
    let captured = capture(&source, &store).unwrap();
    let path = folder.path().join("target");
    let target = make::dirty(&path, source.size_bytes());
    let plan = plan(&captured.manifest, &target, Grow::Last, SoclePlace::End);
    // With Socle's own partition it does not fit; without, it does.
    fault(plan, "disk-target-too-small");
    let plan = super::plan(&captured.manifest, &target, Grow::Last, SoclePlace::None).unwrap();
    let points: Mutex<Vec<ResumePoint>> = Mutex::default();
    let keep = |p: &ResumePoint| {
        points.lock().unwrap().push(*p);
        Ok(())
    };
    restore_from(&store, &captured.root, &target, &plan, None, &keep).unwrap();
    let points = points.into_inner().unwrap();
    assert!(points.len() >= 3, "{points:?}");
    drop(target);
    for point in &points {
        // What stands before the point is there; what comes after it was lost.
        let target = Block::open_target(&path).unwrap();
        let start = plan.image(point.partition).unwrap().start_bytes(512) + point.offset_bytes;
        let garbage = make::noise("lost", 1 << 20);
        let end = target.size_bytes() - (34 << 10);
        let mut at = start;
        while at < end {
            let step = (end - at).min(1 << 20);
            socle_image::WriteAt::write_at(&target, at, &garbage[..step as usize]).unwrap();
            at += step;
        }
        let restored = restore_from(&store, &captured.root, &target, &plan, Some(*point), &|_| Ok(())).unwrap();
        assert!(restored.resumed_bytes >= point.done_bytes);
        compare::used_ranges(&store, &captured.manifest, &source, &target, &plan);
    }
}

#[test]
fn a_point_of_another_image_or_disk_is_refused() {
    let folder = make::folder();
    let source = make::usual_disk(folder.path());
    let store = Store::default();
    let captured = capture(&source, &store).unwrap();
    let target = make::dirty(&folder.path().join("target"), source.size_bytes());
    let plan = plan(&captured.manifest, &target, Grow::Last, SoclePlace::None).unwrap();
    let before = compare::bytes(&target, 0, target.size_bytes());
    let point = ResumePoint {
        root: captured.root,
        disk_guid: plan.disk_guid,
        partition: 2,
        offset_bytes: 1 << 20,
        done_bytes: 1 << 20,
    };
    let refused = |point| {
        let answer = restore_from(&store, &captured.root, &target, &plan, Some(point), &|_| Ok(()));
        fault(answer, "disk-resume-elsewhere");
    };
    // The layout is not there; and then a point of other work.
    refused(point);
    assert!(compare::bytes(&target, 0, target.size_bytes()) == before);
    plan.write(&target).unwrap();
    refused(ResumePoint { disk_guid: Guid([7; 16]), ..point });
    refused(ResumePoint { root: socle_image::ImageId([7; 32]), ..point });
    refused(ResumePoint { partition: 9, ..point });
}
