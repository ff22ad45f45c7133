//! Signing in with the password of the centre's directory (LDAP, RFC 4511): the server finds the person with an account of
//! its own, then asks the directory to believe the password that he typed. The password goes nowhere else and is not kept.
use crate::{vault::Secret, web};
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, Scope, SearchEntry, SearchOptions, StdStream, ldap_escape};
use socle_texts::{Fault, Result};
use std::{fmt, net::IpAddr, path::PathBuf, sync::Arc, time::Duration};

pub(crate) const PATIENCE: Duration = Duration::from_secs(8);
/// Groups of one person that are looked at.
const MAX_GROUPS: usize = 1_000;

/// Which addresses may be asked: for a directory that somebody else than the centre has named.
#[derive(Clone)]
pub struct Only(Arc<dyn Fn(IpAddr) -> bool + Send + Sync>);

impl Only {
    /// Those of which this says yes.
    pub fn new(allows: impl Fn(IpAddr) -> bool + Send + Sync + 'static) -> Only {
        Only(Arc::new(allows))
    }
}
impl fmt::Debug for Only {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Only(…)")
    }
}

/// How the directory is asked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `ldaps://…`, `ldap://…` (then TLS is started first), or `ldapi://%2Frun%2F…` on this computer.
    pub url: String,
    /// Below what people are sought.
    pub base: String,
    /// What they are sought by, `{name}` being what was typed: `(&(objectClass=person)(uid={name}))`.
    pub filter: String,
    /// The server's own account there; none: it asks without a name.
    pub bind: Option<(String, Secret)>,
    /// The attribute that says for ever who it is: `entryUUID`, `objectGUID`.
    pub identity: String,
    /// The attribute that names the groups of a person: `memberOf`. They may be in [`Settings::groups`] instead.
    pub member_of: Option<String>,
    /// Where groups are sought, and by what (`{dn}`: the person): `("ou=groups,…", "(member={dn})")`.
    pub groups: Option<(String, String)>,
    /// A PEM file of the authorities to believe instead of the system's.
    pub authorities: Option<PathBuf>,
    /// The addresses that may be asked, judged once the name was looked up; none: any, and sockets of this computer.
    pub only: Option<Only>,
}

/// A person whom the directory knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Who it is, for ever.
    pub subject: String,
    /// His place in the directory.
    pub dn: String,
    /// His groups: their places.
    pub groups: Vec<String>,
}

/// Whether the directory believes this name and this password, and what it says of the person. `None` for a wrong
/// password and for an unknown name alike.
///
/// # Errors
/// `trust-directory-silent`, `trust-directory-refused`, `trust-directory-address`, `trust-directory-forbidden`.
pub async fn sign_in(settings: &Settings, name: &str, password: &str) -> Result<Option<Known>> {
    let (settings, name, password) =
        (settings.clone(), name.to_string(), zeroize::Zeroizing::new(password.to_string()));
    // The library may give up in the middle of an answer that is none; that ends this task alone.
    let asked = tokio::spawn(async move { asked(&settings, &name, &password).await });
    let answer = tokio::time::timeout(4 * PATIENCE, asked).await.map_err(silent)?;
    answer.map_err(silent)?
}

async fn asked(settings: &Settings, name: &str, password: &str) -> Result<Option<Known>> {
    // A bind with an empty password is believed by directories without looking (RFC 4513 section 5.1.2).
    if name.is_empty() || password.is_empty() || password.contains('\0') {
        return Ok(None);
    }
    let mut ours = connect(settings).await?;
    if let Some((dn, secret)) = &settings.bind {
        let answer = ours.with_timeout(PATIENCE).simple_bind(dn, secret.text()?.trim_end_matches(['\r', '\n'])).await;
        answer.and_then(ldap3::LdapResult::success).map_err(refused)?;
    }
    let found = find(&mut ours, settings, name).await?;
    let Some((subject, dn, mut groups)) = found else {
        let _ = ours.unbind().await;
        return Ok(None);
    };
    let mut his = connect(settings).await?;
    let believed = his.with_timeout(PATIENCE).simple_bind(&dn, password).await.map_err(silent)?;
    let _ = his.unbind().await;
    // 49: invalid credentials (RFC 4511 appendix A.2); also what a locked account is answered.
    match believed.rc {
        0 => {}
        49 | 50 | 53 | 19 | 32 | 48 => {
            let _ = ours.unbind().await;
            return Ok(None);
        }
        _ => return Err(refused(believed)),
    }
    if let Some((base, filter)) = &settings.groups {
        let filter = filter.replace("{dn}", &ldap_escape(dn.as_str()));
        groups.extend(search(&mut ours, base, &filter, &["1.1"], MAX_GROUPS).await?.into_iter().map(|e| e.dn));
    }
    let _ = ours.unbind().await;
    groups.truncate(MAX_GROUPS);
    Ok(Some(Known { subject, dn, groups }))
}

/// The one person of that name: his identity, his place, his groups.
async fn find(ldap: &mut Ldap, settings: &Settings, name: &str) -> Result<Option<(String, String, Vec<String>)>> {
    let filter = settings.filter.replace("{name}", &ldap_escape(name));
    let mut wanted = vec![settings.identity.as_str()];
    wanted.extend(settings.member_of.as_deref());
    let mut found = search(ldap, &settings.base, &filter, &wanted, 2).await?;
    // Two people of one name: nobody can say who is meant.
    let (Some(entry), true) = (found.pop(), found.is_empty()) else { return Ok(None) };
    let same = |attribute: &String, name: &str| attribute.eq_ignore_ascii_case(name);
    let text = entry.attrs.iter().find(|(a, _)| same(a, &settings.identity)).and_then(|(_, v)| v.first().cloned());
    let bytes = || entry.bin_attrs.iter().find(|(a, _)| same(a, &settings.identity)).and_then(|(_, v)| v.first());
    let subject = text.or_else(|| bytes().map(|b| data_encoding::HEXLOWER.encode(b)));
    let subject =
        subject.ok_or_else(|| Fault::new("trust-directory-identity").with("attribute", &settings.identity))?;
    let groups = settings.member_of.iter().flat_map(|name| {
        entry.attrs.iter().filter(|(a, _)| same(a, name)).flat_map(|(_, v)| v.clone()).collect::<Vec<_>>()
    });
    let groups = groups.collect();
    Ok(Some((subject, entry.dn, groups)))
}

async fn search(
    ldap: &mut Ldap,
    base: &str,
    filter: &str,
    attributes: &[&str],
    limit: usize,
) -> Result<Vec<SearchEntry>> {
    let options = SearchOptions::new().sizelimit(i32::try_from(limit).unwrap_or(i32::MAX)).timelimit(8);
    let ldap = ldap.with_search_options(options).with_timeout(PATIENCE);
    let answer = ldap.search(base, Scope::Subtree, filter, attributes.to_vec()).await.map_err(silent)?;
    // 4: more than we asked for; what came is enough to know that there are several. 32: no such place.
    let ldap3::SearchResult(entries, result) = answer;
    match result.rc {
        0 | 4 => Ok(entries.into_iter().filter(|e| !e.is_ref()).map(SearchEntry::construct).collect()),
        32 => Ok(Vec::new()),
        _ => Err(refused(result)),
    }
}

pub(crate) async fn connect(settings: &Settings) -> Result<Ldap> {
    let wanted = LdapConnSettings::new().set_conn_timeout(PATIENCE);
    let wanted = match scheme(&settings.url)? {
        Scheme::Unix => wanted,
        kind => wanted
            .set_config(Arc::new(web::tls(settings.authorities.as_deref())?))
            .set_starttls(kind == Scheme::StartTls),
    };
    let wanted = match &settings.only {
        Some(only) => wanted.set_std_stream(StdStream::Tcp(allowed(&settings.url, only).await?)),
        None => wanted,
    };
    let (connection, ldap) = LdapConnAsync::with_settings(wanted, &settings.url).await.map_err(silent)?;
    tokio::spawn(async move {
        let _ = connection.drive().await;
    });
    Ok(ldap)
}

/// Host and port of an address on the network; none where it leads to a socket of this computer, or nowhere.
pub fn place(url: &str) -> Option<(String, u16)> {
    let usual = match scheme(url).ok()? {
        Scheme::Tls => 636,
        Scheme::StartTls => 389,
        Scheme::Unix => return None,
    };
    let url = url::Url::parse(url).ok()?;
    let host = url.host_str().filter(|h| !h.is_empty())?.trim_matches(['[', ']']).to_string();
    Some((host, url.port().unwrap_or(usual)))
}

/// A connection to the first address of a name that may be asked and answers: the very address that was judged.
async fn allowed(url: &str, only: &Only) -> Result<std::net::TcpStream> {
    let forbidden = || Fault::new("trust-directory-forbidden").with("url", url);
    let (host, port) = place(url).ok_or_else(forbidden)?;
    let found = tokio::time::timeout(PATIENCE, tokio::net::lookup_host((host.as_str(), port))).await;
    let kept: Vec<_> = found.map_err(silent)?.map_err(silent)?.filter(|a| (only.0)(a.ip())).collect();
    let mut last = forbidden();
    for address in kept {
        match tokio::time::timeout(PATIENCE, tokio::net::TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return stream.into_std().map_err(silent),
            Ok(Err(e)) => last = silent(e),
            Err(e) => last = silent(e),
        }
    }
    Err(last)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Tls,
    StartTls,
    Unix,
}

fn scheme(url: &str) -> Result<Scheme> {
    match url.split_once("://") {
        Some(("ldaps", _)) => Ok(Scheme::Tls),
        Some(("ldap", _)) => Ok(Scheme::StartTls),
        Some(("ldapi", _)) => Ok(Scheme::Unix),
        _ => Err(Fault::new("trust-directory-address").with("url", url)),
    }
}

/// Whether a URL is one that [`sign_in`] takes.
pub fn is_address(url: &str) -> bool {
    scheme(url).is_ok()
}

pub(crate) fn silent(e: impl std::fmt::Display) -> Fault {
    Fault::new("trust-directory-silent").because(e).may_retry()
}

pub(crate) fn refused(e: impl std::fmt::Display) -> Fault {
    Fault::new("trust-directory-refused").because(e)
}
