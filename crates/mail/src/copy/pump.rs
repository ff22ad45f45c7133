//! The pump's target side: APPENDs streamed one behind the other while their answers are taken beside.
//!
//! Several small messages share one command (MULTIAPPEND, RFC 3502), which a slow disk rewards; many commands are under
//! way at once, which a long line rewards. A server that takes literals only after saying so (no LITERAL+, RFC 7888) is
//! waited for. Memory does not depend on the size of a message.
use super::{
    report::PassReport,
    work::{Sent, Work},
};
use crate::{
    imap::{Answer, Connection, Incoming, Kind, Name, Outgoing, Status, flag_list, instant},
    print::Print,
};
use socle_texts::{Fault, Result};
use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
};
use tokio::sync::Notify;

/// One command holds at most so many messages, and so many bytes unless it is a single message.
const BATCH_MESSAGES: usize = 10;
const BATCH_BYTES: u64 = 1 << 20;
/// Commands under way at once: what has to be looked for after a stop is bounded by it.
const WINDOW_BATCHES: usize = 32;

struct Batch {
    tag: String,
    work: usize,
    sent: Vec<Sent>,
    ended: bool,
    status: Option<Status>,
}

/// What both halves share.
pub(super) struct Flow<'a> {
    pub works: &'a RefCell<Vec<Work>>,
    pub report: &'a RefCell<PassReport>,
    queue: RefCell<VecDeque<Batch>>,
    for_feeder: Notify,
    for_answers: Notify,
    closed: Cell<bool>,
    go: Cell<bool>,
}

impl<'a> Flow<'a> {
    pub fn new(works: &'a RefCell<Vec<Work>>, report: &'a RefCell<PassReport>) -> Self {
        Flow {
            works,
            report,
            queue: RefCell::default(),
            for_feeder: Notify::new(),
            for_answers: Notify::new(),
            closed: Cell::new(false),
            go: Cell::new(false),
        }
    }

    /// Takes the target's answers until the feeder has finished and everything is answered.
    pub async fn answers(&self, input: &mut Incoming) -> Result<()> {
        loop {
            self.settle_answered()?;
            let waiting = self.queue.borrow().iter().any(|b| b.status.is_none());
            if !waiting {
                if self.closed.get() && self.queue.borrow().is_empty() {
                    return Ok(());
                }
                self.for_answers.notified().await;
                continue;
            }
            match input.next().await? {
                Answer::Status(status) if status.kind == Kind::Bye => {
                    return Err(status.asks_to_wait_seconds().map_or_else(
                        || Fault::new("mail-connection-cut").because(&status.verbatim).may_retry(),
                        |_| status.fault("append"),
                    ));
                }
                Answer::Status(status) => {
                    let mut queue = self.queue.borrow_mut();
                    if let Some(batch) = queue.iter_mut().find(|b| Some(&b.tag) == status.tag.as_ref()) {
                        batch.status = Some(status);
                    }
                }
                Answer::Continue(_) => self.go.set(true),
                Answer::Data(_) => {}
                Answer::Body { .. } => return Err(Fault::new("mail-not-imap")),
            }
            self.for_feeder.notify_one();
        }
    }

    fn settle_answered(&self) -> Result<()> {
        loop {
            let ready = self.queue.borrow().front().is_some_and(|b| b.ended && b.status.is_some());
            if !ready {
                return Ok(());
            }
            let Some(batch) = self.queue.borrow_mut().pop_front() else { return Ok(()) };
            let Some(status) = batch.status else { return Ok(()) };
            self.works.borrow_mut()[batch.work].settle(batch.sent, &status, &mut self.report.borrow_mut())?;
            self.for_feeder.notify_one();
        }
    }
}

/// A message about to be sent.
pub(super) struct Message<'a> {
    pub work: usize,
    pub target: &'a Name,
    pub uid: u32,
    pub flags: &'a [String],
    pub date: &'a str,
    pub size_bytes: u64,
}

/// The writing half.
pub(super) struct Feeder<'a> {
    flow: &'a Flow<'a>,
    output: &'a mut Outgoing,
    next_tag: u32,
    several: bool,
    /// Literals up to this size need no permission.
    at_once_bytes: u64,
    open: Option<Open>,
}

struct Open {
    work: usize,
    messages: usize,
    size_bytes: u64,
}

/// The two halves of a target connection.
pub(super) fn halves<'a>(flow: &'a Flow<'a>, target: &'a mut Connection) -> (Feeder<'a>, &'a mut Incoming) {
    let at_once_bytes = match () {
        () if target.can("LITERAL+") => u64::MAX,
        () if target.can("LITERAL-") => 4096,
        () => 0,
    };
    let several = target.can("MULTIAPPEND");
    // Tags of their own, apart from those of commands asked one by one.
    let next_tag = 0;
    (Feeder { flow, output: &mut target.output, next_tag, several, at_once_bytes, open: None }, &mut target.input)
}

impl Feeder<'_> {
    /// Announces a message. Its bytes are wanted where the answer is yes; otherwise it was refused before them.
    pub async fn begin(&mut self, message: &Message<'_>) -> Result<bool> {
        let alone = self.flow.works.borrow()[message.work].singles.contains(&message.uid);
        let fits = |open: &Open| {
            self.several
                && !alone
                && open.work == message.work
                && open.messages < BATCH_MESSAGES
                && open.size_bytes + message.size_bytes <= BATCH_BYTES
                && !self.is_answered()
        };
        if !self.open.as_ref().is_some_and(fits) {
            self.close().await?;
            self.start(message).await?;
        }
        let flags = {
            let mut works = self.flow.works.borrow_mut();
            let work = &mut works[message.work];
            work.state.sending(message.uid)?;
            work.sendable(message.uid, message.flags)
        };
        if let Some(open) = &mut self.open {
            open.messages += 1;
            // A message that is alone closes its batch by filling it.
            open.size_bytes += if alone { BATCH_BYTES } else { message.size_bytes };
        }
        let date = if instant(message.date).is_some() { format!(" \"{}\"", message.date) } else { String::new() };
        let at_once = message.size_bytes <= self.at_once_bytes;
        let plus = if at_once && self.at_once_bytes > 0 { "+" } else { "" };
        let head = format!(" {}{date} {{{}{plus}}}\r\n", flag_list(&flags), message.size_bytes);
        if let Some(batch) = self.flow.queue.borrow_mut().back_mut() {
            batch.sent.push(Sent { uid: message.uid, flags, print: None });
        }
        self.output.put(head.as_bytes()).await?;
        if plus.is_empty() { self.permission().await } else { Ok(true) }
    }

    /// Sends some of the message's bytes.
    pub async fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.output.put(bytes).await
    }

    /// The message's bytes are all sent.
    pub fn end(&mut self, print: Print) {
        if let Some(sent) = self.flow.queue.borrow_mut().back_mut().and_then(|b| b.sent.last_mut()) {
            sent.print = Some(print);
        }
    }

    /// Ends the command that is open, if one is.
    pub async fn close(&mut self) -> Result<()> {
        if self.open.take().is_some() {
            self.output.put(b"\r\n").await?;
            self.output.flush().await?;
            self.ended();
        }
        Ok(())
    }

    /// Ends the last command and lets the answers come to their end.
    pub async fn finish(&mut self) -> Result<()> {
        self.close().await?;
        self.flow.closed.set(true);
        self.flow.for_answers.notify_one();
        Ok(())
    }

    async fn start(&mut self, message: &Message<'_>) -> Result<()> {
        while self.flow.queue.borrow().len() >= WINDOW_BATCHES {
            self.flow.for_feeder.notified().await;
        }
        self.next_tag += 1;
        let tag = format!("p{}", self.next_tag);
        let mut line = format!("{tag} APPEND \"").into_bytes();
        for byte in &message.target.0 {
            if matches!(byte, b'"' | b'\\') {
                line.push(b'\\');
            }
            line.push(*byte);
        }
        line.push(b'"');
        self.output.put(&line).await?;
        let batch = Batch { tag, work: message.work, sent: Vec::new(), ended: false, status: None };
        self.flow.queue.borrow_mut().push_back(batch);
        self.open = Some(Open { work: message.work, messages: 0, size_bytes: 0 });
        self.flow.for_answers.notify_one();
        Ok(())
    }

    /// Waits until the server wants the literal, or has refused the command.
    async fn permission(&mut self) -> Result<bool> {
        self.output.flush().await?;
        loop {
            if self.flow.go.take() {
                return Ok(true);
            }
            if self.is_answered() {
                // The command is over for the server: nothing more of it may be sent.
                self.open = None;
                self.ended();
                return Ok(false);
            }
            self.flow.for_feeder.notified().await;
        }
    }

    fn is_answered(&self) -> bool {
        self.flow.queue.borrow().back().is_some_and(|b| !b.ended && b.status.is_some())
    }

    fn ended(&mut self) {
        if let Some(batch) = self.flow.queue.borrow_mut().back_mut() {
            batch.ended = true;
        }
        self.flow.for_answers.notify_one();
    }
}
