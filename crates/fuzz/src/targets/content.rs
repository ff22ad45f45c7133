//! What is signed, drafted or handed in: orders, masters, images.
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use socle_domain::{
    TargetId, Timestamp,
    facts::Facts,
    journal::{Chain, Entry, SignedEntry},
    keys::{Delegation, Enrolment, EnvironmentRelease, ImageRelease, TimeAnswer},
    master::Master,
    option::Pattern,
    order::{Order, accept},
    proof,
    recognise::Hints,
    sequence::{Condition, fill, parse},
    sign::{PublicKey, Signed},
};
use socle_image::{Manifest, frame, pack, page};

pub const MASTER_WORDS: &[&[u8]] = &[
    b"title = { fr = 'x', en = 'x' }\n",
    b"[[step]]\n",
    b"[[option]]\n",
    b"id = 'x'\n",
    b"kind = 'check'\n",
    b"kind = 'run-script'\n",
    b"script = '''{{ options.word }}'''\n",
    b"when = \"facts.memory_bytes > 1\"\n",
    b"(",
    b")",
    b"[",
    b"]",
    b"{",
    b"}",
    b"!",
    b"-",
    b"?",
    b":",
    b"&&",
    b"||",
    b".a",
    b"==",
    b"facts.x",
    b"[0]",
    b".map(x, x)",
    b".all(x, true)",
    b"size(",
    b"matches('(a+)+$')",
    b"duration('1h')",
    b"timestamp('",
    b"{{",
    b"}}",
    b"{%",
    b"%}",
    b"{% for x in range(9999) %}",
    b"{% endfor %}",
    b"|upper",
    b"(a*)*",
    b"{1,1000}",
    b"\\p{L}",
];

pub const IMAGE_WORDS: &[&[u8]] = &[
    page::MAGIC,
    pack::MAGIC,
    pack::END_MAGIC,
    b"\x28\xb5\x2f\xfd",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    b"\"partitions\":[",
    b"\"size_bytes\":18446744073709551615",
    b"\x80\x80\x80\x80",
];

fn key() -> PublicKey {
    PublicKey([7; 32])
}

fn target() -> TargetId {
    TargetId::new(1_790_000_000_000, [1; 10])
}

fn same<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(bytes: &[u8]) {
    let Ok(read) = serde_json::from_slice::<T>(bytes) else { return };
    let said = serde_json::to_vec(&read).expect("what was read can be said");
    let again: T = serde_json::from_slice(&said).expect("what was said can be read");
    assert!(!super::words::is_exact(bytes) || again == read, "{read:?} becomes {again:?}");
}

/// What stands inside a signature is read after it was checked; here it is read unchecked, for a key may be stolen. And
/// nothing that this key has not signed is taken for signed.
pub fn signed(bytes: &[u8]) {
    const READERS: &[fn(&[u8])] = &[
        same::<Order>,
        same::<Entry>,
        same::<Delegation>,
        same::<Enrolment>,
        same::<ImageRelease>,
        same::<EnvironmentRelease>,
        same::<TimeAnswer>,
        same::<Master>,
        same::<Hints>,
        same::<Facts>,
        orders,
        entries,
        |bytes| assert!(proof::verify(bytes, &key()).is_err(), "nobody signed this"),
        |bytes| {
            if let Ok(master) = serde_json::from_slice::<Master>(bytes) {
                let _ = master.check();
                let _ = master.specs();
                let _ = master.check_options(&master.options);
            }
        },
    ];
    let Some((which, rest)) = bytes.split_first() else { return };
    READERS[usize::from(*which) % READERS.len()](rest);
}

fn orders(bytes: &[u8]) {
    let Ok((order, delegation)) = serde_json::from_slice::<(Signed<Order>, Signed<Delegation>)>(bytes) else { return };
    let now = Timestamp::from_second(1_790_000_000).unwrap_or_default();
    assert!(accept(&order, &key(), &delegation, target(), &key(), 0, now).is_err(), "nobody signed this");
}

fn entries(bytes: &[u8]) {
    let Ok(entries) = serde_json::from_slice::<Vec<SignedEntry>>(bytes) else { return };
    let run = socle_domain::RunId::new(1_790_000_000_000, [2; 10]);
    let mut chain = Chain::new(run, target(), key(), socle_domain::Digest([3; 32]));
    for entry in &entries {
        assert!(chain.take(entry).is_err(), "nobody signed this");
    }
}

/// The first byte says which.
pub fn master(bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    let facts = json!({ "memory_bytes": 1, "x": ["a", { "b": null }], "name": "poste-01" });
    let values = [("facts", &facts), ("options", &facts), ("target", &facts)];
    match which % 4 {
        0 => drop(parse(&text)),
        1 => {
            let _ = Condition::new(&text).and_then(|c| c.holds(&values));
        }
        2 => drop(fill(&text, &values)),
        _ => {
            if let Ok(pattern) = Pattern::new(&text) {
                pattern.matches("poste-01 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!");
            }
        }
    }
}

/// The first byte says which; what was read is written as it was.
pub fn image(bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else { return };
    match which % 5 {
        0 => {
            let Ok(manifest) = Manifest::parse(rest) else { return };
            let (root, written) = manifest.to_bytes().expect("what was read can be written");
            assert_eq!(Manifest::open(&root, &written).expect("what was written can be read"), manifest);
            let _ = (manifest.boot_code(), manifest.data_bytes());
        }
        1 => {
            let Some(entries) = page::decode(rest, 1 << 40) else { return };
            assert_eq!(page::decode(&page::encode(&entries), 1 << 40), Some(entries));
        }
        2 => {
            let Some(footer) = pack::Footer::parse(rest) else { return };
            assert_eq!(pack::Footer::parse(&footer.to_bytes()), Some(footer));
        }
        3 => {
            if let Some(footer) = pack::Footer::of_pack(rest) {
                assert!(footer.frames_end() <= rest.len());
            }
        }
        _ => {
            let Some((size, stored)) = rest.split_first_chunk::<4>() else { return };
            let plain_bytes = u32::from_le_bytes(*size) % (4 << 20);
            let Ok(mut opener) = frame::Opener::new() else { return };
            for method in [frame::Method::Zstd, frame::Method::Plain] {
                if let Some(plain) = opener.open(method, stored, plain_bytes) {
                    assert_eq!(plain.len(), plain_bytes as usize);
                }
            }
        }
    }
}
