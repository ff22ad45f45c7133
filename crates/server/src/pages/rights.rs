//! What one may do oneself, and who holds which role.
use super::{Asked, go, problem, show, show_refused, typed};
use crate::{
    House,
    access::{PLACE, Person},
    api::grants as api,
    refusal::{Answer, Refusal, cookie},
};
use axum::{
    Extension, Form,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use serde::Deserialize;
use socle_console::{Form as Refused, MyRightsPage, Roles};
use socle_db::grants;
use socle_domain::{
    AccountId, UnitId,
    role::{Grant, Right, Role},
};
use socle_wire::rights::GiveRole;
use std::sync::Arc;

/// `GET /rights`
pub(crate) async fn mine(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    headers: HeaderMap,
) -> Answer<Response> {
    let at = api::rights_of(&mut *house.db.read().await?, &person).await?;
    let place = cookie(&headers, PLACE).and_then(|place| place.parse().ok());
    show(&house, &asked, Some(&person), &MyRightsPage { at, place }).await
}

#[derive(Deserialize)]
pub(crate) struct Place {
    #[serde(default)]
    unit: String,
}

/// `POST /rights`: the place to look at from now on; none: everything again. It is kept by the browser, and followed
/// only where its person holds the right that is needed.
pub(crate) async fn choose(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    Form(said): Form<Place>,
) -> Answer<Response> {
    let kept = match said.unit.parse::<UnitId>() {
        Ok(unit) if person.may(&mut *house.db.read().await?, Right::See, unit).await? => {
            format!("{PLACE}={unit}; Path=/; HttpOnly; SameSite=Lax")
        }
        Ok(_) => return Err(Refusal::unknown("unit")),
        Err(_) => format!("{PLACE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"),
    };
    let mut response = go("/rights", "");
    if let Ok(value) = HeaderValue::from_str(&kept) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(response)
}

/// `GET /roles`
pub(crate) async fn roles(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
) -> Answer<Response> {
    let page = roles_page(&house, &person, Refused::default()).await?;
    show(&house, &asked, Some(&person), &page).await
}

async fn roles_page(house: &House, person: &Person, form: Refused) -> Answer<Roles> {
    let mut conn = house.db.read().await?;
    let grants = api::all(&mut conn, person.scope).await?;
    let units = grants::open_units(&mut conn, person.scope).await?;
    Ok(Roles { grants, units, form })
}

#[derive(Deserialize)]
pub(crate) struct Given {
    person: String,
    role: String,
    unit: String,
}

impl Given {
    fn role(&self) -> Answer<(Role, UnitId)> {
        match (self.role.parse(), self.unit.parse()) {
            (Ok(role), Ok(unit)) => Ok((role, unit)),
            (Err(_), _) => Err(Refusal::unknown("role")),
            (_, Err(_)) => Err(Refusal::unknown("unit")),
        }
    }
}

async fn refused(house: &House, asked: &Asked, person: &Person, said: &Given, refusal: Refusal) -> Answer<Response> {
    let typed = typed(&[("person", &said.person), ("role", &said.role), ("unit", &said.unit)]);
    let form = Refused::refused(problem(house, asked, refusal), "", typed);
    let page = roles_page(house, person, form).await?;
    show_refused(house, asked, person, &page, "/roles".into()).await
}

/// `POST /roles`
pub(crate) async fn give(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Form(said): Form<Given>,
) -> Answer<Response> {
    let given = async {
        let (role, unit) = said.role()?;
        api::give(&house, &person, GiveRole { person: said.person.clone(), role, unit: Some(unit) }).await
    };
    match given.await {
        Ok(_) => Ok(go("/roles", "role-given")),
        Err(refusal) => refused(&house, &asked, &person, &said, refusal).await,
    }
}

/// `POST /roles/take`
pub(crate) async fn take(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Form(said): Form<Given>,
) -> Answer<Response> {
    let taken = async {
        let (role, unit) = said.role()?;
        let whose = said.person.parse::<AccountId>().map_err(|_| Refusal::unknown("person"))?;
        api::take(&house, &person, Grant { person: whose, role, unit }).await
    };
    match taken.await {
        Ok(()) => Ok(go("/roles", "role-taken")),
        Err(refusal) => refused(&house, &asked, &person, &Given { person: String::new(), ..said }, refusal).await,
    }
}
