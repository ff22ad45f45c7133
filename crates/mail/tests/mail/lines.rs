//! A line between the mover and a server that is slow, cut at random bytes, or throttled.
use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

/// A line to a port of this computer.
pub struct Line {
    pub port: u16,
    cuts: Arc<AtomicU64>,
}

impl Line {
    /// A line that is cut after so many bytes towards the server, `times` times, each time after a little more; every
    /// piece waits `delay` on its way.
    pub fn to(server: u16, cut_after_bytes: i64, times: u64, delay: Duration) -> Line {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let cuts = Arc::new(AtomicU64::new(0));
        let made = cuts.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { return };
                let nth = made.load(Ordering::SeqCst);
                let left = if nth < times { cut_after_bytes * (nth as i64 + 1) } else { i64::MAX };
                let left = Arc::new(AtomicI64::new(left));
                carry(client.try_clone().unwrap(), server.try_clone().unwrap(), left, made.clone(), delay);
                carry(server, client, Arc::new(AtomicI64::new(i64::MAX)), made.clone(), delay);
            }
        });
        Line { port, cuts }
    }
    /// How often it was cut.
    pub fn cuts(&self) -> u64 {
        self.cuts.load(Ordering::SeqCst)
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, left: Arc<AtomicI64>, cuts: Arc<AtomicU64>, delay: Duration) {
    thread::spawn(move || {
        let mut buffer = [0; 16 << 10];
        while let Ok(n) = from.read(&mut buffer) {
            if n == 0 {
                break;
            }
            thread::sleep(delay);
            let room = left.fetch_sub(n as i64, Ordering::SeqCst);
            let take = usize::try_from(room.max(0)).unwrap_or(usize::MAX).min(n);
            if to.write_all(&buffer[..take]).is_err() {
                break;
            }
            if take < n {
                cuts.fetch_add(1, Ordering::SeqCst);
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    });
}

/// A server that only refuses: it takes any login and answers every APPEND, LIST… as it is told to.
pub fn throttling(words: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            thread::spawn(move || talk(client, words));
        }
    });
    port
}

fn talk(mut client: TcpStream, words: &str) -> Option<()> {
    client.write_all(b"* OK [CAPABILITY IMAP4rev1] ready\r\n").ok()?;
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        line.clear();
        while !line.ends_with(b"\r\n") {
            client.read_exact(&mut byte).ok()?;
            line.push(byte[0]);
        }
        let text = String::from_utf8_lossy(&line).to_string();
        let (tag, rest) = text.split_once(' ')?;
        let answer = match rest.split_whitespace().next()?.to_ascii_uppercase().as_str() {
            "LOGIN" => format!("{tag} OK [CAPABILITY IMAP4rev1] in\r\n"),
            "LOGOUT" => return None,
            _ => format!("{tag} {words}\r\n"),
        };
        client.write_all(answer.as_bytes()).ok()?;
    }
}
