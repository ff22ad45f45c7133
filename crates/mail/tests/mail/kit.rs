//! Filling and looking into mailboxes, by a way that shares nothing with the engine but the protocol's reader.
use crate::peers::Peer;
use socle_mail::{
    Auth, Endpoint, Side,
    copy::{Move, PassReport, Stop},
    endpoint::Tls,
    imap::{Command, Connection, Name},
    mapping::Rules,
    reading,
};
use std::{collections::BTreeMap, path::Path, time::Duration};

pub fn endpoint(peer: &Peer, side: Side, user: &str) -> Endpoint {
    Endpoint {
        side,
        host: "127.0.0.1".into(),
        port: peer.port,
        tls: Tls::None,
        auth: Auth::Login { user: user.into(), password: "pass".into() },
        patience: Duration::from_secs(30),
    }
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// One command after the other, each of which must succeed.
pub fn say(peer: &Peer, user: &str, commands: &[Command]) {
    block_on(async {
        let mut connection = Connection::open_endpoint(&endpoint(peer, Side::Source, user)).await.unwrap();
        for command in commands {
            connection.call("test", command).await.unwrap_or_else(|e| panic!("{command:?}: {e}"));
        }
        connection.bye().await;
    });
}

/// A message to put somewhere.
#[derive(Clone)]
pub struct Put {
    pub folder: String,
    pub flags: String,
    pub date: String,
    pub bytes: Vec<u8>,
}

/// Puts messages, one APPEND each with a literal that needs no permission; folders are made as needed. The answer says
/// which were refused.
pub fn put(peer: &Peer, user: &str, messages: &[Put]) -> Vec<usize> {
    block_on(async {
        let mut connection = Connection::open_endpoint(&endpoint(peer, Side::Source, user)).await.unwrap();
        let (mut made, mut refused) = (vec!["INBOX".to_string()], vec![]);
        for (n, message) in messages.iter().enumerate() {
            if !made.contains(&message.folder) {
                connection.ask(&Command::new("CREATE").name(&Name::of(&message.folder))).await.unwrap();
                connection.ask(&Command::new("SUBSCRIBE").name(&Name::of(&message.folder))).await.unwrap();
                made.push(message.folder.clone());
            }
            let tag = connection.next_tag();
            let name =
                String::from_utf8(Name::of(&message.folder).0).unwrap().replace('\\', "\\\\").replace('"', "\\\"");
            let line = format!(
                "{tag} APPEND \"{name}\" ({}) \"{}\" {{{}+}}\r\n",
                message.flags,
                message.date,
                message.bytes.len()
            );
            connection.output.put(line.as_bytes()).await.unwrap();
            connection.output.put(&message.bytes).await.unwrap();
            connection.output.put(b"\r\n").await.unwrap();
            connection.output.flush().await.unwrap();
            let reply = connection.gather(&tag).await.unwrap();
            if reply.status.kind != socle_mail::imap::Kind::Ok {
                refused.push(n);
            }
        }
        connection.bye().await;
        refused
    })
}

/// What a mailbox holds: per folder name (as shown) the sorted (digest, flags, date) of its messages.
pub type Content = BTreeMap<String, Vec<(String, Vec<String>, Option<i64>)>>;

pub fn content(peer: &Peer, user: &str) -> Content {
    block_on(async {
        let mut connection = Connection::open_endpoint(&endpoint(peer, Side::Source, user)).await.unwrap();
        let listing = connection.list().await.unwrap();
        let mut all = Content::new();
        for folder in listing.folders.iter().filter(|f| f.selectable) {
            let mut messages = vec![];
            reading::folder(&mut connection, &folder.name, "1:*", false, &mut |m| {
                messages.push((m.print.exact.to_string(), m.flags.clone(), socle_mail::imap::instant(&m.date)));
            })
            .await
            .unwrap();
            messages.sort();
            all.insert(folder.name.shown(), messages);
        }
        connection.bye().await;
        all
    })
}

/// The same with `.` and `/` taken for each other and Cyrus' prefix taken off, so that two servers compare.
pub fn leveled(content: Content) -> Content {
    let plain = |name: String| {
        let name = name.strip_prefix("INBOX.").map(str::to_string).unwrap_or(name);
        name.replace('.', "/")
    };
    content.into_iter().map(|(name, messages)| (plain(name), messages)).collect()
}

pub fn count(content: &Content) -> usize {
    content.values().map(Vec::len).sum()
}

pub fn pass(source: &Peer, target: &Peer, user: &str, state: &Path) -> Result<PassReport, Stop> {
    pass_with(&endpoint(source, Side::Source, user), &endpoint(target, Side::Target, user), state, &Rules::default())
}

pub fn pass_with(source: &Endpoint, target: &Endpoint, state: &Path, rules: &Rules) -> Result<PassReport, Stop> {
    Move { source, target, state, rules, patience: Duration::from_secs(60) }.pass()
}

pub fn verified(source: &Peer, target: &Peer, user: &str, state: &Path) -> socle_mail::verify::Report {
    let (source, target) = (endpoint(source, Side::Source, user), endpoint(target, Side::Target, user));
    socle_mail::verify::verify(&source, &target, state, &Rules::default(), &[7; 32], &mut |_| Ok(())).unwrap()
}

/// Folders with whether they are subscribed.
pub fn folders(peer: &Peer, user: &str) -> Vec<(String, bool)> {
    block_on(async {
        let mut connection = Connection::open_endpoint(&endpoint(peer, Side::Source, user)).await.unwrap();
        let listing = connection.list().await.unwrap();
        connection.bye().await;
        let mut all: Vec<_> = listing.folders.iter().map(|f| (f.name.shown(), f.subscribed)).collect();
        all.sort();
        all
    })
}
