//! Images of the repository: captured as drafts, then signed by the content key.
use crate::{
    Conn, Scope,
    row::{Read, failed, json, ms},
};
use socle_domain::{Digest, Timestamp, UnitId, keys::ImageRelease, sign::Signed};
use socle_texts::Result;
use sqlx::any::AnyRow;

/// An image.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// The root of its manifest.
    pub image: Digest,
    /// Its unit.
    pub unit: UnitId,
    /// Its name.
    pub name: String,
    /// Size of its disk.
    pub disk_bytes: u64,
    /// Bytes that it holds.
    pub used_bytes: u64,
    /// When it was captured.
    pub captured: Timestamp,
    /// The content key's word for it; none: a draft.
    pub release: Option<Signed<ImageRelease>>,
}

fn read(row: &AnyRow) -> Result<Image> {
    Ok(Image {
        image: row.parsed("image")?,
        unit: row.parsed("unit")?,
        name: row.text("name")?,
        disk_bytes: row.count("disk_bytes")?,
        used_bytes: row.count("used_bytes")?,
        captured: row.moment("captured_ms")?,
        release: row.maybe_tree("release")?,
    })
}

/// Adds an image, or gives it its release. A release is never taken away.
pub async fn put(conn: &mut Conn, scope: Scope, image: &Image) -> Result<()> {
    sqlx::query(
        "INSERT INTO images (image, unit, name, disk_bytes, used_bytes, captured_ms, release) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (image) DO UPDATE SET release = COALESCE(excluded.release, images.release)",
    )
    .bind(image.image.to_string())
    .bind(scope.text())
    .bind(image.name.clone())
    .bind(image.disk_bytes as i64)
    .bind(image.used_bytes as i64)
    .bind(ms(image.captured))
    .bind(image.release.as_ref().map(json).transpose()?)
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}

/// One image.
pub async fn by_digest(conn: &mut Conn, scope: Scope, image: Digest) -> Result<Option<Image>> {
    let row = sqlx::query("SELECT * FROM images WHERE unit = $1 AND image = $2")
        .bind(scope.text())
        .bind(image.to_string())
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    row.as_ref().map(read).transpose()
}

/// All images, the newest first; at most 1,000.
pub async fn list(conn: &mut Conn, scope: Scope) -> Result<Vec<Image>> {
    let rows = sqlx::query("SELECT * FROM images WHERE unit = $1 ORDER BY captured_ms DESC, image LIMIT 1000")
        .bind(scope.text())
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.iter().map(read).collect()
}
