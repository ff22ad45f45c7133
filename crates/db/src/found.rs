//! The one row that a key names.
use crate::{Conn, Scope, row::failed, scope::within};
use socle_texts::Result;
use sqlx::any::AnyRow;

/// The row that a key (`$2`) names in a scope (`$1`, see [`crate::scope`]).
pub(crate) async fn one<T>(
    conn: &mut Conn,
    scope: Scope,
    text: &str,
    key: impl ToString,
    read: fn(&AnyRow) -> Result<T>,
) -> Result<Option<T>> {
    let query = sqlx::query(within(scope, text)).bind(scope.text()).bind(key.to_string());
    let row = query.fetch_optional(conn).await.map_err(failed)?;
    row.as_ref().map(read).transpose()
}

/// The row that a key (`$1`) names, whose ever it is: for what is asked before there is a scope, and gives one.
pub(crate) async fn one_of_all<T>(
    conn: &mut Conn,
    text: &'static str,
    key: impl ToString,
    read: fn(&AnyRow) -> Result<T>,
) -> Result<Option<T>> {
    let row = sqlx::query(text).bind(key.to_string()).fetch_optional(conn).await.map_err(failed)?;
    row.as_ref().map(read).transpose()
}
