//! A mailbox with every trap that the research met, and ordinary mail around them.
use crate::kit::Put;

const DATE: &str = "17-Jul-2021 02:44:25 +0200";

fn message(n: usize, size: usize) -> Vec<u8> {
    let mut text = format!(
        "Message-ID: <{n}@example.org>\r\nFrom: a@example.org\r\nTo: b@example.org\r\nSubject: message {n}\r\n\r\n"
    );
    let mut seed = n as u64 * 2_654_435_761 + 1;
    while text.len() < size {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        text.push_str(&format!("{:016x}{:016x}{:016x}\r\n", seed, seed.rotate_left(17), seed ^ 0xabcdef));
    }
    text.into_bytes()
}

pub fn plain(folder: &str, n: usize, size: usize) -> Put {
    Put { folder: folder.into(), flags: String::new(), date: DATE.into(), bytes: message(n, size) }
}

/// Some ordinary mail in several folders: small, so that many fit in a test.
pub fn ordinary(folders: &[&str], each: usize) -> Vec<Put> {
    let all = folders.iter().enumerate();
    all.flat_map(|(f, name)| (0..each).map(move |n| plain(name, f * 10_000 + n, 400 + (n * 37) % 3000))).collect()
}

/// The traps. `separator` is the server's.
pub fn traps(separator: char) -> Vec<Put> {
    let sub = |path: &str| path.replace('/', &separator.to_string());
    let mut all = vec![];
    let mut add = |folder: &str, flags: &str, date: &str, bytes: Vec<u8>| {
        all.push(Put { folder: sub(folder), flags: flags.into(), date: date.into(), bytes });
    };
    // Duplicates, and the same Message-ID over different bodies.
    for _ in 0..3 {
        add("INBOX", "\\Seen", DATE, b"Message-ID: <dup@x>\r\nSubject: dup\r\n\r\nsame\r\n".to_vec());
    }
    for n in 0..5 {
        add("INBOX", "", DATE, format!("Message-ID: <same@x>\r\nSubject: same\r\n\r\nbody {n}\r\n").into_bytes());
    }
    // No Message-ID, no header, no separator between header and body, nearly nothing.
    add("INBOX", "", DATE, b"Subject: draft without id\r\n\r\ntext\r\n".to_vec());
    add("INBOX", "", DATE, b"\r\nonly a body\r\n".to_vec());
    add("INBOX", "", DATE, b"Subject: no empty line after me\r\n".to_vec());
    add("INBOX", "", DATE, b"x".to_vec());
    // Bytes that servers stumble over.
    add("INBOX", "", DATE, b"Subject: bare \xe9\xe8 8-bit\r\nX-Raw: \xff\xfe\r\n\r\nbody \xe9\r\n".to_vec());
    add("INBOX", "", DATE, b"Subject: 8-bit too \xc3\xa9\r\n\r\nbody two\r\n".to_vec());
    add("INBOX", "", DATE, b"Subject: bare cr\r\n\r\na\rb\rc\r\n".to_vec());
    add("INBOX", "", DATE, b"Subject: from line\r\n\r\nFrom me to you\r\n>From x\r\n.\r\n..\r\n".to_vec());
    add("INBOX", "", DATE, [b"Subject: long line\r\n\r\n".as_slice(), &vec![b'a'; 1 << 20], b"\r\n"].concat());
    let wide: String = (0..3000).map(|n| format!("X-Header-{n}: {}\r\n", "v".repeat(60))).collect();
    add("INBOX", "", DATE, format!("Subject: long header\r\n{wide}\r\nbody\r\n").into_bytes());
    add("INBOX", "", DATE, b"Subject: ends with braces\r\n\r\ntext {12}\r\n* OK {5+}\r\n".to_vec());
    // Flags, keywords, dates.
    add("INBOX", "\\Seen \\Answered \\Flagged \\Draft", DATE, b"Subject: all flags\r\n\r\n1\r\n".to_vec());
    add("INBOX", "\\Deleted", DATE, b"Subject: deleted, not expunged\r\n\r\n2\r\n".to_vec());
    add("INBOX", "$Forwarded Important X:FLAG51135", DATE, b"Subject: keywords\r\n\r\n3\r\n".to_vec());
    add("INBOX", "", "01-Jan-1970 00:00:00 +0000", b"Subject: epoch\r\n\r\n4\r\n".to_vec());
    add("INBOX", "", " 1-Feb-2024 23:59:59 -1130", b"Subject: odd zone\r\n\r\n5\r\n".to_vec());
    // Folders: accents, both normal forms, an emoji, other scripts, odd characters, depth, length, an empty one.
    for (n, folder) in [
        "Envoyés",
        "Caf\u{e9}",
        "Cafe\u{301}",
        "😀 photos",
        "日本語",
        "a & b",
        "100% vrai",
        "v1_2",
        " blanc",
        "étoile*",
        "quote\"d",
        "back\\slash",
        "un/deux/trois/quatre/cinq/six",
        "Calendar",
    ]
    .iter()
    .enumerate()
    {
        add(folder, "", DATE, message(900 + n, 500));
    }
    add(&"long".repeat(25), "", DATE, message(950, 500));
    all
}
