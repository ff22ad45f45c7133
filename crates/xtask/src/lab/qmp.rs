//! QEMU's control socket: questions and answers.
//!
//! Protocol: QEMU Machine Protocol, one JSON object a line; events come between answers and are
//! passed over: stories look at the machine itself, which says more.
use super::signals::wait_for;
use crate::stop;
use crate::trouble::{Done, During};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// How long QEMU may take to answer; it shares two processors with what it emulates.
const ANSWER: Duration = Duration::from_secs(30);
/// How long QEMU may take to open its socket.
const OPENING: Duration = Duration::from_secs(20);

/// An open control socket.
pub struct Qmp {
    stream: UnixStream,
    messages: Receiver<Value>,
}

impl Qmp {
    /// Connects as soon as QEMU listens; `alive` fails when QEMU is gone.
    pub fn connect(socket: &Path, mut alive: impl FnMut() -> Done) -> Done<Qmp> {
        let opened = wait_for(OPENING, || {
            alive()?;
            Ok(UnixStream::connect(socket).ok())
        })?;
        let Some(stream) = opened else { stop!("QEMU did not open its control socket {}", socket.display()) };
        let reader = BufReader::new(stream.try_clone().during("opening QEMU's socket twice")?);
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            for line in reader.lines().map_while(Result::ok) {
                let message = serde_json::from_str::<Value>(&line).unwrap_or(Value::Null);
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let mut qmp = Qmp { stream, messages };
        qmp.ask("qmp_capabilities", json!({}))?;
        Ok(qmp)
    }

    /// Asks for something and waits for the answer.
    pub fn ask(&mut self, command: &str, arguments: Value) -> Done<Value> {
        let question = json!({"execute": command, "arguments": arguments, "id": command});
        self.stream.write_all(format!("{question}\n").as_bytes()).during(format!("asking QEMU to {command}"))?;
        loop {
            let message =
                self.messages.recv_timeout(ANSWER).during(format!("waiting for QEMU's answer to {command}"))?;
            if message["id"] == command {
                match message.get("error") {
                    Some(error) => stop!("QEMU refuses {command}: {}", error["desc"].as_str().unwrap_or("no reason")),
                    None => return Ok(message["return"].clone()),
                }
            }
        }
    }
}
