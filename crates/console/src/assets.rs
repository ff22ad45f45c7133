//! Styles, scripts, fonts, icons.
use std::{borrow::Cow, fs, path::Path};

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// A file as `build.rs` embedded it.
pub(crate) struct Embedded {
    name: &'static str,
    hashed: &'static str,
    digest: &'static str,
    disk: &'static str,
    bytes: &'static [u8],
    gzip: &'static [u8],
}

/// A file for browsers.
#[derive(Debug, Clone)]
pub struct Asset {
    /// Its bytes.
    pub bytes: Cow<'static, [u8]>,
    /// The same packed with gzip, where that is worth it.
    pub gzip: Option<&'static [u8]>,
    /// Its media type.
    pub content_type: &'static str,
    /// Its strong entity tag, in quotes.
    pub etag: String,
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ext)| ext) {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// The path of a file in pages, by its plain name; with `web` (development) without the digest.
pub(crate) fn url(name: &str, web: Option<&Path>) -> Option<String> {
    let file = FILES.iter().find(|f| f.name == name)?;
    Some(format!("/assets/{}", if web.is_some() { file.name } else { file.hashed }))
}

/// The file of a path, by its hashed name; or, in development, by its plain name and from the disk.
pub(crate) fn find(name: &str, web: Option<&Path>) -> Option<Asset> {
    let file = FILES.iter().find(|f| f.hashed == name || (web.is_some() && f.name == name))?;
    let content_type = media_type(name);
    if let Some(web) = web.filter(|_| !file.disk.is_empty())
        && let Ok(bytes) = fs::read(web.join(file.disk))
    {
        let text = String::from_utf8(bytes).map(|t| t.replace("asset:", "").into_bytes());
        let bytes = text.unwrap_or_else(|e| e.into_bytes());
        return Some(Asset { etag: format!("\"dev-{}\"", bytes.len()), bytes: bytes.into(), gzip: None, content_type });
    }
    let gzip = (!file.gzip.is_empty() && file.gzip.len() < file.bytes.len()).then_some(file.gzip);
    Some(Asset { bytes: file.bytes.into(), gzip, content_type, etag: format!("\"{}\"", file.digest) })
}
