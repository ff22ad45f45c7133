//! One reader: his language, his present, his zone. Turns data into what he reads.
use crate::format;
use crate::model::model;
use jiff::{Timestamp, tz::TimeZone};
use minijinja::Value;
use socle_texts::{Arg, Fault, Lang, next_step, say, tell};

/// A reader.
#[derive(Debug, Clone)]
pub struct Speak {
    pub(crate) lang: Lang,
    pub(crate) now: Timestamp,
    pub(crate) zone: TimeZone,
}

impl Speak {
    pub(crate) fn say(&self, key: &str, args: &[(&str, Arg)]) -> String {
        say(self.lang, key, args)
    }
    pub(crate) fn bytes(&self, bytes: u64) -> String {
        format::bytes(self.lang, bytes)
    }
    pub(crate) fn number(&self, number: u64) -> String {
        format::number(self.lang, number)
    }
    pub(crate) fn duration(&self, seconds: u64) -> String {
        format::duration(self.lang, seconds)
    }
    /// Seconds from one moment to another; 0 where the clocks disagree.
    pub(crate) fn seconds_between(from: Timestamp, to: Timestamp) -> u64 {
        u64::try_from(to.as_second() - from.as_second()).unwrap_or(0)
    }
    /// A moment: for machines, in full, and as one says it.
    pub(crate) fn moment(&self, at: Timestamp) -> Value {
        let utc = at.to_zoned(TimeZone::UTC).strftime("%H:%M:%S").to_string();
        let exact = format::date_time(self.lang, at, &self.zone, true);
        model! {
            iso => at.to_string(),
            exact => self.say("console-moment-exact", &[("local", exact.into()), ("utc", utc.into())]),
            ago => format::ago(self.lang, at, self.now, &self.zone),
            clock => at.to_zoned(self.zone.clone()).strftime("%H:%M:%S").to_string(),
            elapsed => self.duration(Self::seconds_between(at, self.now)),
        }
    }
    /// A day: `dimanche 22 novembre`.
    pub(crate) fn day(&self, day: &jiff::Zoned) -> String {
        let month = self.say(&format!("console-long-month-{}", day.month()), &[]);
        let weekday = self.say(&format!("console-weekday-{}", day.weekday().to_monday_one_offset()), &[]);
        let args: [(&str, Arg); 3] =
            [("weekday", weekday.into()), ("day", day.day().to_string().into()), ("month", month.into())];
        self.say("console-day", &args)
    }
    /// What happened, without the technical cause.
    pub(crate) fn sentence(&self, fault: &Fault) -> String {
        tell(self.lang, &Fault { cause: None, ..fault.clone() })
    }
    /// A fault: what happened, the technical cause apart, and what to do.
    pub(crate) fn fault(&self, fault: &Fault) -> Value {
        model! {
            code => fault.code,
            text => self.sentence(fault),
            cause => fault.cause,
            next => next_step(self.lang, fault),
        }
    }
}
