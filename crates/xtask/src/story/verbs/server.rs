//! Verbs about Socle's server and its command line.
use crate::command::{output, tail};
use crate::lab::boot_table;
use crate::places;
use crate::server::{self, Dhcp, Server};
use crate::setup::private;
use crate::story::line::Line;
use crate::story::teller::Teller;
use crate::talk::size;
use crate::trouble::{Done, During};

/// How `serve` is said.
pub const SERVE_USAGE: &str = "serve [dhcp=proxy|full] [chain=ipxe|uki|shim|debian]";

/// The server starts, or starts again after a crash.
pub fn serve(teller: &mut Teller, line: &Line) -> Done<String> {
    let dhcp = match line.option("dhcp").unwrap_or("proxy") {
        "proxy" => Dhcp::Proxy,
        "full" => Dhcp::Full,
        _ => return Err(line.wrong(SERVE_USAGE)),
    };
    let server = Server::start(&mut teller.lab, dhcp, line.option("chain").unwrap_or("ipxe"))?;
    let first = teller.console.is_none();
    if first {
        teller.console = Some(server.sign_in_link()?);
    }
    teller.server = Some(server);
    Ok(match &teller.console {
        Some(link) if first => format!("the console is open; this link signs in, once: {link}"),
        _ => "it serves again".into(),
    })
}

/// The boot environment is built, signed and put in place.
pub fn bootenv(teller: &mut Teller, line: &Line) -> Done<String> {
    let kernel = private::place("linux-image-amd64");
    let loader = private::place("ipxe").join("usr/lib/ipxe/snponly.efi");
    let server = teller.server(line)?;
    server.build_environment(&server::agent(), &kernel, &loader)?;
    boot_table::size_line(&server.data().join("boot-environment"))
}

/// A sequence becomes a master: signed with the content key, and published.
pub fn master(teller: &mut Teller, line: &Line) -> Done<String> {
    let name = line.word(0)?;
    let file = places::root().join("masters").join(line.option("from").unwrap_or(&format!("{name}.toml")));
    let signed = teller.lab.folder.join(format!("{name}.master"));
    let text = std::fs::read_to_string(&file).during(format!("reading {}", file.display()))?;
    teller.titles.extend(titles(&text));
    let (server, room) = (teller.server(line)?, &teller.lab.network.room);
    let key = server.content_secret_key().to_string_lossy().into_owned();
    let (file, signed) = (file.to_string_lossy().into_owned(), signed.to_string_lossy().into_owned());
    let version = line.option("version").unwrap_or("1");
    let mut args: Vec<String> =
        ["master", "sign", &file, "--name", name, "--version", version].map(String::from).to_vec();
    args.extend(["--key".into(), key, "--out".into(), signed.clone()]);
    for (option, value) in &line.options {
        match option.as_str() {
            "from" | "version" => {}
            "image" => args.extend(["--image".into(), format!("system={value}")]),
            other => args.extend(["--option".into(), format!("{other}={value}")]),
        }
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    server.socle(room, &args)?;
    server.socle(room, &["master", "publish", &signed])?;
    Ok(String::new())
}

/// What a sequence calls its steps in English, by their ids.
fn titles(sequence: &str) -> Vec<(String, String)> {
    let quoted = |text: &str| text.split('"').nth(1).map(str::to_string);
    let (mut found, mut id) = (Vec::new(), None);
    for line in sequence.lines() {
        if line.starts_with("id = ") {
            id = quoted(line);
        } else if let Some((_, english)) = line.split_once("en = ")
            && line.starts_with("title = ")
            && let (Some(id), Some(title)) = (id.take(), quoted(english))
        {
            found.push((id, title));
        }
    }
    found
}

/// An image that was captured may from now on be installed.
pub fn sign_image(teller: &mut Teller, line: &Line) -> Done<String> {
    let server = teller.server(line)?;
    let key = server.content_secret_key().to_string_lossy().into_owned();
    let room = &teller.lab.network.room;
    server.socle(room, &["sign", "image", "--name", line.word(0)?, "--key", &key, "--publish"])?;
    let images = server.get(room, "/api/v1/images?limit=1000")?;
    let mine = images["items"].as_array().into_iter().flatten().find(|image| image["name"] == line.words[0].as_str());
    let Some(image) = mine else { return Err(line.wrong("the server does not show the image that was signed")) };
    if image["signed"] != true {
        return Err(line.wrong("the server does not say that the image is signed"));
    }
    let (disk, used) = (image["disk_bytes"].as_u64().unwrap_or(0), image["used_bytes"].as_u64().unwrap_or(0));
    let fact = format!("Image {}: a disk of {}, of which {} in use.", line.words[0], size(disk), size(used));
    teller.tally.facts.push(fact);
    Ok(String::new())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_have_their_titles() {
        let text =
            "title = { fr = \"A\", en = \"B\" }\n[[step]]\nid = \"fit\"\ntitle = { fr = \"Va ?\", en = \"Fit?\" }\n";
        assert_eq!(titles(text), [("fit".to_string(), "Fit?".to_string())]);
    }
}
