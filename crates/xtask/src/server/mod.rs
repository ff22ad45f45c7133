//! Socle's server in the lab: the real program, in the room's network, with a data folder of its own.
pub mod view;

use crate::command::{command, output};
use crate::http::Http;
use crate::lab::Lab;
use crate::lab::firmware;
use crate::lab::namespace::Namespace;
use crate::lab::network::{BRIDGE, LEASES, SERVER};
use crate::lab::process::Process;
use crate::lab::signals::wait_for;
use crate::places;
use crate::stop;
use crate::trouble::{Done, During};
use serde_json::Value;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Where it listens for people and programs: its default, on the room's own loopback.
const ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
const STARTING: Duration = Duration::from_secs(30);

/// A running server.
pub struct Server {
    process: Process,
    /// A copy of the program: what is built meanwhile does not change a story that is being told.
    program: PathBuf,
    http: Http,
    data: PathBuf,
    log: PathBuf,
}

/// How it hands out addresses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Dhcp {
    /// Beside somebody else's DHCP server: the normal case.
    Proxy,
    /// All by itself.
    Full,
}

/// The administrator's program, built beforehand.
fn built() -> PathBuf {
    places::target().join("debug/socle")
}

/// The static agent.
pub fn agent() -> PathBuf {
    places::target().join("x86_64-unknown-linux-gnu/agent/socle-agent")
}

impl Server {
    /// Starts it in the room and waits until it answers. The same data folder may be served again after a crash.
    /// `chain` is by which machines are started that never spoke.
    pub fn start(lab: &mut Lab, dhcp: Dhcp, chain: &str) -> Done<Server> {
        let door = lab.door(ADDRESS)?;
        let data = places::folder(lab.folder.join("server"))?;
        let config = data.join("socle.toml");
        if !config.exists() {
            fs::write(&config, configuration(dhcp, door, chain)).during("writing the server's configuration")?;
        }
        let log = lab.folder.join("server.log");
        let program = lab.folder.join("socle");
        if !program.exists() {
            fs::copy(built(), &program).during("taking the program that was built")?;
        }
        let mut serve = command(&program, ["serve", "--data"]);
        serve.arg(&data).arg("--config").arg(&config).env("SOCLE_LANG", "en").env("RUST_LOG", "info");
        lab.network.room.put_inside(&mut serve);
        let mut process = Process::start("the server", &mut serve, &log)?;
        let http = Http { at: ADDRESS, token: String::new() };
        let ready = wait_for(STARTING, || {
            process.must_run()?;
            Ok(http.ask(&lab.network.room, "GET", "/api/v1/status", "", None).ok())
        })?;
        if ready.is_none() {
            stop!(
                "the server did not answer within {} s; its log ends:\n{}",
                STARTING.as_secs(),
                process.last_words(15)
            );
        }
        let mut server = Server { process, program, http, data, log };
        server.http.token = server.token()?;
        Ok(server)
    }

    /// A token for programs, kept for the life of the data folder.
    fn token(&self) -> Done<String> {
        let file = self.data.join("lab.token");
        if let Ok(token) = fs::read_to_string(&file) {
            return Ok(token.trim().to_string());
        }
        let answer = self.local(&["token", "create", "--name", "lab"])?;
        let Some(token) = answer["token"].as_str() else { stop!("`socle token create` answered no token: {answer}") };
        fs::write(&file, token).during("keeping the lab's token")?;
        Ok(token.to_string())
    }

    /// A command of `socle` that works on the data folder.
    pub fn local(&self, args: &[&str]) -> Done<Value> {
        let mut socle = command(&self.program, args);
        socle.arg("--data").arg(&self.data).arg("--config").arg(self.data.join("socle.toml"));
        json(socle.arg("--json").env("SOCLE_LANG", "en"))
    }

    /// Builds, signs and installs the boot environment from the agent and a kernel.
    pub fn build_environment(&self, agent: &Path, kernel: &Path, loader: &Path) -> Done {
        let mut socle = command(&self.program, ["bootenv", "build", "--json", "--data"]);
        socle.arg(&self.data).arg("--agent").arg(agent).arg("--kernel").arg(kernel).arg("--loader").arg(loader);
        socle.args(["--url", &format!("https://{SERVER}:8443")]).args(firmware::loader_arguments());
        // The signed image holds its command line; its machines speak French, as those of every story.
        let config = self.data.join("boot-environment.toml");
        fs::write(&config, format!("[boot]\n{KERNEL_ARGUMENTS}\n"))
            .during("writing the boot environment's settings")?;
        socle.arg("--config").arg(&config);
        output(socle.env("SOCLE_LANG", "en")).map(drop)
    }

    /// A command of `socle` that asks the server, as an administrator would type it.
    pub fn socle(&self, room: &Namespace, args: &[&str]) -> Done<Value> {
        json(&mut self.command(room, args))
    }

    /// The same, ready to run.
    pub fn command(&self, room: &Namespace, args: &[&str]) -> Command {
        let mut socle = command(&self.program, args);
        socle.arg("--json").env("SOCLE_LANG", "en").env("SOCLE_TOKEN", &self.http.token);
        socle.env("SOCLE_SERVER", format!("http://{}", self.http.at)).current_dir(&self.data);
        room.put_inside(&mut socle);
        socle
    }

    /// Asks the API.
    pub fn get(&self, room: &Namespace, path: &str) -> Done<Value> {
        self.http.json(room, "GET", path, None)
    }

    /// The content key's public half.
    pub fn content_public_key(&self) -> PathBuf {
        self.data.join("content.pub")
    }

    /// The content key's secret half: in the lab it lies where the first start has put it.
    pub fn content_secret_key(&self) -> PathBuf {
        self.data.join("content-key/content.key")
    }

    /// Verifies a proof with nothing but the file and the public key: no server, no network, no token.
    pub fn verify(&self, file: &Path) -> Done<Value> {
        let mut socle = command(&self.program, ["verify"]);
        socle.arg(file).arg("--key").arg(self.content_public_key()).arg("--json").env("SOCLE_LANG", "en");
        let verdict = json(&mut socle)?;
        match verdict["gaps"].as_array() {
            Some(gaps) if gaps.is_empty() => Ok(verdict),
            _ => stop!("the proof {} has gaps: {}", file.display(), verdict["gaps"]),
        }
    }

    /// A proof with one altered byte must be refused.
    pub fn verify_refuses_altered(&self, file: &Path, moment: u64) -> Done {
        let mut bytes = fs::read(file).during("reading a proof")?;
        let place = (moment % bytes.len().max(1) as u64) as usize;
        bytes[place] ^= 1 << (moment >> 61);
        let altered = file.with_extension("altered");
        fs::write(&altered, &bytes).during("writing an altered proof")?;
        let believed = self.verify(&altered).is_ok();
        fs::remove_file(&altered).during("removing an altered proof")?;
        if believed {
            stop!("socle verify believes {} although byte {place} was altered", file.display());
        }
        Ok(())
    }

    /// Fails when it has died.
    pub fn must_run(&mut self) -> Done {
        self.process.must_run()
    }

    /// It dies in the middle of whatever it does.
    pub fn crash(&mut self) -> Done {
        self.process.kill()
    }

    /// It is asked to end.
    pub fn stop(&mut self) -> Done {
        let status = self.process.stop()?;
        if !status.success() {
            stop!("the server ended badly when it was asked to stop ({status})");
        }
        Ok(())
    }

    /// Its data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Its log.
    pub fn log_file(&self) -> &Path {
        &self.log
    }

    /// The end of its log.
    pub fn last_words(&self, lines: usize) -> String {
        self.process.last_words(lines)
    }

    /// The most memory it ever had, in bytes.
    pub fn peak_memory_bytes(&self) -> u64 {
        self.process.peak_memory_bytes()
    }

    /// A one-time sign-in for a person at this computer, who reaches the console through the lab's door.
    pub fn sign_in_link(&self) -> Done<String> {
        let answer = self.local(&["token", "link"])?;
        match answer["link"].as_str().or(answer["url"].as_str()) {
            Some(link) => Ok(link.to_string()),
            None => stop!("`socle token link` answered no link: {answer}"),
        }
    }
}

fn json(command: &mut Command) -> Done<Value> {
    let text = output(command)?;
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&text).during(format!("reading the answer of `{}`: {text}", crate::command::describe(command)))
}

/// What machines print on: their serial line too, which the lab keeps; the kernel's last console is the agent's screen.
const KERNEL_ARGUMENTS: &str = "kernel_arguments = [\"console=ttyS0,115200\", \"console=tty0\", \"quiet\"]";

fn configuration(dhcp: Dhcp, door: u16, chain: &str) -> String {
    let mode = match dhcp {
        Dhcp::Proxy => "mode = \"proxy\"".to_string(),
        Dhcp::Full => {
            let (first, last) = LEASES;
            let pool = format!("first = \"{first}\", last = \"{last}\", prefix_bits = 24, lease_seconds = 3600");
            format!("mode = \"full\"\npool = {{ {pool} }}")
        }
    };
    format!(
        "language = \"en\"\n\n[console]\nurl = \"http://localhost:{door}\"\n\n[agents]\nurl = \"https://{SERVER}:8443\"\n\n\
         [boot]\ninterface = \"{BRIDGE}\"\n{KERNEL_ARGUMENTS}\nfirst_chain = \"{chain}\"\n{mode}\n"
    )
}
