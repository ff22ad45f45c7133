//! A throw-away TPM for one test: swtpm, unpacked by the set-up, its own state, its own socket, gone afterwards. Used by the
//! tests of other rooms too.
#![allow(dead_code)] // each of them uses a part
use socle_texts::{Fault, Result};
use socle_tpm::{
    Exchange,
    command::{self, CLEAR, EK_CERTIFICATE, NV_CHUNK_BYTES, NV_DEFINE_SPACE, NV_WRITE, PCR_EXTEND},
};
use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

const MISSING: &str = "the TPM of these tests is not here: run `cargo xtask setup --tpm`";

/// A running swtpm.
pub struct Swtpm {
    pub folder: tempfile::TempDir,
    child: Child,
}

impl Drop for Swtpm {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn unpacked() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |f| root.join(f));
    let cache = std::env::var_os("SOCLE_CACHE").map_or_else(|| target.join("lab"), |f| root.join(f));
    let place = cache.join("debian/swtpm");
    assert!(place.exists(), "{MISSING}");
    place.canonicalize().unwrap()
}

fn start(folder: &Path) -> Child {
    let place = unpacked();
    let libraries = ["usr/lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu/swtpm"];
    let at = |name: &str| folder.join(name).display().to_string();
    let mut command = Command::new(place.join("usr/bin/swtpm"));
    command.env("LD_LIBRARY_PATH", libraries.map(|l| place.join(l).display().to_string()).join(":"));
    command.args(["socket", "--tpm2", "--tpmstate", &format!("dir={}", folder.display())]);
    command.args(["--server", &format!("type=unixio,path={}", at("data"))]);
    command.args(["--ctrl", &format!("type=unixio,path={}", at("ctrl"))]);
    command.args(["--flags", "not-need-init,startup-clear"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begin = Instant::now();
    while !folder.join("data").exists() {
        assert!(begin.elapsed() < Duration::from_secs(20), "swtpm does not come");
        sleep(Duration::from_millis(20));
    }
    child
}

impl Swtpm {
    /// A new one, with seeds of its own.
    pub fn new() -> Swtpm {
        let folder = tempfile::tempdir().unwrap();
        let child = start(folder.path());
        Swtpm { folder, child }
    }
    /// Switched off and on: what was loaded is gone, its seeds stay.
    pub fn restart(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(self.folder.path().join("data"));
        let _ = std::fs::remove_file(self.folder.path().join("ctrl"));
        self.child = start(self.folder.path());
    }
    /// A line to it; one at a time.
    pub fn line(&self) -> Box<dyn Exchange + Send> {
        Box::new(Socket(UnixStream::connect(self.folder.path().join("data")).unwrap()))
    }
    fn tell(&self, command: command::Command, bytes: &[u8]) {
        let answer = self.line().exchange(bytes).unwrap();
        command::read(command, &answer, false).unwrap();
    }
    /// Cleared as by the firmware's setup.
    pub fn clear(&self) {
        self.tell(CLEAR, &command::clear());
    }
    /// A register extended, as when the machine was started another way.
    pub fn extend(&self, register: u8) {
        self.measure(register, &[7; 32]);
    }
    /// A register extended as firmware does.
    pub fn measure(&self, register: u8, digest: &[u8; 32]) {
        self.tell(PCR_EXTEND, &command::pcr_extend(register, digest));
    }
    /// What its maker leaves in it: the certificate of its endorsement key, in a place that is longer.
    pub fn certify(&self, certificate: &[u8]) {
        let count = certificate.len() as u16 + 100;
        self.tell(NV_DEFINE_SPACE, &command::nv_define(EK_CERTIFICATE, count));
        let whole = [certificate, &[0xff; 100]].concat();
        for (n, part) in whole.chunks(usize::from(NV_CHUNK_BYTES)).enumerate() {
            self.tell(NV_WRITE, &command::nv_write(EK_CERTIFICATE, part, n as u16 * NV_CHUNK_BYTES));
        }
    }
}

struct Socket(UnixStream);

impl Exchange for Socket {
    fn exchange(&mut self, bytes: &[u8]) -> Result<Vec<u8>> {
        let silent = |e: std::io::Error| Fault::new("tpm-silent").because(e);
        self.0.write_all(bytes).map_err(silent)?;
        let mut answer = vec![0; 10];
        self.0.read_exact(&mut answer).map_err(silent)?;
        answer.resize(command::answer_bytes(&answer)?, 0);
        self.0.read_exact(&mut answer[10..]).map_err(silent)?;
        Ok(answer)
    }
    fn pause(&mut self) {
        sleep(Duration::from_millis(10));
    }
}
