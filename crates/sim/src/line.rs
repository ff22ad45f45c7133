//! One line to the server: TCP from the address of a site, TLS pinned to the server's key and resumed where it can be,
//! HTTP/1.1 in its plainest form (RFC 9112), with limits.
use crate::{Done, During};
use rustls::{HandshakeKind, client::Resumption, pki_types::ServerName};
use serde::{Serialize, de::DeserializeOwned};
use socle_domain::Digest;
use socle_trust::tls;
use socle_wire::problem::Problem;
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

const MAX_HEAD_BYTES: usize = 16 << 10;
const MAX_BODY_BYTES: usize = 8 << 20;
/// As long as a real agent waits.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came instead of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Trouble {
    /// The server said no: status and code.
    Refused(u16, String),
    /// Nobody answered, or nothing that can be read.
    Silent(String),
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Trouble::Refused(status, code) => write!(f, "{status} {code}"),
            Trouble::Silent(why) => write!(f, "silent: {why}"),
        }
    }
}

fn silent(why: impl std::fmt::Display) -> Trouble {
    Trouble::Silent(why.to_string())
}

/// How handshakes were made.
#[derive(Debug, Default)]
pub struct Handshakes {
    /// With a signature of the server.
    pub full: AtomicU64,
    /// With a ticket of an earlier one.
    pub resumed: AtomicU64,
}

/// How simulated machines reach the server.
pub struct Lines {
    server: SocketAddr,
    tls: TlsConnector,
    /// How they were opened.
    pub handshakes: Handshakes,
}

impl Lines {
    /// Lines to a server that is known by its pin, for so many machines.
    pub fn new(server: SocketAddr, pin: Digest, machines: u32) -> Done<Lines> {
        let mut tls = tls::pinned_client(pin).during("TLS")?;
        // One memory for all of them, by name: each machine finds its own tickets there and nobody else's. rustls counts
        // eight sessions for each name.
        tls.resumption = Resumption::in_memory_sessions(machines as usize * 8);
        Ok(Lines { server, tls: TlsConnector::from(Arc::new(tls)), handshakes: Handshakes::default() })
    }

    /// Opens a line for a machine of this name from this address.
    pub async fn open(&self, name: &str, from: Ipv4Addr) -> Result<Talk<TlsStream<TcpStream>>, Trouble> {
        let opened = async {
            let socket = TcpSocket::new_v4().map_err(silent)?;
            socket.bind(SocketAddr::new(IpAddr::V4(from), 0)).map_err(silent)?;
            let stream = socket.connect(self.server).await.map_err(silent)?;
            stream.set_nodelay(true).map_err(silent)?;
            let name = ServerName::try_from(format!("{name}.invalid")).map_err(silent)?;
            self.tls.connect(name, stream).await.map_err(silent)
        };
        let stream = timeout(PATIENCE, opened).await.map_err(silent)??;
        match stream.get_ref().1.handshake_kind() {
            Some(HandshakeKind::Resumed) => self.handshakes.resumed.fetch_add(1, Ordering::Relaxed),
            _ => self.handshakes.full.fetch_add(1, Ordering::Relaxed),
        };
        Ok(Talk { stream, rest: Vec::new() })
    }
}

/// A line without TLS: to the console's door.
pub async fn plain(server: SocketAddr) -> Result<Talk<TcpStream>, Trouble> {
    let stream = timeout(PATIENCE, TcpStream::connect(server)).await.map_err(silent)?.map_err(silent)?;
    stream.set_nodelay(true).map_err(silent)?;
    Ok(Talk { stream, rest: Vec::new() })
}

/// An open line.
pub struct Talk<S> {
    stream: S,
    rest: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<S> {
    /// Asks for something.
    pub async fn get<A: DeserializeOwned>(&mut self, path: &str, bearer: Option<&str>) -> Result<A, Trouble> {
        read(&self.ask("GET", path, bearer, None, PATIENCE).await?)
    }
    /// Asks for something that may take long to come.
    pub async fn wait<A: DeserializeOwned>(
        &mut self,
        path: &str,
        bearer: Option<&str>,
        patience: Duration,
    ) -> Result<A, Trouble> {
        read(&self.ask("GET", path, bearer, None, patience).await?)
    }
    /// Sends a message.
    pub async fn post<Q: Serialize, A: DeserializeOwned>(
        &mut self,
        path: &str,
        bearer: Option<&str>,
        message: &Q,
    ) -> Result<A, Trouble> {
        let body = serde_json::to_vec(message).map_err(silent)?;
        read(&self.ask("POST", path, bearer, Some(&body), PATIENCE).await?)
    }

    /// A request and the body of its answer.
    pub async fn ask(
        &mut self,
        method: &str,
        path: &str,
        bearer: Option<&str>,
        body: Option<&[u8]>,
        patience: Duration,
    ) -> Result<Vec<u8>, Trouble> {
        timeout(patience, self.exchange(method, path, bearer, body)).await.map_err(silent)?
    }

    async fn exchange(
        &mut self,
        method: &str,
        path: &str,
        bearer: Option<&str>,
        body: Option<&[u8]>,
    ) -> Result<Vec<u8>, Trouble> {
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nHost: socle\r\nAccept: application/json\r\n").into_bytes();
        if let Some(bearer) = bearer {
            request.extend_from_slice(format!("Authorization: Bearer {bearer}\r\n").as_bytes());
        }
        if let Some(body) = body {
            let length = body.len();
            request.extend_from_slice(
                format!("Content-Type: application/json\r\nContent-Length: {length}\r\n").as_bytes(),
            );
        }
        request.extend_from_slice(b"\r\n");
        request.extend_from_slice(body.unwrap_or_default());
        self.stream.write_all(&request).await.map_err(silent)?;
        self.stream.flush().await.map_err(silent)?;
        let (status, length) = self.head().await?;
        if length > MAX_BODY_BYTES {
            return Err(silent("the answer is too long"));
        }
        while self.rest.len() < length {
            self.more().await?;
        }
        let body: Vec<u8> = self.rest.drain(..length).collect();
        if (200..300).contains(&status) {
            return Ok(body);
        }
        let code = serde_json::from_slice::<Problem>(&body).map(|p| p.fault.code.to_string());
        Err(Trouble::Refused(status, code.unwrap_or_default()))
    }

    /// Status and length of the body.
    async fn head(&mut self) -> Result<(u16, usize), Trouble> {
        let end = loop {
            if let Some(end) = self.rest.windows(4).position(|w| w == b"\r\n\r\n") {
                break end;
            }
            if self.rest.len() > MAX_HEAD_BYTES {
                return Err(silent("the head of the answer is too long"));
            }
            self.more().await?;
        };
        let head: Vec<u8> = self.rest.drain(..end + 4).collect();
        let head = String::from_utf8_lossy(&head);
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let status = status.ok_or_else(|| silent("no status"))?;
        let mut length = None;
        for line in lines {
            let Some((name, value)) = line.split_once(':') else { continue };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().ok();
            }
        }
        match (status, length) {
            (204, _) => Ok((status, 0)),
            (_, Some(length)) => Ok((status, length)),
            _ => Err(silent("no length")),
        }
    }

    async fn more(&mut self) -> Result<(), Trouble> {
        let mut bytes = [0; 8192];
        match self.stream.read(&mut bytes).await.map_err(silent)? {
            0 => Err(silent("the line was cut")),
            n => {
                self.rest.extend_from_slice(&bytes[..n]);
                Ok(())
            }
        }
    }
}

fn read<A: DeserializeOwned>(body: &[u8]) -> Result<A, Trouble> {
    serde_json::from_slice(body).map_err(|e| silent(format!("an answer that can't be read: {e}")))
}
