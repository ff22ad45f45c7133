//! The one-time link: its bearer sets a password. A second factor that the account has is asked all the same: a link gives
//! back a password, it does not take a protection away.
use super::{
    super::{Asked, problem, show, show_as, typed},
    enter,
};
use crate::{
    House,
    config::sign_in::SecondFactor,
    refusal::{Answer, Refusal},
    sign_in::{one_of_few, place::Place},
};
use axum::{
    Form,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;
use socle_console::{Form as Refused, Welcome};
use socle_db::{Scope, audit, factors, people, people::Administrator, sessions, tokens};
use socle_domain::AccountId;
use socle_texts::Fault;
use socle_trust::{password, secret};
use std::sync::Arc;

/// `GET /welcome/{token}`: the link is shown, not used up; programs that open links in mails harm nobody.
pub(crate) async fn welcome(
    State(house): State<Arc<House>>,
    asked: Asked,
    Path(token): Path<String>,
) -> Answer<Response> {
    let mut tx = house.db.write().await?;
    let person = people::use_link(&mut tx, secret::digest(&token), house.now()).await?;
    // Not committed: looking at the link leaves it as it was.
    drop(tx);
    let person = person.ok_or_else(link_over)?;
    show(&house, &asked, None, &page(token, &person, Refused::default())).await
}

fn page(token: String, person: &Administrator, form: Refused) -> Welcome {
    Welcome { token, person: person.name.clone(), least_characters: password::MIN_CHARS as u32, form }
}

fn link_over() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, Fault::new("server-link-over"))
}

#[derive(Deserialize)]
pub(crate) struct Chosen {
    password: String,
    again: String,
}

/// `POST /welcome/{token}`: sets the password, uses the link up, opens a session or asks for the second factor.
pub(crate) async fn welcomed(
    State(house): State<Arc<House>>,
    asked: Asked,
    place: Place,
    headers: HeaderMap,
    Path(token): Path<String>,
    Form(said): Form<Chosen>,
) -> Answer<Response> {
    let wish = said.password.clone();
    let kept = match said.password == said.again {
        true => one_of_few(move || password::hash(&wish)).await,
        false => Err(Fault::new("server-passwords-differ")),
    };
    let mut tx = house.db.write().await?;
    let person = people::use_link(&mut tx, secret::digest(&token), house.now()).await?.ok_or_else(link_over)?;
    let kept = match kept {
        Ok(kept) => kept,
        Err(fault) => {
            drop(tx);
            let field = if fault.is("server-passwords-differ") { "again" } else { "password" };
            let form = Refused::refused(problem(&house, &asked, fault.into()), field, typed(&[]));
            let page = page(token, &person, form);
            return show_as(&house, &asked, None, &page, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
    };
    let scope = Scope::of(person.unit);
    audit::who(AccountId(person.id), &person.name, person.unit);
    audit::act("password-set");
    people::set_password(&mut tx, scope, person.id, &kept).await?;
    // Who changes a password ends the sessions that the old one opened, and the tokens that were made with them.
    sessions::close_of(&mut tx, scope, sessions::Kind::Person, &person.id.to_string()).await?;
    tokens::revoke_all_of(&mut tx, AccountId(person.id)).await?;
    let alone = factors::of(&mut tx, person.id).await?.is_empty();
    let needed = house.config.sign_in.second_factor == SecondFactor::Required;
    if alone && !needed {
        let cookies = enter::session(&house, &mut tx, &place, &headers, &person, "link").await?;
        tx.commit().await?;
        house.sign_in.revoked();
        return Ok(enter::enter(cookies, "/?done=password-set"));
    }
    tx.commit().await?;
    house.sign_in.revoked();
    enter::half(&house, &place, &headers, &person, "link", "/?done=password-set").await
}
