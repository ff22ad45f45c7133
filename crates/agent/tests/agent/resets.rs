//! A machine brought back in place, with the same run, journal and proof as any other.
use crate::{
    kit::{House, Setting, Wish, carry_out, carry_out_with_cuts},
    machine::{captured, check_deployed, disk, noise},
};
use socle_agent::run::End;
use socle_disk::{adopt, block::Block, devices::Disk, gpt};
use socle_domain::{Digest, RunId, journal::Event, order::LossPolicy, sequence::RebootInto, target::TargetKind};
use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    sync::atomic::Ordering,
};

fn deployed(house: &House) -> (Digest, Disk) {
    let image = captured(house);
    let target = disk(&house.path("target"), 192 << 20);
    let steps = "
        [[step]]
        id = 'layout'
        kind = 'partition'
        image = 'system'
        disk = 'ours'
        grow = 'none'
        cache_mib = 48
        [[step]]
        id = 'write'
        kind = 'apply-image'
        image = 'system'
        [[step]]
        id = 'cache'
        kind = 'fill-cache'
        image = 'system'
        [[step]]
        id = 'off'
        kind = 'reboot'
        into = 'off'
        ";
    let mut wish = Wish::new(TargetKind::Machine, steps);
    wish.images.insert("system".into(), image);
    house.start(&wish);
    assert_eq!(carry_out(house, &Setting::boot(vec![target.clone()])).unwrap(), End::Restart(RebootInto::Off));
    check_deployed(house, &target);
    house.orders.lock().unwrap().clear();
    house.entries.lock().unwrap().clear();
    (image, target)
}

fn order_reset(house: &House, image: Digest, more: &str) {
    let steps = format!(
        "
        [[step]]
        id = 'back'
        kind = 'reset-image'
        image = 'system'
        gone = true
        {more}
        [[step]]
        id = 'off'
        kind = 'reboot'
        into = 'off'
        "
    );
    let mut wish = Wish::new(TargetKind::Machine, &steps);
    wish.images.insert("system".into(), image);
    wish.loss = LossPolicy::Expendable;
    house.start(&wish);
}

/// Noise over most of the root, and over both copies of the partition table.
fn ruin(target: &Disk) {
    let file = File::options().write(true).open(&target.path).unwrap();
    // Not the noise that the files are made of: else it would be found again there.
    let other: Vec<u8> = noise(30 << 20).iter().map(|b| !b).collect();
    file.write_all_at(&other, 2 << 20).unwrap();
    file.write_all_at(&noise(34 * 512), 0).unwrap();
    file.write_all_at(&noise(33 * 512), target.size_bytes - 33 * 512).unwrap();
}

#[test]
fn a_ruined_machine_is_brought_back_from_its_own_disk_without_a_chunk_from_afar() {
    let mut house = House::new();
    let (image, target) = deployed(&house);
    let layout = gpt::read(&Block::open_source(&target.path).unwrap()).unwrap().unwrap();
    house.run = RunId::new(3, [3; 10]);
    ruin(&target);
    order_reset(&house, image, "");
    house.readable.store(0, Ordering::SeqCst);
    assert_eq!(carry_out(&house, &Setting::boot(vec![target.clone()])).unwrap(), End::Restart(RebootInto::Off));
    check_deployed(&house, &target);
    let after = gpt::read(&Block::open_source(&target.path).unwrap()).unwrap().unwrap();
    assert_eq!(after.disk_guid, layout.disk_guid, "the machine's own identifiers stay");
    assert_eq!(after.partitions, layout.partitions);
    let (compared, cache, fetched, gone, read_back) = house
        .event(|e| match e {
            Event::ImageReset { compared_bytes, cache_bytes, fetched_bytes, gone_bytes, read_back_bytes, .. } => {
                Some((*compared_bytes, *cache_bytes, *fetched_bytes, *gone_bytes, *read_back_bytes))
            }
            _ => None,
        })
        .expect("the journal says what the reset did");
    assert!(compared > 20 << 20 && cache > 10 << 20 && read_back > 10 << 20, "{compared} {cache} {read_back}");
    assert_eq!(fetched, 0);
    assert!(gone > Some(10 << 20), "{gone:?}");
    let verdict = house.verdict();
    assert!(verdict.is_complete(), "{:?}", verdict.gaps);
    assert_eq!(verdict.images, [image]);
    assert!(house.events().contains(&"back:census-before".to_string()), "{:?}", house.events());
}

#[test]
fn a_reset_whose_power_is_cut_after_any_entry_goes_on() {
    let mut house = House::new();
    let (image, target) = deployed(&house);
    house.run = RunId::new(3, [3; 10]);
    ruin(&target);
    order_reset(&house, image, "");
    let (_, cuts) = carry_out_with_cuts(&house, &Setting::boot(vec![target.clone()]));
    assert!(cuts > 2, "{cuts}");
    check_deployed(&house, &target);
    let verdict = house.verdict();
    assert!(verdict.is_complete(), "{:?}", verdict.gaps);
}

#[test]
fn without_a_word_for_it_a_reset_waits_with_what_would_be_lost() {
    use crate::engine::wait_for;
    use socle_domain::order::Act;
    let mut house = House::new();
    let (image, target) = deployed(&house);
    house.run = RunId::new(3, [3; 10]);
    let own = adopt::own(&Block::open_target(&target.path).unwrap()).socle.unwrap();
    let before = fs::read(&target.path).unwrap();
    let steps = "[[step]]\nid = 'back'\nkind = 'reset-image'\nimage = 'system'\n";
    let mut wish = Wish::new(TargetKind::Machine, steps);
    wish.images.insert("system".into(), image);
    house.start(&wish);
    std::thread::scope(|scope| {
        let run = scope.spawn(|| carry_out(&house, &Setting::boot(vec![target.clone()])));
        wait_for(&house, "waiting");
        let now = fs::read(&target.path).unwrap();
        let same = |range: std::ops::Range<usize>| now[range.clone()] == before[range];
        assert!(same(0..own.start as usize) && same(own.end as usize..now.len()), "only the journal was written");
        house.order(Act::Cancel { run: house.run });
        assert_eq!(run.join().unwrap().unwrap(), End::Cancelled);
    });
}
