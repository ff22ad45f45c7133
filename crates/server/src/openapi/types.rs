//! What each type in a handler's signature says of its route. A new extractor or a new kind of answer says it here, or
//! beside its own definition.
use super::{book::Book, operation::Operation};
use crate::{
    access::Person,
    paging::{self, Paged},
    refusal::{Answer, Message},
};
use axum::{
    Extension, Json,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use schemars::JsonSchema;

/// A type that a handler takes.
pub(crate) trait Asks {
    /// What it adds to the route's description.
    fn asks(_: &mut Operation, _: &mut Book) {}
}

impl<S> Asks for State<S> {}
impl Asks for Extension<Person> {}
impl Asks for HeaderMap {}
impl<T: JsonSchema> Asks for Path<T> {
    fn asks(operation: &mut Operation, book: &mut Book) {
        operation.places::<T>(book);
    }
}
impl<T: JsonSchema> Asks for Query<T> {
    fn asks(operation: &mut Operation, book: &mut Book) {
        operation.query::<T>(book);
    }
}
impl Asks for Paged {
    fn asks(operation: &mut Operation, book: &mut Book) {
        operation.query::<paging::Wish>(book);
    }
}
impl<T: JsonSchema> Asks for Message<T> {
    fn asks(operation: &mut Operation, book: &mut Book) {
        operation.message::<T>(book);
    }
}
/// A list as text.
impl Asks for String {
    fn asks(operation: &mut Operation, _: &mut Book) {
        operation.body = Some(("text/csv", serde_json::json!({ "type": "string" })));
    }
}
/// A file.
impl Asks for Bytes {
    fn asks(operation: &mut Operation, _: &mut Book) {
        operation.body =
            Some(("application/octet-stream", serde_json::json!({ "type": "string", "format": "binary" })));
    }
}

/// A type that a handler answers.
pub(crate) trait Answers {
    /// What it adds to the route's description.
    fn answers(operation: &mut Operation, book: &mut Book);
}

impl<T: Answers> Answers for Answer<T> {
    fn answers(operation: &mut Operation, book: &mut Book) {
        T::answers(operation, book);
    }
}
impl<T: JsonSchema> Answers for Json<T> {
    fn answers(operation: &mut Operation, book: &mut Book) {
        operation.answer::<T>(200, book);
    }
}
/// Something was made: always [`StatusCode::CREATED`].
impl<T: JsonSchema> Answers for (StatusCode, Json<T>) {
    fn answers(operation: &mut Operation, book: &mut Book) {
        operation.answer::<T>(201, book);
    }
}
/// A status alone: always [`StatusCode::NO_CONTENT`].
impl Answers for StatusCode {
    fn answers(operation: &mut Operation, _: &mut Book) {
        operation.answers.insert(204, None);
    }
}
/// A file or a stream: the table says which ([`crate::routes::Route::giving`]).
impl Answers for Response {
    fn answers(_: &mut Operation, _: &mut Book) {}
}

/// A handler whose types say what it takes and answers.
pub(crate) trait Described<T> {
    /// What they say.
    fn describe(operation: &mut Operation, book: &mut Book);
}

impl<F, Fut, R> Described<((),)> for F
where
    F: FnOnce() -> Fut,
    Fut: Future<Output = R>,
    R: Answers,
{
    fn describe(operation: &mut Operation, book: &mut Book) {
        R::answers(operation, book);
    }
}

macro_rules! described {
    ($($T:ident),*) => {
        impl<F, Fut, R, M, $($T),*> Described<(M, $($T,)*)> for F
        where
            F: FnOnce($($T),*) -> Fut,
            Fut: Future<Output = R>,
            R: Answers,
            $($T: Asks,)*
        {
            fn describe(operation: &mut Operation, book: &mut Book) {
                $($T::asks(operation, book);)*
                R::answers(operation, book);
            }
        }
    };
}
described!(A);
described!(A, B);
described!(A, B, C);
described!(A, B, C, D);
described!(A, B, C, D, E);
described!(A, B, C, D, E, G);
described!(A, B, C, D, E, G, H);
