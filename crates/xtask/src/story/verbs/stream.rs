//! Verbs about a room at once.
use crate::story::line::Line;
use crate::story::teller::Teller;
use crate::talk::size;
use crate::trouble::Done;

/// How `streamed` is said.
pub const STREAMED_USAGE: &str = "streamed MACHINE… [least=50]";

/// Machines took at least so many hundredths of their image from the stream, by their own journals.
pub fn streamed(teller: &mut Teller, line: &Line) -> Done<String> {
    let least: u64 = line.option("least").unwrap_or("50").parse().map_err(|_| line.wrong(STREAMED_USAGE))?;
    let (server, room) = (teller.server(line)?, &teller.lab.network.room);
    let mut told = Vec::new();
    for name in &line.words {
        let run = teller.runs.get(name).ok_or_else(|| line.wrong(&format!("no run was started on {name}")))?;
        let journal = server.get(room, &format!("/api/v1/runs/{run}/journal"))?;
        let entries = journal["entries"].as_array().cloned().unwrap_or_default();
        let facts = entries.iter().map(|e| &e["what"]["facts"]).find(|f| f["streamed-bytes"].is_string());
        let number = |name: &str| facts.and_then(|f| f[name].as_str()?.parse::<u64>().ok()).unwrap_or(0);
        let (streamed, fetched) = (number("streamed-bytes"), number("fetched-bytes"));
        if streamed * 100 < (streamed + fetched).max(1) * least {
            return Err(line.wrong(&format!(
                "{name} took {} from the stream and fetched {}",
                size(streamed),
                size(fetched)
            )));
        }
        told.push(format!("{name}: {} by the stream, {} fetched", size(streamed), size(fetched)));
    }
    Ok(told.join("; "))
}
