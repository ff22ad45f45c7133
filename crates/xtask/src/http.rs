//! Enough of an HTTP/1.1 client to talk to Socle's server from inside a lab, without any library.
use crate::lab::namespace::Namespace;
use crate::stop;
use crate::trouble::{Done, During};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(60);
/// The largest answer that is read.
const MAX_ANSWER_BYTES: u64 = 256 << 20;

/// Someone to ask.
pub struct Http {
    /// Where it listens.
    pub at: SocketAddr,
    /// Who we are, for `Authorization: Bearer`.
    pub token: String,
}

/// An answer.
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// What came.
    pub body: Vec<u8>,
}

impl Http {
    /// Asks for JSON; an answer that is not 2xx becomes a trouble that says what the server says.
    pub fn json(&self, room: &Namespace, method: &str, path: &str, body: Option<&Value>) -> Done<Value> {
        let body = body.map(|value| value.to_string().into_bytes());
        let answer = self.ask(room, method, path, "application/json", body)?;
        let value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        if !(200..300).contains(&answer.status) {
            stop!("the server answers {} to {method} {path}: {}", answer.status, told(&value, &answer.body));
        }
        Ok(value)
    }

    /// Asks, from inside the room.
    pub fn ask(&self, room: &Namespace, method: &str, path: &str, kind: &str, body: Option<Vec<u8>>) -> Done<Answer> {
        room.inside(|| self.exchange(method, path, kind, body.as_deref()))?
            .during(format!("{method} http://{}{path}", self.at))
    }

    fn exchange(&self, method: &str, path: &str, kind: &str, body: Option<&[u8]>) -> Done<Answer> {
        let mut stream = TcpStream::connect_timeout(&self.at, CONNECT).during("connecting")?;
        stream.set_read_timeout(Some(ANSWER)).during("setting a time limit")?;
        let body = body.unwrap_or_default();
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.at);
        head += &format!("Accept: application/json\r\nContent-Length: {}\r\n", body.len());
        if !body.is_empty() {
            head += &format!("Content-Type: {kind}\r\n");
        }
        if !self.token.is_empty() {
            head += &format!("Authorization: Bearer {}\r\n", self.token);
        }
        stream.write_all((head + "\r\n").as_bytes()).and_then(|()| stream.write_all(body)).during("asking")?;
        let mut answer = Vec::new();
        stream.take(MAX_ANSWER_BYTES).read_to_end(&mut answer).during("reading the answer")?;
        parse(&answer)
    }
}

/// What a problem (RFC 9457) or another refusal says.
fn told(value: &Value, body: &[u8]) -> String {
    let parts: Vec<&str> = ["title", "detail", "next", "code"].iter().filter_map(|key| value[*key].as_str()).collect();
    if parts.is_empty() {
        String::from_utf8_lossy(&body[..body.len().min(300)]).into_owned()
    } else {
        parts.join(" – ")
    }
}

/// Cuts an answer into status and body; knows chunked bodies (RFC 9112, section 7.1).
fn parse(bytes: &[u8]) -> Done<Answer> {
    let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { stop!("the answer has no end of its head") };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let Some(status) = head.split(' ').nth(1).and_then(|s| s.get(..3)?.parse().ok()) else {
        stop!("the answer has no status")
    };
    let body = &bytes[end + 4..];
    let body = if head.contains("transfer-encoding: chunked") { unchunk(body)? } else { body.to_vec() };
    let announced = head.lines().find_map(|l| l.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    match announced {
        Some(length) if length != body.len() => stop!("the answer was cut: {} of {length} bytes came", body.len()),
        _ => Ok(Answer { status, body }),
    }
}

fn unchunk(mut rest: &[u8]) -> Done<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let line_end = rest.windows(2).position(|w| w == b"\r\n").ok_or("a chunked answer was cut")?;
        let size = String::from_utf8_lossy(&rest[..line_end]).into_owned();
        let size =
            usize::from_str_radix(size.split(';').next().unwrap_or("").trim(), 16).during("reading a chunk's size")?;
        rest = &rest[line_end + 2..];
        if size == 0 {
            return Ok(whole);
        }
        whole.extend_from_slice(rest.get(..size).ok_or("a chunked answer was cut")?);
        rest = rest.get(size + 2..).ok_or("a chunked answer was cut")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let told = match parse(text.as_bytes()) {
            Ok(answer) => format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body)),
            Err(trouble) => trouble.to_string(),
        };
        assert_eq!(told, expect);
    }

    #[test]
    fn answers_are_read() {
        check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "200 hi");
        check("HTTP/1.1 204 No Content\r\n\r\n", "204 ");
        check(
            "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n",
            "404 abcde",
        );
    }

    #[test]
    fn cut_answers_are_not_believed() {
        check("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", "the answer was cut: 2 of 9 bytes came");
        check("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", "a chunked answer was cut");
        check("HTTP/1.1 200 OK\r\n", "the answer has no end of its head");
    }
}
