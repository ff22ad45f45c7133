//! Images.
use crate::{
    House,
    access::Person,
    agents::capture::draft,
    data::to_json,
    house::blocking,
    masters,
    paging::Paged,
    refusal::{Answer, Message, Refusal},
    views,
};
use axum::{Extension, Json, extract::State};
use socle_db::{Scope, images};
use socle_domain::{
    Digest, UnitId,
    keys::ImageRelease,
    sign::{PublicKey, Signed},
};
use socle_repository::{Image, Local};
use socle_texts::{Fault, Result};
use socle_wire::{
    api::{ImageView, LiveEvent},
    page::Page,
};
use std::sync::Arc;

/// `GET /api/v1/images`
pub(crate) async fn list(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    paged: Paged,
) -> Answer<Json<Page<ImageView>>> {
    // The newest first; the repository may hold some that the database does not know.
    let key = |view: &ImageView| format!("{:020} {}", i64::MAX - view.at.as_millisecond(), view.image);
    Ok(paged.cut(all(&house, person.scope).await?, key))
}

/// Every image: those that the database knows, and those that somebody has put into the repository by hand.
pub(crate) async fn all(house: &Arc<House>, scope: Scope) -> Result<Vec<ImageView>> {
    let known = images::list(&mut *house.db.read().await?, scope).await?;
    let seen: std::collections::BTreeSet<Digest> = known.iter().map(|i| i.image).collect();
    let (repository, content, now) = (house.repository.clone(), house.keys.content, house.now());
    let found = blocking(move || {
        let mut found = Vec::new();
        // What lies there by hand has no unit: it is the centre's until somebody says otherwise.
        if scope != Scope::ROOT {
            return Ok(found);
        }
        for image in repository.images()?.into_iter().filter(|i| !seen.contains(&Digest(i.root.0))) {
            let mut one = draft(&repository.manifest_of(&image)?, image.root, scope.unit(), now);
            one.release = signature(&repository, &image, &content)?;
            found.push(one);
        }
        Ok(found)
    });
    let mut views: Vec<ImageView> = known.into_iter().chain(found.await?).map(views::image).collect();
    views.sort_by_key(|view| std::cmp::Reverse(view.at));
    Ok(views)
}

/// The release that lies beside an image in the repository, if the content key signed it and it is of this image.
fn signature(repository: &Local, image: &Image, content: &PublicKey) -> Result<Option<Signed<ImageRelease>>> {
    let Some(bytes) = repository.signature(image)? else { return Ok(None) };
    let signed: Option<Signed<ImageRelease>> = serde_json::from_slice(&bytes).ok();
    Ok(signed.filter(|s| s.open(content).is_ok_and(|r| r.image.0 == image.root.0)))
}

/// `POST /api/v1/images/releases`: refused unless the content key signed it and the image is here.
pub(crate) async fn release(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Message(signed): Message<Signed<ImageRelease>>,
) -> Answer<Json<ImageView>> {
    let release = signed.open(&house.keys.content)?;
    let unit = unit_of(&house, &person, release.image).await?;
    let said = release.clone();
    let repository = house.repository.clone();
    let (root, now) = (views::image_id(release.image), house.now());
    let bytes = to_json(&signed)?;
    let mut image = blocking(move || {
        let image = repository.by_root(&root)?;
        if image.name != release.name {
            return Err(Fault::new("server-release-name").with("name", &release.name).with("image", &image.name));
        }
        // Beside the image too: who copies the repository can check it without this server.
        repository.put_signature(&image, &bytes)?;
        Ok(draft(&repository.manifest_of(&image)?, root, unit, now))
    })
    .await?;
    image.release = Some(signed);
    let mut tx = house.db.write().await?;
    masters::take_release(&mut tx, image.unit, &said).await?;
    images::put(&mut tx, Scope::of(unit), &image).await?;
    let view = views::image(image);
    crate::idempotency::will_answer(&house, axum::http::StatusCode::OK, &view)?;
    tx.commit().await?;
    house.live.tell_at(view.unit, LiveEvent::Image { image: view.image });
    Ok(Json(view))
}

/// Whose image it is, or shall be where nobody has it yet: nothing is said of one that belongs elsewhere, neither in the
/// database nor beside the image.
async fn unit_of(house: &House, person: &Person, image: Digest) -> Answer<UnitId> {
    let mut conn = house.db.read().await?;
    let Some(known) = images::by_digest(&mut conn, Scope::ROOT, image).await? else { return Ok(person.scope.unit()) };
    if !person.scope.holds(&mut conn, known.unit).await? {
        return Err(Refusal::unknown("image"));
    }
    Ok(known.unit)
}
