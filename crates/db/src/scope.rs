//! Whose objects a query may touch.
use socle_domain::UnitId;

/// A unit and, when the organisation tree grows, those below it. Every query names one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope(UnitId);

impl Scope {
    /// The scope of a unit.
    pub fn of(unit: UnitId) -> Self {
        Scope(unit)
    }
    /// The whole organisation: what the server's own loops see.
    pub const ROOT: Scope = Scope(UnitId::ROOT);

    /// The unit.
    pub fn unit(self) -> UnitId {
        self.0
    }
    pub(crate) fn text(self) -> String {
        self.0.to_string()
    }
}
