//! A throw-away OpenLDAP for one test: unpacked by the set-up, its own folder, its own ports, gone afterwards. Used by the
//! tests of other rooms too.
#![allow(dead_code)] // each of them uses a part
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const MISSING: &str = "the directory of these tests is not here: run `cargo xtask setup --directory`";

/// Below what everything stands.
pub const BASE: &str = "dc=socle,dc=test";
/// Who may do everything there, and his password.
pub const ADMIN: (&str, &str) = ("cn=admin,dc=socle,dc=test", "the directory's own secret");
/// A program that may read there, and its password.
pub const READER: (&str, &str) = ("cn=reader,dc=socle,dc=test", "a reader's secret");

/// A running slapd.
pub struct Slapd {
    pub folder: tempfile::TempDir,
    pub port: u16,
    pub tls_port: u16,
    child: Child,
}

impl Drop for Slapd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn unpacked() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |f| root.join(f));
    let cache = std::env::var_os("SOCLE_CACHE").map_or_else(|| target.join("lab"), |f| root.join(f));
    let place = cache.join("debian/slapd");
    assert!(place.exists(), "{MISSING}");
    place.canonicalize().unwrap()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// An authority, and a certificate of it for `localhost`.
fn certificates(folder: &Path) {
    let (ca_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut ca = CertificateParams::new(vec![]).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    fs::write(folder.join("ca.pem"), ca.self_signed(&ca_key).unwrap().pem()).unwrap();
    let own = CertificateParams::new(vec!["localhost".to_string()]).unwrap();
    let own = own.signed_by(&key, &Issuer::new(ca, ca_key)).unwrap();
    fs::write(folder.join("own.pem"), own.pem()).unwrap();
    fs::write(folder.join("own.key"), key.serialize_pem()).unwrap();
}

impl Slapd {
    /// Starts one that holds [`BASE`], [`READER`], and the entries of this LDIF. Passwords go over TLS or the local socket
    /// alone; it keeps `memberOf`, and answers content synchronisation (RFC 4533).
    pub fn start(ldif: &str) -> Slapd {
        let (place, folder) = (unpacked(), tempfile::tempdir().unwrap());
        let at = folder.path().display().to_string();
        fs::create_dir(folder.path().join("db")).unwrap();
        certificates(folder.path());
        let lib = place.join("usr/lib/ldap").display().to_string();
        let schema = place.join("etc/ldap/schema").display().to_string();
        let (admin, password) = ADMIN;
        let (reader, _) = READER;
        let conf = format!(
            "include {schema}/core.schema
include {schema}/cosine.schema
include {schema}/inetorgperson.schema
modulepath {lib}
moduleload back_mdb
moduleload memberof
moduleload syncprov
pidfile {at}/pid
localSSF 256
security simple_bind=128
TLSCACertificateFile {at}/ca.pem
TLSCertificateFile {at}/own.pem
TLSCertificateKeyFile {at}/own.key
database mdb
suffix \"{BASE}\"
rootdn \"{admin}\"
rootpw \"{password}\"
directory {at}/db
dbnosync
index objectClass,uid,entryUUID,entryCSN eq
overlay memberof
overlay syncprov
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact=\"{reader}\" read by * none
"
        );
        fs::write(folder.path().join("slapd.conf"), conf).unwrap();
        let (reader, secret) = READER;
        let base = format!(
            "dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\ndc: socle\no: Socle\n\n\
             dn: {reader}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\n\
             userPassword: {secret}\n\n"
        );
        fs::write(folder.path().join("base.ldif"), base + ldif).unwrap();
        let run = |program: &str| {
            let mut command = Command::new(place.join("usr/sbin/slapd"));
            command.arg0(program).env("LD_LIBRARY_PATH", place.join("usr/lib/x86_64-linux-gnu"));
            command.arg("-f").arg(folder.path().join("slapd.conf")).stdin(Stdio::null());
            command
        };
        let added = run("slapadd").arg("-l").arg(folder.path().join("base.ldif")).output().unwrap();
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        let (port, tls_port) = (free_port(), free_port());
        let socket = folder.path().join("socket").display().to_string().replace('/', "%2F");
        let urls = format!("ldap://127.0.0.1:{port} ldaps://127.0.0.1:{tls_port} ldapi://{socket}");
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let child = run("slapd").args(["-d", "0", "-h", &urls]).stdout(log.try_clone().unwrap()).stderr(log).spawn();
        let slapd = Slapd { folder, port, tls_port, child: child.unwrap() };
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", slapd.tls_port)).is_err() {
            let said = || fs::read_to_string(slapd.folder.path().join("log")).unwrap_or_default();
            assert!(Instant::now() < until, "no slapd: {}", said());
            std::thread::sleep(Duration::from_millis(30));
        }
        slapd
    }
    /// Its address with TLS.
    pub fn tls(&self) -> String {
        format!("ldaps://localhost:{}", self.tls_port)
    }
    /// Its address on which TLS is started.
    pub fn start_tls(&self) -> String {
        format!("ldap://localhost:{}", self.port)
    }
    /// Its socket on this computer.
    pub fn socket(&self) -> String {
        format!("ldapi://{}", self.folder.path().join("socket").display().to_string().replace('/', "%2F"))
    }
    /// The authority that signed its certificate.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }
}

/// Two people and a group of one of them, for an LDIF.
pub fn people() -> String {
    let person = |uid: &str, cn: &str, password: &str| {
        format!(
            "dn: uid={uid},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {cn}\nsn: {cn}\n\
             mail: {uid}@socle.test\nuserPassword: {password}\n\n"
        )
    };
    format!(
        "dn: ou=people,{BASE}\nobjectClass: organizationalUnit\nou: people\n\n\
         dn: ou=groups,{BASE}\nobjectClass: organizationalUnit\nou: groups\n\n\
         {}{}{}dn: cn=techs,ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: techs\nmember: uid=zoe,ou=people,{BASE}\n\n",
        person("zoe", "Zoe", "le mot de zoe"),
        person("max", "Max", "le mot de max"),
        person("twin", "Twin", "le mot du jumeau"),
    ) + &format!(
        "dn: ou=others,{BASE}\nobjectClass: organizationalUnit\nou: others\n\n\
         dn: uid=twin,ou=others,{BASE}\nobjectClass: inetOrgPerson\nuid: twin\ncn: Twin\nsn: Twin\n\
         userPassword: le mot du jumeau\n\n"
    )
}
