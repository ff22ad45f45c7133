//! The pinned line to the server, against a real TLS server.
use rustls::{ServerConnection, StreamOwned};
use socle_agent::http::{Http, Patience};
use socle_domain::Digest;
use socle_texts::Fault;
use socle_trust::tls::Identity;
use socle_wire::problem::Problem;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// A server that answers each request with the next of these, and keeps what it was asked.
fn serve(answers: Vec<String>) -> (String, Digest, Arc<Mutex<Vec<String>>>) {
    let folder = tempfile::tempdir().unwrap();
    let identity = Identity::load_or_create(folder.path()).unwrap();
    let (pin, config) = (identity.pin().unwrap(), Arc::new(identity.server_config().unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = asked.clone();
    thread::spawn(move || {
        let mut answers = answers.into_iter();
        for socket in listener.incoming().flatten() {
            let connection = ServerConnection::new(config.clone()).unwrap();
            let mut line = BufReader::new(StreamOwned::new(connection, socket));
            let (mut head, mut length) = (String::new(), 0);
            while line.read_line(&mut head).is_ok_and(|n| n > 2) {
                let last = head.lines().last().unwrap_or_default().to_ascii_lowercase();
                length = last.strip_prefix("content-length: ").and_then(|l| l.trim().parse().ok()).unwrap_or(length);
            }
            if head.is_empty() {
                continue; // a client that refused us at the handshake
            }
            let mut body = vec![0; length];
            let _ = line.read_exact(&mut body);
            log.lock().unwrap().push(head + &String::from_utf8_lossy(&body));
            let Some(answer) = answers.next() else { return };
            let _ = line.get_mut().write_all(answer.as_bytes()).and_then(|()| line.get_mut().flush());
            line.get_mut().conn.send_close_notify();
            let _ = line.get_mut().flush();
        }
    });
    (format!("https://{address}"), pin, asked)
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

#[test]
fn the_pinned_server_is_believed_and_no_other() {
    let (base, pin, asked) = serve(vec![answer("200 OK", "[1,2]"), answer("200 OK", "[3]")]);
    let http = Http::new(&base, pin).unwrap();
    http.set_session(Some("abc".into()));
    assert_eq!(http.get::<Vec<u8>>("/x", Patience::Once).unwrap(), [1, 2]);
    assert!(asked.lock().unwrap()[0].to_ascii_lowercase().contains("authorization: bearer abc"));
    let other = Http::new(&base, Digest::of(b"another key")).unwrap();
    let fault = other.get::<Vec<u8>>("/x", Patience::Once).unwrap_err();
    assert!(fault.is("agent-server-silent"), "{fault}");
    assert_eq!(asked.lock().unwrap().len(), 1, "nothing was told to it");
}

#[test]
fn an_overwhelmed_server_is_asked_again() {
    let answers = vec![answer("503 Service Unavailable", ""), answer("200 OK", "7")];
    let (base, pin, asked) = serve(answers);
    let http = Http::new(&base, pin).unwrap();
    let patience = Patience::For(Duration::from_secs(20));
    assert_eq!(http.post::<_, u8>("/x", &"q", patience).unwrap(), 7);
    assert_eq!(asked.lock().unwrap().len(), 2);
}

#[test]
fn a_problem_is_told_as_the_fault_that_it_is() {
    let problem = Problem::new(404, Fault::new("server-no-such-run").with("run", "x"), socle_texts::Lang::En);
    let answers =
        vec![answer("404 Not Found", &serde_json::to_string(&problem).unwrap()), answer("401 Unauthorized", "")];
    let (base, pin, _) = serve(answers);
    let http = Http::new(&base, pin).unwrap();
    let patience = Patience::For(Duration::from_secs(5));
    assert!(http.get::<u8>("/x", patience).unwrap_err().is("server-no-such-run"));
    assert!(http.get::<u8>("/x", patience).unwrap_err().is("agent-session-over"));
}

#[test]
fn limits_hold_and_a_range_is_exact() {
    let answers =
        vec![answer("200 OK", "12345"), answer("206 Partial Content", "abcd"), answer("206 Partial Content", "abc")];
    let (base, pin, asked) = serve(answers);
    let http = Http::new(&base, pin).unwrap();
    assert!(http.bytes("/x", 4, Patience::Once).unwrap_err().is("agent-answer-too-long"));
    assert_eq!(http.range("/x", 10..14, Patience::Once).unwrap(), b"abcd");
    assert!(asked.lock().unwrap()[1].contains("bytes=10-13"));
    assert!(http.range("/x", 10..14, Patience::Once).unwrap_err().is("agent-answer-unreadable"));
}

#[test]
fn nobody_there_is_said_within_its_time() {
    let http = Http::new("https://127.0.0.1:9", Digest::of(b"k")).unwrap();
    let begin = std::time::Instant::now();
    let fault = http.get::<u8>("/x", Patience::For(Duration::from_secs(1))).unwrap_err();
    assert!(fault.is("agent-server-silent") && fault.retry);
    assert!(begin.elapsed() < Duration::from_secs(5));
}
