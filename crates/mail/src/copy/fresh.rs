//! The first pass over folders of which the target has nothing: one stream through all of them, waiting for nobody.
use super::{
    pump::{Feeder, Flow, Message, halves},
    work::Work,
};
use crate::{
    copy::report::PassReport,
    imap::{Answer, Command, Connection, Incoming, Item, Kind, Name, Opened},
    print::{Print, Printer},
};
use socle_texts::Result;
use std::cell::RefCell;

/// So many folders are asked for ahead of the one that is read.
const AHEAD: usize = 3;

/// Copies the folders `list` (positions in `works`).
pub(super) async fn copy(
    source: &mut Connection,
    target: &mut Connection,
    works: &RefCell<Vec<Work>>,
    report: &RefCell<PassReport>,
    list: &[usize],
) -> Result<()> {
    let flow = Flow::new(works, report);
    let (mut feeder, input) = halves(&flow, target);
    let feed = async {
        let mut asked = Vec::new();
        for (at, &work) in list.iter().enumerate() {
            while asked.len() < list.len().min(at + 1 + AHEAD) {
                asked.push(ask(source, works, list[asked.len()]).await?);
            }
            let (examine, fetch) = &asked[at];
            read(source, &mut feeder, &flow, work, examine, fetch).await?;
        }
        feeder.finish().await
    };
    tokio::try_join!(feed, flow.answers(input)).map(drop)
}

async fn ask(source: &mut Connection, works: &RefCell<Vec<Work>>, work: usize) -> Result<(String, String)> {
    let name = works.borrow()[work].source.clone();
    let examine = source.send(&Command::new("EXAMINE").name(&name)).await?;
    let fetch = source.send(&Command::new("UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])")).await?;
    Ok((examine, fetch))
}

async fn read(
    source: &mut Connection,
    feeder: &mut Feeder<'_>,
    flow: &Flow<'_>,
    work: usize,
    examine: &str,
    fetch: &str,
) -> Result<()> {
    let name = flow.works.borrow()[work].target.clone();
    let mut opened = Opened::default();
    let mut received = 0;
    let mut is_open = false;
    loop {
        let answer = source.input.next().await?;
        opened.take(&answer);
        match answer {
            Answer::Status(status) if status.tag.as_deref() == Some(examine) => {
                is_open = status.kind == Kind::Ok;
                if is_open {
                    let mut works = flow.works.borrow_mut();
                    let work = &mut works[work];
                    let validity = work.target_counts.validity;
                    work.state.begin(opened.validity, validity)?;
                    work.opened = Some(opened);
                } else {
                    // It is asked for again by itself, and what the server says of it is kept then.
                    flow.works.borrow_mut()[work].again = true;
                }
            }
            Answer::Status(status) if status.tag.as_deref() == Some(fetch) => {
                if status.kind != Kind::Ok || received < opened.exists {
                    flow.works.borrow_mut()[work].again = true;
                }
                return if status.asks_to_wait_seconds().is_some() { Err(status.fault("fetch")) } else { Ok(()) };
            }
            Answer::Status(status) if status.kind == Kind::Bye => return Err(status.fault("fetch").may_retry()),
            Answer::Body { length_bytes, .. } if !is_open => {
                source.input.skip(length_bytes).await?;
                source.input.after_body().await?;
            }
            Answer::Body { attributes, length_bytes } => {
                let mut item = Item::default();
                item.take(&attributes);
                let known = message(work, &name, &item, length_bytes);
                match known {
                    Some(message) => stream(&mut source.input, feeder, &message).await?,
                    // The server tells the rest after the bytes: such messages are asked for again, one by one.
                    None => {
                        source.input.skip(length_bytes).await?;
                        flow.works.borrow_mut()[work].again = true;
                    }
                }
                source.input.after_body().await?;
                received += 1;
            }
            Answer::Data(data) if is_open => {
                let Some(item) = Item::of(&data) else { continue };
                let Some(body) = &item.body else { continue };
                match message(work, &name, &item, body.len() as u64) {
                    Some(message) => whole(feeder, &message, body).await?,
                    None => flow.works.borrow_mut()[work].again = true,
                }
                received += 1;
            }
            _ => {}
        }
    }
}

fn message<'a>(work: usize, target: &'a Name, item: &'a Item, size_bytes: u64) -> Option<Message<'a>> {
    let (uid, flags, date) = (item.uid?, item.flags.as_deref()?, item.date.as_deref()?);
    Some(Message { work, target, uid, flags, date, size_bytes })
}

/// Streams a message's bytes from the source's answer to the target.
pub(super) async fn stream(input: &mut Incoming, feeder: &mut Feeder<'_>, message: &Message<'_>) -> Result<()> {
    if !feeder.begin(message).await? {
        return input.skip(message.size_bytes).await;
    }
    let mut printer = Printer::new();
    let mut left = message.size_bytes;
    while left > 0 {
        let chunk = input.chunk(left).await?;
        printer.take(chunk);
        feeder.bytes(chunk).await?;
        left -= chunk.len() as u64;
    }
    feeder.end(printer.finish());
    Ok(())
}

/// Sends a message whose bytes came inside the answer.
pub(super) async fn whole(feeder: &mut Feeder<'_>, message: &Message<'_>, body: &[u8]) -> Result<()> {
    if feeder.begin(message).await? {
        feeder.bytes(body).await?;
        feeder.end(print_of(body));
    }
    Ok(())
}

fn print_of(body: &[u8]) -> Print {
    let mut printer = Printer::new();
    printer.take(body);
    printer.finish()
}
