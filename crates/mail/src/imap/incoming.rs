//! What comes from a server, cut into answers. A message's bytes are handed on in chunks and never gathered.
use super::{
    literal,
    status::Status,
    value::{Value, read},
};
use socle_texts::{Fault, Result};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};

/// One line with its small literals may have so many bytes.
const MAX_LINE_BYTES: usize = 4 << 20;
const BUFFER_BYTES: usize = 64 << 10;

/// One answer.
#[derive(Debug)]
pub enum Answer {
    /// `+`: go on.
    Continue(String),
    /// A status, tagged or not.
    Status(Status),
    /// Data: for `* 3 FETCH (…)` the values `3`, `FETCH`, list.
    Data(Vec<Value>),
    /// A FETCH whose message body now follows, `length_bytes` of it: call [`Incoming::chunk`] until all are read, then
    /// [`Incoming::after_body`].
    Body {
        /// The attributes that stood before it.
        attributes: Vec<Value>,
        /// Its length.
        length_bytes: u64,
    },
}

/// The reading half of a connection.
pub struct Incoming {
    source: Box<dyn AsyncRead + Send + Unpin>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    line: Vec<u8>,
    /// A server that says nothing for so long is taken for dead.
    patience: Duration,
    /// Bytes received.
    pub received_bytes: u64,
}

impl Incoming {
    /// Reads from `source`.
    pub fn new(source: Box<dyn AsyncRead + Send + Unpin>, patience: Duration) -> Self {
        let buffer = vec![0; BUFFER_BYTES];
        Incoming { source, buffer, start: 0, end: 0, line: Vec::new(), patience, received_bytes: 0 }
    }

    /// The next answer.
    ///
    /// # Errors
    /// `mail-connection-cut`, `mail-answer-too-long`.
    pub async fn next(&mut self) -> Result<Answer> {
        self.line.clear();
        self.line.shrink_to(BUFFER_BYTES);
        self.read_line().await?;
        if let Some(text) = self.line.strip_prefix(b"+") {
            return Ok(Answer::Continue(String::from_utf8_lossy(text).trim().to_string()));
        }
        let end = self.line.iter().position(|b| *b == b' ').unwrap_or(self.line.len());
        let (tag, rest) = (&self.line[..end], self.line[end..].trim_ascii_start());
        let tag = (tag != b"*").then_some(tag);
        if let Some(status) = Status::read(tag, rest) {
            return Ok(Answer::Status(status));
        }
        while let Some((start, length_bytes)) = literal::at_end(&self.line) {
            if is_body(&self.line[..start]) {
                let values = read(&self.line[1..start]);
                let attributes = values.get(2).map(|list| list.items().to_vec()).unwrap_or_default();
                return Ok(Answer::Body { attributes, length_bytes });
            }
            self.inline(length_bytes).await?;
        }
        Ok(Answer::Data(read(self.line.get(1..).unwrap_or_default())))
    }

    /// Some bytes of a body, at least one and at most `left_bytes`.
    pub async fn chunk(&mut self, left_bytes: u64) -> Result<&[u8]> {
        if self.start == self.end {
            self.fill().await?;
        }
        let take = usize::try_from(left_bytes).unwrap_or(usize::MAX).min(self.end - self.start);
        self.start += take;
        Ok(&self.buffer[self.start - take..self.start])
    }

    /// Reads `left_bytes` of a body and forgets them.
    pub async fn skip(&mut self, mut left_bytes: u64) -> Result<()> {
        while left_bytes > 0 {
            left_bytes -= self.chunk(left_bytes).await?.len() as u64;
        }
        Ok(())
    }

    /// The attributes that follow a body.
    pub async fn after_body(&mut self) -> Result<Vec<Value>> {
        self.line.clear();
        self.read_line().await?;
        while let Some((_, length_bytes)) = literal::at_end(&self.line) {
            self.inline(length_bytes).await?;
        }
        Ok(read(&self.line))
    }

    /// Whether the next answer's first bytes are here already.
    pub fn has_more(&self) -> bool {
        self.start < self.end
    }

    async fn inline(&mut self, length_bytes: u64) -> Result<()> {
        self.line.extend_from_slice(b"\r\n");
        let mut left = length_bytes;
        if left > (MAX_LINE_BYTES - self.line.len().min(MAX_LINE_BYTES)) as u64 {
            return Err(too_long());
        }
        while left > 0 {
            if self.start == self.end {
                self.fill().await?;
            }
            let take = (self.end - self.start).min(left as usize);
            self.line.extend_from_slice(&self.buffer[self.start..self.start + take]);
            self.start += take;
            left -= take as u64;
        }
        self.read_line().await
    }

    /// Adds the bytes up to the end of the line, without it.
    async fn read_line(&mut self) -> Result<()> {
        loop {
            let here = &self.buffer[self.start..self.end];
            if let Some(at) = here.iter().position(|b| *b == b'\n') {
                self.line.extend_from_slice(&here[..at]);
                self.start += at + 1;
                if self.line.last() == Some(&b'\r') {
                    self.line.pop();
                }
                return Ok(());
            }
            self.line.extend_from_slice(here);
            self.start = self.end;
            if self.line.len() > MAX_LINE_BYTES {
                return Err(too_long());
            }
            self.fill().await?;
        }
    }

    async fn fill(&mut self) -> Result<()> {
        let cut = |why: String| Fault::new("mail-connection-cut").because(why).may_retry();
        let read = tokio::time::timeout(self.patience, self.source.read(&mut self.buffer));
        match read.await {
            Err(_) => Err(cut(format!("nothing was received for {} s", self.patience.as_secs()))),
            Ok(Err(e)) => Err(cut(e.to_string())),
            Ok(Ok(0)) => Err(cut("the server closed the connection".into())),
            Ok(Ok(n)) => {
                (self.start, self.end) = (0, n);
                self.received_bytes += n as u64;
                Ok(())
            }
        }
    }
}

fn too_long() -> Fault {
    Fault::new("mail-answer-too-long").with("limit_bytes", MAX_LINE_BYTES)
}

/// Whether the literal that follows is a message: `* n FETCH (… BODY[] `.
fn is_body(before: &[u8]) -> bool {
    let text = before.trim_ascii_end();
    let ends = |word: &[u8]| text.len() > word.len() && text[text.len() - word.len()..].eq_ignore_ascii_case(word);
    before.starts_with(b"* ") && (ends(b"BODY[]") || ends(b"BINARY[]") || ends(b" RFC822") || ends(b"(RFC822"))
}
