//! The school's own DHCP server, which Socle does not control; and, for the lab's own smoke test, one that also boots.
use super::far::{self, ROUTER};
use super::network::{LEASES, Network, SCHOOL, SCHOOL_INTERFACE};
use super::process::Process;
use crate::command::{command, find};
use crate::trouble::{Done, During};
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

/// A running dnsmasq.
pub struct School {
    process: Process,
    leases: PathBuf,
}

impl School {
    /// Hands out addresses and nothing else, as schools' servers do.
    pub fn addresses_only(network: &Network, folder: &Path) -> Done<School> {
        School::start(network, folder, "")
    }

    /// Also names a boot file and serves it by TFTP: a stand-in for Socle, to prove the lab without it.
    pub fn that_boots(network: &Network, folder: &Path, tftp: &Path, file: &str) -> Done<School> {
        // With the words of a PXE server firmware believes it before any other that answers beside it (PXE 2.1, options 60
        // and 43: sub-option 6, bit 3, take the file from this very offer).
        let louder = "dhcp-option-force=60,PXEClient\ndhcp-option-force=43,06:01:08\n";
        let more = format!("enable-tftp\ntftp-root={}\ndhcp-boot={file}\n{louder}", tftp.display());
        School::start(network, folder, &more)
    }

    fn start(network: &Network, folder: &Path, more: &str) -> Done<School> {
        let leases = folder.join("school.leases");
        // The far room's addresses are for those alone who come through its relay agent.
        let ((first, last), (far_first, far_last)) = (LEASES, far::LEASES);
        let text = format!(
            "port=0\ninterface={SCHOOL_INTERFACE}\nbind-interfaces\nuser=root\nno-ping\ndhcp-authoritative\nlog-dhcp\n\
             dhcp-range={first},{last},255.255.255.0,1h\ndhcp-option=3\ndhcp-leasefile={}\n\
             dhcp-range=set:far,{far_first},{far_last},255.255.255.0,1h\ndhcp-option=tag:far,3,{ROUTER}\n{more}",
            leases.display()
        );
        let config = folder.join("school.conf");
        fs::write(&config, text).during("writing the school server's settings")?;
        let program = find("dnsmasq").ok_or("there is no dnsmasq here: run `cargo xtask setup --lab`")?;
        let config = format!("--conf-file={}", config.display());
        let mut dnsmasq = command(program, ["--keep-in-foreground", "--log-facility=-", "--pid-file=", &config]);
        network.school.put_inside(&mut dnsmasq);
        Ok(School {
            process: Process::start("the school's DHCP server", &mut dnsmasq, &folder.join("school.log"))?,
            leases,
        })
    }

    /// Addresses that it gave to a card, the last one first.
    pub fn addresses_of(&self, mac: &str) -> Vec<Ipv4Addr> {
        let text = fs::read_to_string(&self.leases).unwrap_or_default();
        let fields = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let mine = fields.filter(|f| f.len() > 2 && f[1].eq_ignore_ascii_case(mac));
        let mut found: Vec<(u64, Ipv4Addr)> =
            mine.filter_map(|f| Some((f[0].parse().ok()?, f[2].parse().ok()?))).collect();
        found.sort();
        found.into_iter().rev().map(|(_, address)| address).collect()
    }

    /// Fails when it has died.
    pub fn must_run(&mut self) -> Done {
        self.process.must_run()
    }

    /// Its address.
    pub fn address() -> Ipv4Addr {
        SCHOOL
    }
}
