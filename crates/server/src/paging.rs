//! Lists in pages: the extractor that reads `?limit=&after=`, and the answer it makes of the rows.
use crate::{
    House,
    refusal::{Answer, Refusal},
};
use axum::{
    Json,
    extract::{FromRequestParts, Query},
    http::request::Parts,
};
use data_encoding::BASE64URL_NOPAD;
use schemars::JsonSchema;
use serde::Deserialize;
use socle_texts::Fault;
use socle_wire::page::{MAX_LIMIT, Page, USUAL_LIMIT};
use std::sync::Arc;

/// The longest key of a row.
const MAX_KEY_BYTES: usize = 1_024;

/// Which page somebody asks for. Ask the database for the [`Paged::rows`] that follow [`Paged::after`] in the order of
/// one unique key, and let [`Paged::answer`] make the page.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Paged {
    /// The key of the last row of the page before: begin behind it.
    pub after: Option<String>,
    limit: u32,
}

/// As it stands in the address.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Wish {
    /// How many at most: 100 unless said.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

impl Paged {
    /// How many rows to ask for: one more than the page holds tells whether there is another.
    pub fn rows(&self) -> u32 {
        self.limit + 1
    }
    /// The page of these rows: `key` is what `after` will be compared with, `view` what is told of a row.
    pub fn answer<R, T>(
        &self,
        mut rows: Vec<R>,
        key: impl Fn(&R) -> String,
        view: impl FnMut(R) -> T,
    ) -> Json<Page<T>> {
        let limit = self.limit as usize;
        let next = (rows.len() > limit).then(|| BASE64URL_NOPAD.encode(key(&rows[limit - 1]).as_bytes()));
        rows.truncate(limit);
        Json(Page { items: rows.into_iter().map(view).collect(), next })
    }
    /// The page of a list that is short and held whole, in the order of `key`, which is unique.
    pub fn cut<T>(&self, mut all: Vec<T>, key: impl Fn(&T) -> String) -> Json<Page<T>> {
        all.sort_by_key(&key);
        if let Some(after) = &self.after {
            all.retain(|one| key(one) > *after);
        }
        self.answer(all, key, |one| one)
    }
}

impl FromRequestParts<Arc<House>> for Paged {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, _: &Arc<House>) -> Answer<Self> {
        let wrong = |name: &'static str| Refusal::wrong(Fault::new("server-page-wrong").with("name", name));
        let wish = Query::<Wish>::try_from_uri(&parts.uri).map_err(|_| wrong("limit"))?.0;
        let limit = wish.limit.unwrap_or(USUAL_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(wrong("limit"));
        }
        let read = |text: String| {
            let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok().filter(|b| b.len() <= MAX_KEY_BYTES)?;
            // A zero byte is in no text of a database (PostgreSQL refuses it).
            String::from_utf8(bytes).ok().filter(|key| !key.contains('\0'))
        };
        let after = wish.after.map(|text| read(text).ok_or_else(|| wrong("after"))).transpose()?;
        Ok(Paged { after, limit })
    }
}
