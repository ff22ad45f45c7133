//! Verbs about Socle's server and its command line.
use crate::command::{output, tail};
use crate::server::{Dhcp, Server};
use crate::story::line::Line;
use crate::story::teller::Teller;
use crate::trouble::Done;

/// How `serve` is said.
pub const SERVE_USAGE: &str = "serve [dhcp=proxy|full]";

/// The server starts, or starts again after a crash.
pub fn serve(teller: &mut Teller, line: &Line) -> Done<String> {
    let dhcp = match line.option("dhcp").unwrap_or("proxy") {
        "proxy" => Dhcp::Proxy,
        "full" => Dhcp::Full,
        _ => return Err(line.wrong(SERVE_USAGE)),
    };
    let server = Server::start(&teller.lab, dhcp)?;
    let told = server.invitation();
    teller.server = Some(server);
    Ok(told)
}

/// The server dies without warning.
pub fn crash(teller: &mut Teller, line: &Line) -> Done<String> {
    if line.word(0)? != "server" {
        return Err(line.wrong("only the server can crash: crash server"));
    }
    let Some(mut server) = teller.server.take() else { return Err(line.wrong("the server does not serve")) };
    server.crash()?;
    Ok("killed in the middle of whatever it was doing".into())
}

/// Any command of the administrator's program.
pub fn socle(teller: &mut Teller, line: &Line) -> Done<String> {
    let words: Vec<&str> = line.words.iter().map(String::as_str).collect();
    let mut command = teller.server(line)?.command(&teller.lab.network.room, &words);
    let answer = output(&mut command);
    let text = match (answer, line.option("fails")) {
        (Ok(text), None) => text,
        (Err(trouble), Some("yes")) => trouble.to_string(),
        (Ok(text), Some(_)) => {
            return Err(line.wrong(&format!("that should have failed, but said: {}", tail(&text, 5))));
        }
        (Err(trouble), _) => return Err(trouble),
    };
    match line.option("says") {
        Some(wanted) if !text.contains(wanted) => {
            Err(line.wrong(&format!("expected `{wanted}`, got:\n{}", tail(&text, 15))))
        }
        Some(wanted) => Ok(format!("says {wanted}")),
        None => Ok(String::new()),
    }
}
