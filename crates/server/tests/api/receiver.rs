//! The other side of a webhook: a real HTTP server on the loopback that remembers what it was told.
use std::{
    collections::{BTreeMap, VecDeque},
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Heard {
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

/// The server.
pub struct Receiver {
    pub address: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
    answers: Arc<Mutex<VecDeque<&'static str>>>,
}

impl Receiver {
    pub fn start() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (heard, answers) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(VecDeque::new())));
        let (hear, say) = (heard.clone(), answers.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = answer(stream, &hear, &say);
            }
        });
        Receiver { address, heard, answers }
    }
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
    /// What it says to the next requests, one each; then 204 for ever.
    pub fn says(&self, answers: &[&'static str]) {
        self.answers.lock().unwrap().extend(answers);
    }
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }
    /// Waits until so many requests have come.
    pub fn wait_for(&self, count: usize) -> Vec<Heard> {
        let begin = Instant::now();
        while self.heard().len() < count {
            assert!(begin.elapsed() < Duration::from_secs(30), "{} of {count} came", self.heard().len());
            std::thread::sleep(Duration::from_millis(20));
        }
        self.heard()
    }
}

fn answer(
    mut stream: TcpStream,
    heard: &Mutex<Vec<Heard>>,
    answers: &Mutex<VecDeque<&'static str>>,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut lines = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    lines.read_line(&mut first)?;
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        lines.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_string());
    }
    let length = headers.get("content-length").and_then(|l| l.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    lines.read_exact(&mut body)?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_string();
    heard.lock().unwrap().push(Heard { path, headers, body: String::from_utf8_lossy(&body).into_owned() });
    let said = answers.lock().unwrap().pop_front().unwrap_or("204 No Content");
    write!(stream, "HTTP/1.1 {said}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}
