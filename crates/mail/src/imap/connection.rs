//! A connection after login, and the commands that are asked one by one.
use super::{Answer, Command, Incoming, Kind, Name, Outgoing, Status, command::Part, value::Value};
use socle_texts::{Fault, Result};
use std::collections::BTreeSet;

/// Untagged answers that one command may have.
const MAX_ANSWERS: usize = 1 << 20;

/// A connection.
pub struct Connection {
    /// What comes.
    pub input: Incoming,
    /// What goes.
    pub output: Outgoing,
    /// What the server can do, in capitals.
    pub capabilities: BTreeSet<String>,
    pub(super) tag: u32,
}

/// Everything that one command was answered.
#[derive(Debug)]
pub struct Reply {
    /// How it ended.
    pub status: Status,
    /// The data, in order.
    pub data: Vec<Vec<Value>>,
    /// The untagged statuses, in order.
    pub notes: Vec<Status>,
}

/// What opening a folder told.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Opened {
    /// UIDVALIDITY.
    pub validity: u32,
    /// UIDNEXT; 0 where the server does not say.
    pub uid_next: u32,
    /// How many messages it has.
    pub exists: u64,
    /// HIGHESTMODSEQ, where the server keeps one for this folder.
    pub modseq: Option<u64>,
}

impl Opened {
    /// Takes what an answer says of the folder.
    pub fn take(&mut self, answer: &Answer) {
        match answer {
            Answer::Data(data) if data.get(1).is_some_and(|word| word.is("EXISTS")) => {
                self.exists = data[0].number().unwrap_or(0);
            }
            Answer::Status(status) if status.tag.is_none() => {
                let number = status.code.get(1).and_then(Value::number);
                let small = number.and_then(|n| u32::try_from(n).ok());
                if status.has("UIDVALIDITY") {
                    self.validity = small.unwrap_or(0);
                } else if status.has("UIDNEXT") {
                    self.uid_next = small.unwrap_or(0);
                } else if status.has("HIGHESTMODSEQ") {
                    self.modseq = number;
                }
            }
            _ => {}
        }
    }
}

impl Connection {
    /// Whether the server offers this.
    pub fn can(&self, capability: &str) -> bool {
        self.capabilities.contains(capability)
    }
    /// A new tag.
    pub fn next_tag(&mut self) -> String {
        self.tag += 1;
        format!("s{}", self.tag)
    }
    /// Sends a command and does not wait for its answer.
    pub async fn send(&mut self, command: &Command) -> Result<String> {
        let tag = self.next_tag();
        self.output.put(tag.as_bytes()).await?;
        self.output.put(b" ").await?;
        for part in &command.parts {
            match part {
                Part::Plain(bytes) => self.output.put(bytes).await?,
                Part::Literal(bytes) => self.literal(bytes).await?,
            }
        }
        self.output.put(b"\r\n").await?;
        self.output.flush().await?;
        Ok(tag)
    }
    async fn literal(&mut self, bytes: &[u8]) -> Result<()> {
        let at_once = self.can("LITERAL+") || (self.can("LITERAL-") && bytes.len() <= 4096);
        let announce = if at_once { format!("{{{}+}}\r\n", bytes.len()) } else { format!("{{{}}}\r\n", bytes.len()) };
        self.output.put(announce.as_bytes()).await?;
        if !at_once {
            self.output.flush().await?;
            loop {
                match self.input.next().await? {
                    Answer::Continue(_) => break,
                    Answer::Status(status) if status.tag.is_some() => return Err(status.fault("literal")),
                    _ => {}
                }
            }
        }
        self.output.put(bytes).await
    }
    /// Sends a command and gathers everything up to its end, whatever that is.
    pub async fn ask(&mut self, command: &Command) -> Result<Reply> {
        let tag = self.send(command).await?;
        self.gather(&tag).await
    }
    /// Like [`Connection::ask`]; an end that is not OK is a fault about `what`.
    pub async fn call(&mut self, what: &str, command: &Command) -> Result<Reply> {
        let reply = self.ask(command).await?;
        if reply.status.kind == Kind::Ok { Ok(reply) } else { Err(reply.status.fault(what)) }
    }
    /// Gathers everything up to the end of the command with this tag.
    pub async fn gather(&mut self, tag: &str) -> Result<Reply> {
        let (mut data, mut notes) = (Vec::new(), Vec::new());
        loop {
            if data.len() + notes.len() > MAX_ANSWERS {
                return Err(Fault::new("mail-answer-too-long").with("limit_bytes", MAX_ANSWERS));
            }
            match self.input.next().await? {
                Answer::Status(status) if status.tag.as_deref() == Some(tag) => {
                    return Ok(Reply { status, data, notes });
                }
                Answer::Status(status) if status.kind == Kind::Bye => {
                    return Err(Fault::new("mail-connection-cut").because(status.verbatim).may_retry());
                }
                Answer::Status(status) => notes.push(status),
                Answer::Data(values) => data.push(values),
                Answer::Continue(_) => {}
                Answer::Body { length_bytes, .. } => {
                    self.input.skip(length_bytes).await?;
                    self.input.after_body().await?;
                }
            }
        }
    }
    /// The counts that a STATUS command with this tag is answered; none where it is refused.
    pub async fn gather_status(&mut self, tag: &str) -> Result<Option<super::Counts>> {
        let reply = self.gather(tag).await?;
        if reply.status.asks_to_wait_seconds().is_some() {
            return Err(reply.status.fault("status"));
        }
        Ok(reply.data.iter().find_map(|d| super::folders::status_of(d)).map(|(_, counts)| counts))
    }
    /// Opens a folder for reading only: nothing in it can change by what we do.
    pub async fn examine(&mut self, name: &Name) -> Result<Opened> {
        self.open(&Command::new("EXAMINE").name(name)).await
    }
    /// Opens a folder of the target for changing flags.
    pub async fn select(&mut self, name: &Name) -> Result<Opened> {
        self.open(&Command::new("SELECT").name(name)).await
    }
    async fn open(&mut self, command: &Command) -> Result<Opened> {
        let reply = self.call("folder", command).await?;
        let mut opened = Opened::default();
        for values in reply.data {
            opened.take(&Answer::Data(values));
        }
        for note in reply.notes {
            opened.take(&Answer::Status(note));
        }
        Ok(opened)
    }
    /// Says goodbye; what the server thinks of it does not matter.
    pub async fn bye(mut self) {
        if self.send(&Command::new("LOGOUT")).await.is_ok() {
            let _ = tokio::time::timeout(std::time::Duration::from_secs(2), self.input.next()).await;
        }
    }
}
