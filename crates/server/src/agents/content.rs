//! The repository, read-only, for machines that are known. What they read they check by digest.
use crate::{
    House,
    house::blocking,
    refusal::{Answer, Message, Refusal},
    views::image_id,
};
use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use socle_domain::Digest;
use socle_image::{ChunkId, MAX_PACK_BYTES, PackName, PageDigest, Source};
use socle_texts::Fault;
use socle_wire::agent::{CheckPacks, Locate, Located, PlaceOfChunk};
use std::{ops::Range, sync::Arc};

const MAX_LOCATE: usize = 2_000;
const MAX_CHECK: usize = 1_000;
/// The longest range that is answered at once.
const MAX_RANGE_BYTES: u64 = 16 << 20;

/// `GET /agent/v1/images/{image}/manifest`
pub(crate) async fn manifest(State(house): State<Arc<House>>, Path(image): Path<Digest>) -> Answer<Vec<u8>> {
    let repository = house.repository.clone();
    Ok(blocking(move || repository.session()?.manifest(&image_id(image))).await?)
}

/// `GET /agent/v1/pages/{digest}`
pub(crate) async fn page(State(house): State<Arc<House>>, Path(page): Path<Digest>) -> Answer<Vec<u8>> {
    let repository = house.repository.clone();
    Ok(blocking(move || repository.session()?.page(&PageDigest(page.0))).await?)
}

/// `POST /agent/v1/locate`
pub(crate) async fn locate(State(house): State<Arc<House>>, Message(wish): Message<Locate>) -> Answer<Json<Located>> {
    if wish.chunks.len() > MAX_LOCATE {
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, Fault::new("server-message-too-long")));
    }
    let repository = house.repository.clone();
    let chunks: Vec<ChunkId> = wish.chunks.iter().map(|c| ChunkId(c.0)).collect();
    let places = blocking(move || repository.session()?.locate(&chunks)).await?;
    let place = |l: socle_image::FrameLocation| PlaceOfChunk {
        pack: Digest(l.pack.0),
        frame_offset: u64::from(l.offset_bytes),
        frame_bytes: l.stored_bytes,
        plain_bytes: l.plain_bytes,
        chunk_offset: l.chunk_offset_bytes,
        chunk_bytes: l.chunk_bytes,
    };
    Ok(Json(Located { places: places.into_iter().map(|p| p.map(place)).collect() }))
}

/// `POST /agent/v1/packs/check`: damage at rest is met before a disk is touched.
pub(crate) async fn check(State(house): State<Arc<House>>, Message(wish): Message<CheckPacks>) -> Answer<StatusCode> {
    if wish.packs.len() > MAX_CHECK {
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, Fault::new("server-message-too-long")));
    }
    let repository = house.repository.clone();
    let packs: Vec<PackName> = wish.packs.iter().map(|p| PackName(p.0)).collect();
    blocking(move || repository.session()?.check_packs(&packs)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /agent/v1/packs/{pack}` with `Range`
pub(crate) async fn pack(
    State(house): State<Arc<House>>,
    Path(pack): Path<Digest>,
    headers: HeaderMap,
) -> Answer<Response> {
    let unfit = || Refusal::new(StatusCode::RANGE_NOT_SATISFIABLE, Fault::new("server-range-wrong"));
    let wish = headers.get(header::RANGE).and_then(|v| v.to_str().ok()).and_then(range).ok_or_else(unfit)?;
    let repository = house.repository.clone();
    let asked = wish.clone();
    let bytes = blocking(move || repository.session()?.read(&PackName(pack.0), asked)).await?;
    let span = format!("bytes {}-{}/*", wish.start, wish.end - 1);
    let typed = (header::CONTENT_TYPE, "application/octet-stream".to_string());
    Ok((StatusCode::PARTIAL_CONTENT, [typed, (header::CONTENT_RANGE, span)], bytes).into_response())
}

/// One range with both ends (RFC 9110 section 14.1.2), within a pack.
fn range(text: &str) -> Option<Range<u64>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    let fits = first <= last && last < MAX_PACK_BYTES as u64 && last - first < MAX_RANGE_BYTES;
    fits.then_some(first..last + 1)
}
