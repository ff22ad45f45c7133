//! Every message of a folder, read once and forgotten. The census and the verification stand on it; the copy does not, so
//! that what the copy does is checked by another way.
use crate::{
    imap::{Answer, Command, Connection, Item, Kind, Name, Opened},
    print::{Print, Printer},
};
use socle_texts::Result;

/// A message that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// Its UID.
    pub uid: u32,
    /// Its print.
    pub print: Print,
    /// Its flags, sorted, without `\Recent`.
    pub flags: Vec<String>,
    /// Its internal date, as the server writes it.
    pub date: String,
    /// What RFC822.SIZE says.
    pub stated_size_bytes: Option<u64>,
    /// Its subject, where asked for.
    pub subject: String,
}

/// Opens a folder for reading and reads `set` of it (`1:*`: everything), message by message.
pub async fn folder(
    connection: &mut Connection,
    name: &Name,
    set: &str,
    subjects: bool,
    each: &mut dyn FnMut(Read),
) -> Result<Opened> {
    let opened = connection.examine(name).await?;
    if opened.exists > 0 {
        messages(connection, set, subjects, each).await?;
    }
    Ok(opened)
}

/// Reads `set` of the folder that is open.
pub async fn messages(
    connection: &mut Connection,
    set: &str,
    subjects: bool,
    each: &mut dyn FnMut(Read),
) -> Result<()> {
    let what = "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])";
    let tag = connection.send(&Command::new("UID FETCH").words(set).words(what)).await?;
    loop {
        match connection.input.next().await? {
            Answer::Body { attributes, length_bytes } => {
                let mut printer = if subjects { Printer::with_subject() } else { Printer::new() };
                let mut left = length_bytes;
                while left > 0 {
                    let chunk = connection.input.chunk(left).await?;
                    printer.take(chunk);
                    left -= chunk.len() as u64;
                }
                let mut item = Item::default();
                item.take(&attributes);
                item.take(&connection.input.after_body().await?);
                give(item, &printer, each);
            }
            Answer::Data(data) => {
                let Some(item) = Item::of(&data) else { continue };
                let Some(body) = &item.body else { continue };
                let mut printer = if subjects { Printer::with_subject() } else { Printer::new() };
                printer.take(body);
                give(item, &printer, each);
            }
            Answer::Status(status) if status.tag.as_deref() == Some(&tag) => {
                return if status.kind == Kind::Ok { Ok(()) } else { Err(status.fault("fetch")) };
            }
            Answer::Status(status) if status.kind == Kind::Bye => return Err(status.fault("fetch").may_retry()),
            _ => {}
        }
    }
}

fn give(item: Item, printer: &Printer, each: &mut dyn FnMut(Read)) {
    let Some(uid) = item.uid else { return };
    each(Read {
        uid,
        print: printer.finish(),
        flags: item.flags.unwrap_or_default(),
        date: item.date.unwrap_or_default(),
        stated_size_bytes: item.size_bytes,
        subject: printer.subject(),
    });
}
