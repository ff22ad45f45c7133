//! What goes to a server, gathered into large writes.
use socle_texts::{Fault, Result};
use tokio::io::{AsyncWrite, AsyncWriteExt};

const BUFFER_BYTES: usize = 32 << 10;

/// The writing half of a connection.
pub struct Outgoing {
    sink: Box<dyn AsyncWrite + Send + Unpin>,
    buffer: Vec<u8>,
    /// Bytes sent.
    pub sent_bytes: u64,
}

impl Outgoing {
    /// Writes to `sink`.
    pub fn new(sink: Box<dyn AsyncWrite + Send + Unpin>) -> Self {
        Outgoing { sink, buffer: Vec::with_capacity(BUFFER_BYTES), sent_bytes: 0 }
    }
    /// Adds bytes; they may leave later.
    pub async fn put(&mut self, bytes: &[u8]) -> Result<()> {
        if self.buffer.len() + bytes.len() > BUFFER_BYTES {
            self.send().await?;
        }
        if bytes.len() >= BUFFER_BYTES {
            self.sink.write_all(bytes).await.map_err(cut)?;
            self.sent_bytes += bytes.len() as u64;
        } else {
            self.buffer.extend_from_slice(bytes);
        }
        Ok(())
    }
    /// Makes everything leave.
    pub async fn flush(&mut self) -> Result<()> {
        self.send().await?;
        self.sink.flush().await.map_err(cut)
    }
    async fn send(&mut self) -> Result<()> {
        if !self.buffer.is_empty() {
            self.sink.write_all(&self.buffer).await.map_err(cut)?;
            self.sent_bytes += self.buffer.len() as u64;
            self.buffer.clear();
        }
        Ok(())
    }
}

fn cut(e: std::io::Error) -> Fault {
    Fault::new("mail-connection-cut").because(e).may_retry()
}
