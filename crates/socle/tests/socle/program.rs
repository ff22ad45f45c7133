//! The real program, as an administrator runs it.
use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

pub const SOCLE: &str = env!("CARGO_BIN_EXE_socle");

/// `socle serve` on ports that the system chose.
pub struct Server {
    child: Child,
    pub data: PathBuf,
    pub greeting: Value,
}

impl Server {
    pub fn start(folder: &Path) -> Server {
        let config = folder.join("socle.toml");
        let any = "listen = '127.0.0.1:0'\n";
        let text = format!("[console]\n{any}[agents]\n{any}[boot]\n{any}");
        std::fs::write(&config, text).unwrap();
        let data = folder.join("data");
        let log = std::fs::File::options().create(true).append(true).open(folder.join("log")).unwrap();
        let mut command = Command::new(SOCLE);
        command.args(["serve", "--json", "--data"]).arg(&data).arg("--config").arg(&config);
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let log = || std::fs::read_to_string(folder.join("log")).unwrap();
        let greeting = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}\n{}", log()));
        Server { child, data, greeting }
    }
    pub fn text(&self, name: &str) -> String {
        self.greeting[name].as_str().unwrap().to_string()
    }
    pub fn id(&self) -> u32 {
        self.child.id()
    }
    /// Waits for its end.
    pub fn wait(&mut self) -> std::process::ExitStatus {
        self.child.wait().unwrap()
    }
    /// A command that asks it.
    pub fn ask(&self, token: &str, args: &[&str]) -> Value {
        let url = format!("http://{}", self.text("console_address"));
        let mut command = Command::new(SOCLE);
        command.args(args).args(["--json", "--server", &url]).env("SOCLE_TOKEN", token).env("SOCLE_LANG", "en");
        json(&command.output().unwrap())
    }
    pub fn token(&self) -> String {
        let data = self.data.to_str().unwrap();
        self.ask("", &["token", "create", "--name", "test", "--data", data])["token"].as_str().unwrap().to_string()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to a process of ours.
pub fn signal(id: u32, name: &str) {
    let done = Command::new("kill").args([&format!("-{name}"), &id.to_string()]).status().unwrap();
    assert!(done.success());
}

/// What a successful command answered.
pub fn json(output: &Output) -> Value {
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&said).unwrap_or(Value::Null)
}
