//! `socle image reset` as a person uses it: killed at any moment, on files and on devices.
use super::{
    make,
    scene::{Scene, bytes, files, kill_after, until_met},
};
use std::{fs, path::Path, time::Instant};

fn deployed(s: &Scene) -> std::path::PathBuf {
    let target = s.path("target");
    s.ok(&["deploy", "base", "--to", make::text(&target), "--grow", "none"]);
    target
}

/// What a pupil leaves: noise over a third of the root, which begins behind the first MiB and the ESP.
fn spoil(target: &Path, seed: &str) {
    use std::os::unix::fs::FileExt;
    let file = fs::File::options().write(true).open(target).unwrap();
    for n in 0..20_u64 {
        let noise = make::noise(&format!("{seed} {n}"), 700_000);
        file.write_all_at(&noise, (38 << 20) + n * (3 << 20)).unwrap();
    }
}

#[test]
fn an_unchanged_disk_is_not_written_and_a_spoilt_one_is_put_right() {
    let s = Scene::captured();
    let target = deployed(&s);
    let to = make::text(&target);
    let before = bytes(&target);
    let answer = s.ok(&["reset", "base", "--to", to, "--yes-erase"]);
    assert_eq!(answer["reset"]["written_bytes"], 0, "{answer}");
    assert_eq!(answer["layout_kept"], true);
    assert!(bytes(&target) == before);
    spoil(&target, "once");
    let spoilt = bytes(&target);
    // Without a yes nothing is written; nor by a dry run.
    assert_eq!(s.run(&["reset", "base", "--to", to]).status.code(), Some(1));
    let dry = s.ok(&["reset", "base", "--to", to, "--dry-run"]);
    assert!(dry["reset"]["missing_bytes"].as_u64() > Some(1 << 20), "{dry}");
    assert!(bytes(&target) == spoilt);
    let answer = s.ok(&["reset", "base", "--to", to, "--yes-erase", "--gone"]);
    assert!(answer["reset"]["gone_bytes"].as_u64() > Some(1 << 20), "{answer}");
    s.holds(&target);
    assert_eq!(s.ok(&["reset", "base", "--to", to, "--yes-erase"])["reset"]["written_bytes"], 0);
    let told = String::from_utf8(s.run(&["reset", "base", "--to", to, "--yes-erase"]).stdout).unwrap();
    assert!(told.contains("0 B were written"), "{told}");
}

#[test]
fn a_reset_killed_at_any_moment_goes_on() {
    let seed = "resets";
    let s = Scene::captured();
    let target = deployed(&s);
    let args = ["reset", "base", "--to", make::text(&target), "--yes-erase", "--gone"];
    spoil(&target, seed);
    let start = Instant::now();
    s.ok(&args);
    let whole = start.elapsed();
    until_met(seed, 8, whole, |wait| {
        spoil(&target, &format!("{wait:?}"));
        let at_work = kill_after(s.command(&args).spawn().unwrap(), wait);
        s.ok(&args);
        s.holds(&target);
        at_work
    });
    assert_eq!(s.ok(&args)["reset"]["written_bytes"], 0);
    assert!(files(&s.repo.join("tmp")).iter().all(|f| f.ends_with("publishing")), "nothing is left over");
}

#[test]
fn a_device_is_reset_and_its_free_space_is_gone() {
    let s = Scene::captured();
    let target = deployed(&s);
    spoil(&target, "device");
    let device = super::devices::Device::of(&target, &[]);
    let to = make::text(&device.0).to_string();
    let answer = s.ok(&["reset", "base", "--to", &to, "--yes-erase", "--gone"]);
    assert!(answer["reset"]["gone_bytes"].as_u64() > Some(1 << 20), "{answer}");
    assert_eq!(s.ok(&["reset", "base", "--to", &to, "--yes-erase"])["reset"]["written_bytes"], 0);
    drop(device);
    s.holds(&target);
}

#[test]
fn an_erased_table_is_written_again_and_a_kept_partition_then_refused() {
    let s = Scene::captured();
    let target = deployed(&s);
    make::run("sgdisk", &["--zap-all", make::text(&target)]);
    let to = make::text(&target);
    assert_eq!(s.fault(&["reset", "base", "--to", to, "--yes-erase", "--keep", "1"]), "disk-reset-keep-unknown");
    let answer = s.ok(&["reset", "base", "--to", to, "--yes-erase", "--grow", "none"]);
    assert_eq!(answer["reset"]["table_written"], true);
    // The content stood where it belongs: nothing came from the repository.
    assert_eq!(answer["reset"]["fetched_bytes"], 0, "{answer}");
    s.holds(&target);
}

#[test]
fn a_disk_with_a_cache_needs_no_repository() {
    let s = Scene::captured();
    let target = s.path("target");
    let size = (fs::metadata(&s.disk).unwrap().len() + (48 << 20)).to_string();
    let to = make::text(&target);
    let answer = s.ok(&["deploy", "base", "--to", to, "--grow", "none", "--cache-mib", "40", "--size", &size]);
    assert!(answer["cached"]["new_chunks"].as_u64() > Some(10), "{answer}");
    spoil(&target, "far from home");
    let aside = s.path("repo-aside");
    fs::rename(&s.repo, &aside).unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_socle"));
    let output = command.args(["image", "reset", "base", "--to", to, "--yes-erase", "--json"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(answer["reset"]["cache_bytes"].as_u64() > Some(50_000), "{answer}");
    assert_eq!(answer["reset"]["fetched_bytes"], 0);
    s.holds(&target);
    fs::rename(&aside, &s.repo).unwrap();
}
