//! A1, A19: no secret where it has no business: what anybody may fetch, the database, the log.
use crate::{fake::Machine, house::House};
use data_encoding::BASE64;
use socle_domain::Digest;
use socle_server::routes::{Door, RouteAccess, table};
use std::{
    fs,
    io::Write,
    path::Path,
    sync::{Arc, Mutex, OnceLock},
};
use tracing_subscriber::fmt::MakeWriter;

/// A secret's name and each form in which it might show.
pub type Secret = (String, Vec<Vec<u8>>);

const PASSWORD: &str = "correct horse battery";

/// Every secret of a server's folder: whatever stands in a file of keys or tokens, so that a new one is searched for from
/// the day on which it is made.
pub fn of_folder(folder: &Path) -> Vec<Secret> {
    let mut all = Vec::new();
    for path in files(folder).into_iter().filter(|p| p.extension().is_some_and(|e| e == "key" || e == "token")) {
        let name = path.strip_prefix(folder).unwrap().display().to_string();
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{name} is no text: {e}"));
        let before = all.len();
        if text.contains("-----BEGIN") {
            all.push((name.clone(), of_pem(&text)));
        } else {
            for line in text.lines().filter(|l| !l.trim().is_empty()) {
                let hex = line.trim().rsplit(':').next().unwrap();
                assert_eq!(hex.len(), 64, "{name} has a form of its own: say here how it is searched for");
                all.push((name.clone(), forms(hex)));
            }
        }
        assert!(all.len() > before, "{name} is empty");
    }
    all
}

/// PKCS #8 of an EC key: the scalar is the OCTET STRING of 32 bytes (RFC 5915). Of any other key a piece of its text.
fn of_pem(pem: &str) -> Vec<Vec<u8>> {
    let body: String = pem.lines().filter(|l| !l.starts_with("-----")).collect();
    let der = BASE64.decode(body.as_bytes()).unwrap();
    let middle = body.len() / 2;
    let mut all = vec![body.as_bytes()[middle - 20..middle + 20].to_vec()];
    if let Some(at) = der.windows(2).position(|w| w == [0x04, 0x20])
        && let Some(scalar) = der.get(at + 2..at + 34)
    {
        all.extend(forms(&data_encoding::HEXLOWER.encode(scalar)));
    }
    all
}

/// Every secret of a server's folder, and some others.
pub fn of(house: &House, others: &[(&str, &str)]) -> Vec<Secret> {
    let mut all = of_folder(&house.data());
    for expected in ["content-key/content.key", "server.key", "tls.key", "vault.key"] {
        assert!(all.iter().any(|(name, _)| name == expected), "{expected} is searched for");
    }
    all.push(("token".into(), forms(&house.token)));
    if !house.link.is_empty() {
        all.push(("link".into(), forms(house.link.rsplit('/').next().unwrap())));
    }
    all.extend(others.iter().map(|(name, text)| (name.to_string(), vec![text.as_bytes().to_vec()])));
    all
}

/// Thirty-two bytes as text, upper case, bytes and base64.
fn forms(hex: &str) -> Vec<Vec<u8>> {
    let bytes = data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap();
    let base64 = BASE64.encode(&bytes);
    vec![
        hex.as_bytes().to_vec(),
        hex.to_uppercase().into_bytes(),
        base64.trim_end_matches('=').as_bytes()[..40].to_vec(),
        bytes,
    ]
}

/// Which of the secrets stands in these bytes, if one does. One pass for all of them: an initrd is long.
pub fn found_in<'a>(secrets: &'a [Secret], bytes: &[u8]) -> Option<&'a str> {
    const HEAD: usize = 8;
    let head = |form: &[u8]| u64::from_be_bytes(form[..HEAD].try_into().unwrap());
    let slot = |window: u64| (window ^ (window >> 17) ^ (window >> 41)) as usize % 65_536;
    let mut maybe = vec![false; 65_536];
    let all: Vec<(&str, &[u8])> =
        secrets.iter().flat_map(|(name, forms)| forms.iter().map(move |f| (name.as_str(), f.as_slice()))).collect();
    for (name, form) in &all {
        assert!(form.len() >= HEAD, "{name} is too short to be searched for");
        maybe[slot(head(form))] = true;
    }
    let mut window = 0_u64;
    for (end, byte) in bytes.iter().enumerate() {
        window = window << 8 | u64::from(*byte);
        if end + 1 >= HEAD && maybe[slot(window)] {
            let rest = &bytes[end + 1 - HEAD..];
            if let Some((name, _)) = all.iter().find(|(_, form)| rest.starts_with(form)) {
                return Some(name);
            }
        }
    }
    None
}

/// Fails where one of the secrets stands in these bytes.
pub fn none_in(secrets: &[Secret], bytes: &[u8], place: &str) {
    if let Some(name) = found_in(secrets, bytes) {
        panic!("{name} stands in {place}");
    }
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// A person who has signed in by the link, then by his password: his cookies.
fn sign_in(house: &House) -> Vec<String> {
    let post = |path: &str, form: String| {
        let request = house.http().post(house.url("console", path)).body(form);
        let answer = request.header("content-type", "application/x-www-form-urlencoded").send().unwrap();
        let set = answer.headers()["set-cookie"].to_str().unwrap();
        set.split(';').next().unwrap().split_once('=').unwrap().1.to_string()
    };
    let link = format!("/welcome/{}", house.link.rsplit('/').next().unwrap());
    let first = post(&link, format!("password={PASSWORD}&again={PASSWORD}"));
    vec![first, post("/sign-in", format!("name=admin&password={PASSWORD}"))]
}

/// A1: everything that the network may fetch without proving who asks.
#[test]
fn a1_nothing_that_anybody_may_fetch_holds_a_secret() {
    let house = House::new();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    house.accept("poste-01");
    let session = machine.known().session;
    crate::content::environment(&house, b"an initrd", &house.content());
    let secrets = of(&house, &[("a machine's session", &session), ("its key", &hex(&machine))]);
    let tls = reqwest::blocking::Client::builder()
        .tls_backend_preconfigured(socle_trust::tls::pinned_client(house.pin).unwrap())
        .no_proxy()
        .build()
        .unwrap();
    let names =
        ["vmlinuz", "initrd.img", "snponly.efi", "autoexec.ipxe", "manifest.json", "release.json", "agent.json"];
    let mut asked = 0;
    for route in table().iter().filter(|r| r.access == RouteAccess::Anonymous || r.method == "GET") {
        let (door, client) = match route.door {
            Door::Agents => ("agents", &tls),
            Door::Boot => ("boot", house.http()),
            Door::Console => ("console", house.http()),
        };
        let paths: Vec<String> = match route.path.contains('{') {
            true => names.iter().map(|n| replaced(route.path, n)).collect(),
            false => vec![route.path.to_string(), format!("{}?mac=52:54:00:00:00:01&part=live&next=/", route.path)],
        };
        for path in paths {
            let method = reqwest::Method::from_bytes(route.method.as_str().as_bytes()).unwrap();
            let answer = client.request(method, house.url(door, &path)).body("null").send().unwrap();
            let headers = format!("{:?}", answer.headers());
            none_in(&secrets, headers.as_bytes(), &path);
            none_in(&secrets, &answer.bytes().unwrap(), &path);
            asked += 1;
        }
    }
    assert!(asked > 100, "{asked}");
}

fn hex(machine: &Machine) -> String {
    Digest(machine.key.seed()).to_string()
}

fn replaced(path: &str, with: &str) -> String {
    path.split('/').map(|p| if p.starts_with('{') { with } else { p }).collect::<Vec<_>>().join("/")
}

/// A19: who can read the database, its journal files included, can't come in with what he finds.
#[test]
fn a19_a_dump_of_the_database_holds_no_secret() {
    let house = House::on_sqlite();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    let view = house.accept("poste-01");
    let session = machine.known().session;
    house.start(&view, house.master());
    let cookies = sign_in(&house);
    let mut others: Vec<(&str, &str)> = cookies.iter().map(|c| ("a cookie", c.as_str())).collect();
    let key = hex(&machine);
    others.extend([("a session", session.as_str()), ("a password", PASSWORD), ("a machine's key", &key)]);
    let secrets = of(&house, &others);
    let database = |path: &Path| path.file_name().unwrap().to_str().unwrap().starts_with("socle.db");
    let dump = |house: &House| -> Vec<u8> {
        let all = files(&house.data()).into_iter().filter(|p| database(p));
        all.flat_map(|p| fs::read(p).unwrap()).collect()
    };
    let running = dump(&house);
    assert!(running.windows(8).any(|w| w == b"poste-01"), "this is the database");
    none_in(&secrets, &running, "the database of a running server");
    let house = house.again();
    none_in(&secrets, &dump(&house), "the database");
    // Elsewhere in the folder a secret stands in its own file only, which nobody else may read.
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(fs::metadata(house.data()).unwrap().permissions().mode() & 0o077, 0);
    for path in files(&house.data()).into_iter().filter(|p| p.extension().is_none_or(|e| e != "key")) {
        none_in(&secrets, &fs::read(&path).unwrap(), &path.display().to_string());
    }
    for path in files(&house.data()).into_iter().filter(|p| p.extension().is_some_and(|e| e == "key")) {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0, "{}", path.display());
    }
}

/// A19: a link that was never used dies with the choice of a password: who finds it in a log can't choose another.
#[test]
fn a19_an_older_link_is_worth_nothing_once_a_password_is_chosen() {
    let house = House::new();
    let older = house.link.clone();
    let house = house.again();
    assert_ne!(older, house.link, "each start without a password gives a link of its own");
    sign_in(&house);
    let path = format!("/welcome/{}", older.rsplit('/').next().unwrap());
    assert_eq!(house.http().get(house.url("console", &path)).send().unwrap().status().as_u16(), 404);
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);
impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;
    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

static LOG: OnceLock<Log> = OnceLock::new();

/// Whatever level is asked for, the server's own words hold no secret; nor does an address of a page.
#[test]
fn a1_the_log_holds_no_secret() {
    let log = LOG.get_or_init(Log::default).clone();
    let filter = "info,socle_server=trace,socle_db=trace,socle_trust=trace,socle_boot=trace,axum=trace,axum_server=trace,sqlx=debug";
    let subscriber = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(log.clone());
    let _ = subscriber.try_init();
    let house = House::new();
    let mut machine = Machine::new(&house.agents(), house.pin, 1);
    machine.hello().unwrap();
    let view = house.accept("poste-01");
    let session = machine.known().session;
    let cookies = sign_in(&house);
    house.start(&view, house.master());
    machine.orders(0, 0).unwrap();
    // Faults are logged too: a database that is gone, a message that is none.
    let _ = house.http().get(house.url("console", &format!("/welcome/{}", house.token))).send();
    let _ = machine.post::<serde_json::Value>("/agent/v1/hello", &serde_json::json!({ "session": session }));
    let mut others: Vec<(&str, &str)> = cookies.iter().map(|c| ("a cookie", c.as_str())).collect();
    let key = hex(&machine);
    others.extend([("a session", session.as_str()), ("a password", PASSWORD), ("a machine's key", &key)]);
    let secrets = of(&house, &others);
    drop(house);
    let text = log.0.lock().unwrap().clone();
    assert!(String::from_utf8_lossy(&text).contains("serving"), "this is the log");
    none_in(&secrets, &text, "the log");
}
