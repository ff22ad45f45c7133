//! Images of the repository: captured as drafts, then signed by the content key.
use crate::{
    Conn, Offered, Scope, found,
    row::{Read, failed, json, ms},
    scope::within,
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
    scope.check(conn, image.unit).await?;
    // An image that is known already keeps its unit: a release from outside that unit changes nothing.
    sqlx::query(
        "INSERT INTO images (image, unit, name, disk_bytes, used_bytes, captured_ms, release) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (image) DO UPDATE SET release = COALESCE(excluded.release, images.release) \
         WHERE EXISTS (SELECT 1 FROM unit_tree s WHERE s.ancestor = $8 AND s.unit = images.unit)",
    )
    .bind(image.image.to_string())
    .bind(image.unit.to_string())
    .bind(image.name.clone())
    .bind(image.disk_bytes as i64)
    .bind(image.used_bytes as i64)
    .bind(ms(image.captured))
    .bind(image.release.as_ref().map(json).transpose()?)
    .bind(scope.text())
    .execute(conn)
    .await
    .map(drop)
    .map_err(failed)
}

/// One image of the scope, or offered to it.
pub async fn by_digest(conn: &mut Conn, scope: Scope, image: Digest) -> Result<Option<Image>> {
    found::one(conn, scope, "SELECT * FROM images WHERE {seen images} AND image = $2", image, read).await
}

/// The images of the scope and those offered to it, the newest first; at most 1,000.
pub async fn list(conn: &mut Conn, scope: Scope) -> Result<Vec<Image>> {
    let text = "SELECT * FROM images WHERE {seen images} ORDER BY captured_ms DESC, image LIMIT 1000";
    let rows = sqlx::query(within(scope, text)).bind(scope.text()).fetch_all(conn).await.map_err(failed)?;
    rows.iter().map(read).collect()
}

/// The images that a unit is offered: its own and those of the units above it, the newest first; at most 1,000.
pub async fn offered(conn: &mut Conn, offered: Offered) -> Result<Vec<Image>> {
    let text = "SELECT * FROM images WHERE {to images} ORDER BY captured_ms DESC, image LIMIT 1000";
    let query = sqlx::query(offered.sql(text)).bind(offered.text());
    query.fetch_all(conn).await.map_err(failed)?.iter().map(read).collect()
}
