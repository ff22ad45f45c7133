//! Who is signed in, what he may do, and where.
//!
//! The place that a request is about is the one that it names (`?unit=ID`, or the header `Socle-Unit`), else the one
//! that its person has chosen (the cookie [`PLACE`]), else the topmost one where he holds the right. It is always within
//! what he was granted for that right.
use super::{COOKIE, bearer, same_origin, unauthenticated};
use crate::{
    House,
    refusal::{Answer, Refusal, cookie},
};
use axum::{
    extract::Request,
    http::{HeaderMap, Method, StatusCode},
};
use socle_db::{Conn, Scope, grants, grants::Placed, people, sessions, tokens};
use socle_domain::{
    AccountId, UnitId,
    role::{Grant, Right, holds},
};
use socle_texts::Fault;
use socle_trust::secret;
use std::collections::BTreeSet;

/// The place that a person has chosen to look at. It gives nothing: it is followed where he holds the right there.
pub(crate) const PLACE: &str = "socle-place";
const UNIT_HEADER: &str = "socle-unit";

/// Who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// His account.
    pub id: AccountId,
    /// His name; where a program acts for him, its token's.
    pub name: String,
    /// Whose objects he may touch with this request.
    pub scope: Scope,
    /// What he was granted, the topmost first.
    pub grants: Vec<Grant>,
    /// Where a program acts for him: what its token leaves it of that.
    pub limits: Option<Limits>,
}

/// What a token leaves a program of what its person may do.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Where it may act: this unit and those below it.
    pub unit: UnitId,
    /// What the token was given; none: all that its person holds.
    pub grants: Option<Vec<Grant>>,
}

impl Person {
    /// Whether he holds a right at a unit, whose path (itself and all above it) is given.
    pub fn holds(&self, right: Right, path: &[UnitId]) -> bool {
        let leaves = |limits: &Limits| {
            path.contains(&limits.unit) && limits.grants.as_ref().is_none_or(|grants| holds(grants, right, path))
        };
        holds(&self.grants, right, path) && self.limits.as_ref().is_none_or(leaves)
    }
    /// What he may do somewhere.
    pub fn rights(&self) -> BTreeSet<Right> {
        let left = |right: &Right| match self.limits.as_ref().and_then(|l| l.grants.as_ref()) {
            Some(grants) => grants.iter().any(|g| g.gives(*right)),
            None => true,
        };
        Right::ALL.into_iter().filter(|right| self.grants.iter().any(|g| g.gives(*right))).filter(left).collect()
    }
    /// Whether he holds a right at a unit.
    pub async fn may(&self, conn: &mut Conn, right: Right, unit: UnitId) -> Answer<bool> {
        Ok(self.holds(right, &grants::path(conn, unit).await?))
    }
    /// Refuses where he does not hold a right at a unit: as unknown where he may not even see it.
    ///
    /// # Errors
    /// 404 `server-unknown`; 403 `server-not-allowed`.
    pub async fn must(&self, conn: &mut Conn, right: Right, unit: UnitId) -> Answer<()> {
        let path = grants::path(conn, unit).await?;
        match (self.holds(right, &path), self.holds(Right::See, &path)) {
            (true, _) => Ok(()),
            (false, true) => Err(not_allowed(conn, right, unit).await?),
            (false, false) => Err(Refusal::unknown("unit")),
        }
    }
    /// Where he holds a right: the topmost unit.
    pub async fn topmost(&self, conn: &mut Conn, right: Right) -> Answer<Option<UnitId>> {
        let limits = self.limits.as_ref().and_then(|l| l.grants.clone()).unwrap_or_default();
        // A token's unit may lie below the grant that it draws on, or above it: the lower of the two counts.
        let granted = self.grants.iter().chain(&limits).filter(|g| g.gives(right)).map(|g| g.unit);
        let places = granted.chain(self.limits.as_ref().map(|l| l.unit));
        let mut best: Option<(usize, UnitId)> = None;
        for unit in places {
            let path = grants::path(conn, unit).await?;
            if self.holds(right, &path) && best.is_none_or(|(depth, known)| (path.len(), unit) < (depth, known)) {
                best = Some((path.len(), unit));
            }
        }
        Ok(best.map(|(_, unit)| unit))
    }
}

/// What of a request says who asks, and about what place.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub method: &'a Method,
    pub headers: &'a HeaderMap,
    pub query: Option<&'a str>,
}

impl<'a> Asked<'a> {
    pub fn of(request: &'a Request) -> Self {
        Asked { method: request.method(), headers: request.headers(), query: request.uri().query() }
    }
}

/// The refusal of who lacks a right at a unit.
pub(crate) async fn not_allowed(conn: &mut Conn, right: Right, unit: UnitId) -> Answer<Refusal> {
    let name = grants::unit_name(conn, unit).await?.unwrap_or_default();
    let fault = Fault::new("server-not-allowed").with("right", right.word()).with("unit", name);
    Ok(Refusal::new(StatusCode::FORBIDDEN, fault))
}

/// Who is signed in, for his own affairs: the place is his account's own unit.
pub(super) async fn signed_in(house: &House, asked: Asked<'_>) -> Answer<Person> {
    let mut conn = house.db.read().await?;
    caller(house, &mut conn, asked).await
}

/// Who is signed in, if he holds a right at the place that he asks about.
pub(super) async fn allowed(house: &House, asked: Asked<'_>, right: Right) -> Answer<Person> {
    let mut conn = house.db.read().await?;
    let mut person = caller(house, &mut conn, asked).await?;
    let unit = place(&mut conn, &person, asked, right).await?;
    person.scope = Scope::of(unit);
    Ok(person)
}

async fn place(conn: &mut Conn, person: &Person, asked: Asked<'_>, right: Right) -> Answer<UnitId> {
    let Some(topmost) = person.topmost(conn, right).await? else {
        let home = person.topmost(conn, Right::Own).await?.unwrap_or(person.scope.unit());
        return Err(not_allowed(conn, right, home).await?);
    };
    if let Some(wish) = wished(asked) {
        let unit = wish.parse().map_err(|_| Refusal::unknown("unit"))?;
        person.must(conn, right, unit).await?;
        return Ok(unit);
    }
    if let Some(unit) = cookie(asked.headers, PLACE).and_then(|place| place.parse().ok())
        && person.may(conn, right, unit).await?
    {
        return Ok(unit);
    }
    Ok(topmost)
}

/// The unit that a request names.
fn wished(asked: Asked<'_>) -> Option<String> {
    let header = asked.headers.get(UNIT_HEADER).map(|v| v.to_str().unwrap_or("").to_string());
    let query = asked.query.unwrap_or("").split('&');
    let named = query.filter_map(|pair| pair.strip_prefix("unit=")).find(|unit| !unit.is_empty());
    named.map(str::to_string).or(header)
}

/// Whoever shows a token or a session.
async fn caller(house: &House, conn: &mut Conn, asked: Asked<'_>) -> Answer<Person> {
    let (now, headers) = (house.now(), asked.headers);
    if let Some(bearer) = bearer(headers) {
        let token = tokens::find(conn, secret::digest(bearer), now).await?.ok_or_else(unauthenticated)?;
        // A token of the server's own computer acts for the first administrator.
        let owner = match token.person {
            Some(id) => people::by_account(conn, id).await?,
            None => people::first(conn, Scope::ROOT).await?,
        };
        let owner = owner.ok_or_else(unauthenticated)?;
        let id = AccountId(owner.id);
        let given = token.grants.iter().map(|(role, unit)| Grant { person: id, role: *role, unit: *unit });
        let limits = Limits { unit: token.unit, grants: (!token.grants.is_empty()).then(|| given.collect()) };
        let grants = granted(conn, id).await?;
        return Ok(Person { id, name: token.name, scope: Scope::of(token.unit), grants, limits: Some(limits) });
    }
    let cookie = cookie(headers, COOKIE).ok_or_else(unauthenticated)?;
    let session = sessions::find(conn, sessions::Kind::Person, secret::digest(&cookie), now).await?;
    let session = session.ok_or_else(unauthenticated)?;
    // A cookie is sent by the browser whoever made the page: what changes something must come from our own pages.
    if !matches!(*asked.method, Method::GET | Method::HEAD) {
        same_origin(headers)?;
    }
    let id = session.subject.parse().map_err(|_| unauthenticated())?;
    let account = people::by_account(conn, AccountId(id)).await?.ok_or_else(unauthenticated)?;
    let grants = granted(conn, AccountId(id)).await?;
    Ok(Person { id: AccountId(id), name: account.name, scope: Scope::of(account.unit), grants, limits: None })
}

async fn granted(conn: &mut Conn, id: AccountId) -> Answer<Vec<Grant>> {
    Ok(grants::of(conn, id).await?.into_iter().map(|Placed { grant, .. }| grant).collect())
}
