//! From an address to a connection that is logged in.
use super::{Answer, Command, Connection, Incoming, Kind, Outgoing, Reply, Status, value::Value};
use crate::endpoint::{Auth, Endpoint, Tls};
use data_encoding::BASE64;
use rustls::{ClientConfig, pki_types::ServerName};
use socle_texts::{Fault, Result};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

const CONNECT: Duration = Duration::from_secs(30);

impl Connection {
    /// Connects, protects the line, logs in, and learns what the server can do.
    ///
    /// # Errors
    /// `mail-unreachable`, `mail-tls-refused`, `mail-login-refused`, `mail-throttled`, `mail-connection-cut`.
    pub async fn open_endpoint(endpoint: &Endpoint) -> Result<Connection> {
        let unreachable = |why: String| {
            Fault::new("mail-unreachable")
                .with("side", endpoint.side.word())
                .with("server", endpoint.server())
                .because(why)
                .may_retry()
        };
        let address = (endpoint.host.as_str(), endpoint.port);
        let stream = match tokio::time::timeout(CONNECT, TcpStream::connect(address)).await {
            Err(_) => return Err(unreachable(format!("no answer within {} s", CONNECT.as_secs()))),
            Ok(Err(e)) => return Err(unreachable(e.to_string())),
            Ok(Ok(stream)) => stream,
        };
        stream.set_nodelay(true).map_err(|e| unreachable(e.to_string()))?;
        let mut connection = match &endpoint.tls {
            Tls::None => Connection::over(stream, endpoint.patience),
            Tls::Direct(config) => secured(stream, config, endpoint).await?,
            Tls::Start(config) => secured(upgraded(stream, endpoint).await?, config, endpoint).await?,
        };
        // After STARTTLS the server does not greet again (RFC 9051 section 6.2.1).
        let preauth = match &endpoint.tls {
            Tls::Start(_) => false,
            _ => connection.greeting().await?,
        };
        if !preauth {
            connection.login(endpoint).await?;
        }
        if connection.capabilities.is_empty() {
            connection.ask_capabilities().await?;
        }
        Ok(connection)
    }

    fn over<S>(stream: S, patience: Duration) -> Connection
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
    {
        let (read, write) = tokio::io::split(stream);
        Connection {
            input: Incoming::new(Box::new(read), patience),
            output: Outgoing::new(Box::new(write)),
            capabilities: BTreeSet::new(),
            tag: 0,
        }
    }

    /// Whether the server greets us as already known.
    async fn greeting(&mut self) -> Result<bool> {
        match self.input.next().await? {
            Answer::Status(status) if status.kind == Kind::Ok => {
                self.learn(&status);
                Ok(false)
            }
            Answer::Status(status) if status.kind == Kind::Preauth => {
                self.learn(&status);
                Ok(true)
            }
            Answer::Status(status) => Err(status.fault("greeting").may_retry()),
            _ => Err(Fault::new("mail-not-imap")),
        }
    }

    async fn login(&mut self, endpoint: &Endpoint) -> Result<()> {
        if self.capabilities.is_empty() {
            self.ask_capabilities().await?;
        }
        let reply = match &endpoint.auth {
            Auth::Login { user, password } => {
                self.ask(&Command::new("LOGIN").text(user.as_bytes()).text(password.as_bytes())).await?
            }
            Auth::Plain { acting_for, user, password } => {
                self.sasl("PLAIN", format!("{acting_for}\0{user}\0{password}").as_bytes()).await?
            }
            Auth::Xoauth2 { user, token } => {
                self.sasl("XOAUTH2", format!("user={user}\x01auth=Bearer {token}\x01\x01").as_bytes()).await?
            }
        };
        if reply.status.kind != Kind::Ok {
            let status = &reply.status;
            if status.asks_to_wait_seconds().is_some() || status.has("UNAVAILABLE") {
                return Err(status.fault("login"));
            }
            return Err(Fault::new("mail-login-refused")
                .with("side", endpoint.side.word())
                .with("server", endpoint.server())
                .because(&status.verbatim));
        }
        self.capabilities.clear();
        reply.notes.iter().for_each(|note| self.learn(note));
        self.learn(&reply.status);
        reply.data.iter().for_each(|data| self.learn_data(data));
        Ok(())
    }

    /// AUTHENTICATE (RFC 9051 section 6.2.2), with the initial response in the command where SASL-IR allows it.
    async fn sasl(&mut self, mechanism: &str, response: &[u8]) -> Result<Reply> {
        let encoded = BASE64.encode(response);
        if self.can("SASL-IR") {
            let tag = self.send(&Command::new("AUTHENTICATE").words(mechanism).words(&encoded)).await?;
            return self.settle(&tag, None).await;
        }
        let tag = self.send(&Command::new("AUTHENTICATE").words(mechanism)).await?;
        self.settle(&tag, Some(encoded)).await
    }

    async fn settle(&mut self, tag: &str, mut response: Option<String>) -> Result<Reply> {
        let (mut data, mut notes) = (Vec::new(), Vec::new());
        loop {
            match self.input.next().await? {
                Answer::Status(status) if status.tag.as_deref() == Some(tag) => {
                    return Ok(Reply { status, data, notes });
                }
                Answer::Status(status) => notes.push(status),
                Answer::Data(values) => data.push(values),
                // A second `+` carries the reason of a refusal: an empty line makes the server say NO.
                Answer::Continue(_) => {
                    let line = response.take().unwrap_or_default();
                    self.output.put(format!("{line}\r\n").as_bytes()).await?;
                    self.output.flush().await?;
                }
                Answer::Body { .. } => return Err(Fault::new("mail-not-imap")),
            }
        }
    }

    async fn ask_capabilities(&mut self) -> Result<()> {
        let reply = self.call("capability", &Command::new("CAPABILITY")).await?;
        reply.data.iter().for_each(|data| self.learn_data(data));
        Ok(())
    }

    fn learn(&mut self, status: &Status) {
        if status.has("CAPABILITY") {
            self.capabilities = words(&status.code);
        }
    }

    fn learn_data(&mut self, data: &[Value]) {
        if data.first().is_some_and(|word| word.is("CAPABILITY")) {
            self.capabilities = words(data);
        }
    }
}

fn words(values: &[Value]) -> BTreeSet<String> {
    values.iter().skip(1).map(|v| v.text().to_ascii_uppercase()).collect()
}

/// Says STARTTLS; whatever the server said before is forgotten, for it came over an open line.
async fn upgraded(stream: TcpStream, endpoint: &Endpoint) -> Result<TcpStream> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let refused = |why: String| tls_refused(endpoint, why);
    let mut stream = stream;
    // Read byte by byte, so that nothing of the protected conversation is swallowed.
    let line = async |stream: &mut TcpStream| -> std::io::Result<String> {
        let mut line = Vec::new();
        while line.last() != Some(&b'\n') && line.len() < 8192 {
            line.push(stream.read_u8().await?);
        }
        Ok(String::from_utf8_lossy(&line).trim().to_string())
    };
    let talk = async {
        line(&mut stream).await?;
        stream.write_all(b"s0 STARTTLS\r\n").await?;
        loop {
            let answer = line(&mut stream).await?;
            if let Some(answer) = answer.strip_prefix("s0 ") {
                return std::io::Result::Ok(answer.to_string());
            }
        }
    };
    let answer = match tokio::time::timeout(CONNECT, talk).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(e)) => return Err(refused(e.to_string())),
        Err(_) => return Err(refused("no answer".into())),
    };
    if !answer.to_ascii_uppercase().starts_with("OK") {
        return Err(refused(answer));
    }
    Ok(stream)
}

async fn secured(stream: TcpStream, config: &Arc<ClientConfig>, endpoint: &Endpoint) -> Result<Connection> {
    let refused = |why: String| tls_refused(endpoint, why);
    let name = ServerName::try_from(endpoint.host.clone()).map_err(|e| refused(e.to_string()))?;
    let handshake = TlsConnector::from(config.clone()).connect(name, stream);
    match tokio::time::timeout(CONNECT, handshake).await {
        Ok(Ok(stream)) => Ok(Connection::over(stream, endpoint.patience)),
        Ok(Err(e)) => Err(refused(e.to_string())),
        Err(_) => Err(refused("no answer".into())),
    }
}

fn tls_refused(endpoint: &Endpoint, why: String) -> Fault {
    Fault::new("mail-tls-refused").with("side", endpoint.side.word()).with("server", endpoint.server()).because(why)
}
