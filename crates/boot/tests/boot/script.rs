//! What iPXE obeys.
use proptest::prelude::*;
use socle_boot::script::{Argument, Script, Url, autoexec};

fn url(text: &str) -> Url {
    Url::new(text).unwrap()
}

#[test]
fn the_boot_environment_is_started() {
    let script = Script::Environment {
        kernel: url("http://10.77.0.1:8080/boot/vmlinuz"),
        initrd: url("http://10.77.0.1:8080/boot/initrd.img"),
        arguments: ["console=ttyS0", "quiet", "panic=30"].map(|a| Argument::new(a).unwrap()).to_vec(),
    };
    assert_eq!(
        script.text().unwrap(),
        "#!ipxe\n\
         kernel http://10.77.0.1:8080/boot/vmlinuz initrd=initrd.img console=ttyS0 quiet panic=30 \
         BOOTIF=01-${netX/mac:hexhyp} || goto failed\n\
         initrd --name initrd.img http://10.77.0.1:8080/boot/initrd.img || goto failed\n\
         boot || goto failed\n\
         :failed\n\
         sleep 5\n\
         exit 1\n"
    );
}

#[test]
fn the_local_disk_is_started_at_once() {
    // A doubled backslash is taken for part of the name: iPXE then finds nothing (seen with that of May 2025).
    let line = r"sanboot --no-describe --drive 0 --filename \EFI\BOOT\BOOTX64.EFI";
    let bios = "iseq ${platform} pcbios || goto efi\nsanboot --no-describe --drive 0x80 || exit 1\nexit\n:efi\n";
    assert_eq!(Script::LocalDisk.text().unwrap(), format!("#!ipxe\n{bios}{line} || exit 1\n"));
    let partition = "febe2639-ec3e-4d2b-931c-69af56a12729".parse().unwrap();
    let text = Script::LocalPartition { partition }.text().unwrap();
    assert_eq!(
        text,
        format!("#!ipxe\n{bios}{line} --uuid febe2639-ec3e-4d2b-931c-69af56a12729 ||\n{line} || exit 1\n")
    );
}

#[test]
fn autoexec_asks_for_ipv4_only_and_says_who_asks() {
    let text = autoexec(&url("http://10.77.0.1:8080/boot.ipxe"));
    assert!(text.starts_with("#!ipxe\n"));
    assert!(text.contains("ifconf -c dhcp net0 || ifconf -c dhcp || goto again\n"));
    assert!(text.contains("chain --replace http://10.77.0.1:8080/boot.ipxe?mac=${netX/mac}&uuid=${uuid}&"), "{text}");
    assert!(autoexec(&url("http://a/b?x=1")).contains("http://a/b?x=1&mac="));
}

#[test]
fn a_loader_that_gave_no_facts_is_asked_for_them() {
    let text = Script::SayWho { script: url("http://10.77.0.1:8080/boot.ipxe") }.text().unwrap();
    assert!(text.starts_with("#!ipxe\nchain --replace http://10.77.0.1:8080/boot.ipxe?mac=${netX/mac}&uuid=${uuid}&"));
}

#[test]
fn a_machine_may_be_told_to_ask_again() {
    let text = Script::AskAgain { script: url("http://10.77.0.1:8080/boot.ipxe"), seconds: 10 }.text().unwrap();
    assert!(text.contains("sleep 10\nchain --replace http://10.77.0.1:8080/boot.ipxe?mac=${netX/mac}&"), "{text}");
}

#[test]
fn what_would_be_more_than_a_word_is_refused() {
    for bad in
        ["", "a b", "a\nboot", "a\rb", "a\tb", "${mac}", "a\\", "a#b", "||", "&&", ";", "\"a\"", "'", "-x", "é", "a\0"]
    {
        assert!(Argument::new(bad).unwrap_err().is("boot-script-argument"), "{bad:?}");
    }
    for bad in
        ["ftp://a", "http:// a", "http://${next-server}/a", "http://a\n", "http://", "http:///a", "a", "http://a#b"]
    {
        assert!(Url::new(bad).unwrap_err().is("boot-script-url"), "{bad:?}");
    }
    for good in ["console=ttyS0,115200n8", "socle.server=https://[fd77::1]:8443", "a=b;c|d&e"] {
        assert!(Argument::new(good).is_ok(), "{good:?}");
    }
    assert!(serde_json::from_str::<Argument>("\"a b\"").is_err(), "not by another door either");
}

#[test]
fn a_command_line_that_the_kernel_would_cut_is_refused() {
    let long = Argument::new("a".repeat(700)).unwrap();
    let script = Script::Environment { kernel: url("http://a/k"), initrd: url("http://a/i"), arguments: vec![long; 3] };
    assert!(script.text().unwrap_err().is("boot-script-too-long"));
}

proptest! {
    #[test]
    fn nothing_adds_a_line(text in any::<String>()) {
        let Ok(argument) = Argument::new(text.clone()) else { return Ok(()) };
        let script = Script::Environment { kernel: url("http://a/k"), initrd: url("http://a/i"), arguments: vec![argument] };
        let lines: Vec<_> = script.text().unwrap().lines().map(String::from).collect();
        prop_assert_eq!(lines.len(), 7);
        let expect = format!("kernel http://a/k initrd=initrd.img {text} BOOTIF=01-${{netX/mac:hexhyp}} || goto failed");
        prop_assert_eq!(&lines[1], &expect);
        prop_assert_eq!(lines[1].split_whitespace().count(), 8);
    }
}
