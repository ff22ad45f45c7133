//! Codes for the machines, and the form of a whole room.
use super::{Asked, go, not_found, problem, show, show_as, typed};
use crate::{
    House,
    access::Person,
    options,
    refusal::{Answer, Refusal},
    wizard::{codes, room},
};
use axum::{
    Extension, Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use serde_json::Value;
use socle_console::{Codes, Form as Refused, RoomForm};
use socle_db::grants;
use socle_domain::{
    Digest, TargetId, UnitId,
    order::LossPolicy,
    recognise::{Hints, name_from},
};
use socle_texts::Fault;
use socle_wire::wizard::{MadeCodes, MakeCodes, Question, Room, RoomMachine, RoomStarted, StartMachine, StartRoom};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Fields of one form: two hundred machines with a hundred questions each would be a mistake.
const MAX_FIELDS: usize = 20_000;

/// `GET /machines/codes`
pub(crate) async fn codes(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
) -> Answer<Response> {
    let page = codes_page(&house, &person, None, Refused::default()).await?;
    show(&house, &asked, Some(&person), &page).await
}

async fn codes_page(house: &House, person: &Person, made: Option<MadeCodes>, form: Refused) -> Answer<Codes> {
    let open = codes::list(house, person).await?;
    let units = grants::open_units(&mut *house.db.read().await?, person.scope).await?;
    Ok(Codes { made, open, units, form })
}

#[derive(Deserialize)]
pub(crate) struct Wish {
    unit: String,
    count: String,
    minutes: String,
}

/// `POST /machines/codes`: shown on the very page that answers, and nowhere else.
pub(crate) async fn make_codes(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Form(said): Form<Wish>,
) -> Answer<Response> {
    let number = |text: &str| text.trim().parse().unwrap_or(0);
    let unit = said.unit.parse().map_err(|_| not_found())?;
    let wish = MakeCodes { unit: Some(unit), count: number(&said.count), minutes: number(&said.minutes) };
    let asked = asked.back_on("/machines/codes".into());
    match codes::make(&house, &person, wish).await {
        Ok(made) => {
            let page = codes_page(&house, &person, Some(made), Refused::default()).await?;
            show(&house, &asked, Some(&person), &page).await
        }
        Err(refusal) => {
            let fields = typed(&[("unit", &said.unit), ("count", &said.count), ("minutes", &said.minutes)]);
            let form = Refused::refused(problem(&house, &asked, refusal), "count", fields);
            let page = codes_page(&house, &person, None, form).await?;
            show_as(&house, &asked, Some(&person), &page, StatusCode::UNPROCESSABLE_ENTITY).await
        }
    }
}

/// `POST /machines/codes/revoke`
pub(crate) async fn revoke_codes(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
) -> Answer<Response> {
    codes::drop_all(&house, &person).await?;
    Ok(go("/machines/codes", ""))
}

/// `GET /machines/room?unit=&master=`
pub(crate) async fn room(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
) -> Answer<Response> {
    let unit = asked.value("unit").and_then(|u| u.parse().ok()).unwrap_or(person.scope.unit());
    let master = asked.value("master").and_then(|m| m.parse().ok());
    let page = room_page(&house, &person, unit, master).await?;
    show(&house, &asked, Some(&person), &page).await
}

async fn room_page(house: &House, person: &Person, unit: UnitId, master: Option<Digest>) -> Answer<RoomForm> {
    let room = room::form(house, person, unit, master).await?;
    let offered = options::offered(house, &mut *house.db.read().await?, unit).await?;
    let masters = offered.into_iter().map(|m| m.view).collect();
    Ok(RoomForm { room, masters, typed: BTreeMap::new(), wrong: BTreeMap::new(), form: Refused::default() })
}

/// What was posted: of a list all of its values, with commas in between.
fn gathered(said: Vec<(String, String)>) -> BTreeMap<String, String> {
    let mut fields: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in said.into_iter().take(MAX_FIELDS) {
        fields.entry(name).and_modify(|all| *all = format!("{all}, {value}")).or_insert(value);
    }
    fields
}

/// `POST /machines/room`: fills in the lines, or starts them.
pub(crate) async fn start_room(
    State(house): State<Arc<House>>,
    Extension(person): Extension<Person>,
    asked: Asked,
    Form(said): Form<Vec<(String, String)>>,
) -> Answer<Response> {
    let fields = gathered(said);
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let unit: UnitId = field("unit").parse().map_err(|_| not_found())?;
    let master: Digest = field("master").parse().map_err(|_| not_found())?;
    let mut page = room_page(&house, &person, unit, Some(master)).await?;
    let asked = asked.back_on(format!("/machines/room?unit={unit}&master={master}"));
    if field("act") == "fill" {
        page.typed = filled(&page.room, fields);
        return show(&house, &asked, Some(&person), &page).await;
    }
    let loss = if field("loss") == "expendable" { LossPolicy::Expendable } else { LossPolicy::NothingOnly };
    let (machines, unread) = lines(&page.room, &fields);
    page.typed = fields;
    let answer = match unread.is_empty() {
        true => room::start(&house, &person, StartRoom { unit, master, machines, loss }).await,
        false => Ok(RoomStarted::Wrong { machines: unread }),
    };
    match answer {
        Ok(RoomStarted::Started { .. }) => Ok(go("/runs", "started")),
        Ok(RoomStarted::Waits { approval }) => Ok(Redirect::to(&approval).into_response()),
        Ok(RoomStarted::Wrong { machines }) => {
            page.wrong = machines;
            show_as(&house, &asked, Some(&person), &page, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(refusal) => refused(&house, &person, &asked, page, refusal).await,
    }
}

async fn refused(house: &House, person: &Person, asked: &Asked, page: RoomForm, refusal: Refusal) -> Answer<Response> {
    let form = Refused::refused(problem(house, asked, refusal), "", BTreeMap::new());
    let page = RoomForm { form, ..page };
    show_as(house, asked, Some(person), &page, StatusCode::UNPROCESSABLE_ENTITY).await
}

fn takes(fields: &BTreeMap<String, String>, machine: &RoomMachine) -> bool {
    !machine.busy && fields.contains_key(&format!("take.{}", machine.id))
}

/// The lines with what was said for all of them: names counted up, answers the same everywhere.
fn filled(room: &Room, mut fields: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let pattern = fields.get("all.name").map(|p| p.trim().to_string()).unwrap_or_default();
    let mut taken: BTreeSet<String> = room.machines.iter().filter(|m| m.known).map(|m| m.name.clone()).collect();
    for machine in &room.machines {
        if !takes(&fields, machine) {
            continue;
        }
        if !machine.known
            && !pattern.is_empty()
            && let Some(name) = name_from(&pattern, &Hints::default(), &|n| taken.contains(n))
        {
            taken.insert(name.clone());
            fields.insert(format!("name.{}", machine.id), name);
        }
        for question in &room.questions {
            let all = fields.get(&format!("all.option.{}", question.name)).filter(|v| !v.is_empty()).cloned();
            if let Some(value) = all.filter(|_| machine.asked.contains_key(&question.name)) {
                fields.insert(format!("option.{}.{}", question.name, machine.id), value);
            }
        }
    }
    fields
}

type Unread = BTreeMap<TargetId, BTreeMap<String, Fault>>;

/// The lines that take part, each answer read by its question; and what could not be read.
fn lines(room: &Room, fields: &BTreeMap<String, String>) -> (Vec<StartMachine>, Unread) {
    let (mut lines, mut unread) = (Vec::new(), Unread::new());
    for machine in room.machines.iter().filter(|m| takes(fields, m)) {
        let field = |name: &str| fields.get(&format!("{name}.{}", machine.id)).map_or("", |v| v.trim());
        let (mut options, mut secrets): (BTreeMap<String, Value>, BTreeMap<String, String>) = Default::default();
        let asked = |q: &&Question| machine.asked.contains_key(&q.name);
        for question in room.questions.iter().filter(asked) {
            let name = format!("option.{}", question.name);
            let typed = fields.get(&format!("{name}.{}", machine.id)).map_or("", String::as_str);
            match question.input.read(typed) {
                Ok(Value::String(secret)) if question.input.is_secret() => {
                    secrets.insert(question.name.clone(), secret);
                }
                Ok(value) => {
                    options.insert(question.name.clone(), value);
                }
                Err(fault) => {
                    unread.entry(machine.id).or_default().insert(name, fault);
                }
            }
        }
        let seat = Some(field("seat").to_string()).filter(|s| !s.is_empty());
        lines.push(StartMachine { id: machine.id, name: field("name").to_string(), seat, options, secrets });
    }
    (lines, unread)
}
