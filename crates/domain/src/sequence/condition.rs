//! Conditions: CEL (Common Expression Language) over `facts`, `options` and `target`. It computes, and can do nothing else.
use super::depth::{self, Words};
use serde_json::Value;
use socle_texts::{Fault, Result};
use std::{
    collections::BTreeMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
};

const MAX_BYTES: usize = 4096;
/// The reader's stack. Two MiB were too little for 122 bytes, unoptimised; only what is used becomes memory.
const STACK_BYTES: usize = 64 << 20;

/// Texts of conditions that are kept read, all together: those of a few hundred rules.
const KEPT_BYTES: usize = 128 << 10;

/// What was read of late, by its text. A server asks the same rules of each of a hundred thousand machines, and reading costs
/// a thread and a hundred times what asking costs. Reading is a function of the text alone: what is kept changes no answer.
static READ: Mutex<Kept> = Mutex::new(Kept { programs: BTreeMap::new(), bytes: 0 });

struct Kept {
    programs: BTreeMap<String, Arc<cel::Program>>,
    bytes: usize,
}

impl Kept {
    fn keep(&mut self, text: &str, program: &Arc<cel::Program>) {
        if self.bytes + text.len() > KEPT_BYTES {
            // Those that are asked again come back by themselves.
            *self = Kept { programs: BTreeMap::new(), bytes: 0 };
        }
        if self.programs.insert(text.to_string(), program.clone()).is_none() {
            self.bytes += text.len();
        }
    }
}

/// A condition that was read.
pub struct Condition(Arc<cel::Program>);

/// Values as conditions see them: made once, asked by many conditions.
pub struct Seen(cel::Context<'static, 'static>);

impl Seen {
    /// Values by their names.
    pub fn new(values: &[(&str, &Value)]) -> std::result::Result<Self, String> {
        let mut context = cel::Context::default();
        for (name, value) in values {
            context.add_variable(*name, (*value).clone()).map_err(|e| e.to_string())?;
        }
        Ok(Seen(context))
    }
}

impl Condition {
    /// Reads a condition; the error is the parser's own words.
    pub fn new(text: &str) -> std::result::Result<Self, String> {
        if text.len() > MAX_BYTES {
            return Err(format!("the condition is longer than {MAX_BYTES} bytes"));
        }
        let kept = || READ.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(program) = kept().programs.get(text) {
            return Ok(Condition(program.clone()));
        }
        let program = Arc::new(Self::read(text)?);
        kept().keep(text, &program);
        Ok(Condition(program))
    }

    fn read(text: &str) -> std::result::Result<cel::Program, String> {
        if !depth::fits(text, Words::Condition) {
            return Err(format!("the condition goes deeper than {} levels", depth::MAX_DEPTH));
        }
        // The parser is a generated one: where it gives up in a panic, that is an error of the text, not ours.
        // It looks ahead by calling itself, and so reads on a stack of its own.
        let unreadable = |_| format!("the condition can't be read: {text}");
        let read = || std::panic::catch_unwind(AssertUnwindSafe(|| cel::Program::compile(text))).map_err(unreadable);
        std::thread::scope(|scope| {
            let reader = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, read);
            reader.map_err(|e| e.to_string())?.join().map_err(unreadable)?
        })?
        .map_err(|e| e.to_string())
    }
    /// Whether it holds. Anything but true or false (a missing fact, a wrong type) is an error, never a guess.
    pub fn holds(&self, values: &[(&str, &Value)]) -> std::result::Result<bool, String> {
        self.holds_for(&Seen::new(values)?)
    }
    /// Whether it holds for values that others ask too.
    pub fn holds_for(&self, seen: &Seen) -> std::result::Result<bool, String> {
        match self.0.execute(&seen.0) {
            Ok(cel::Value::Bool(answer)) => Ok(answer),
            Ok(other) => Err(format!("the condition is neither true nor false but {other:?}")),
            Err(e) => Err(e.to_string()),
        }
    }
}

/// Whether the condition `text` holds for these values.
///
/// # Errors
/// `domain-condition-wrong` (with `condition`) where it can't be read or decided.
pub fn holds(text: &str, values: &[(&str, &Value)]) -> Result<bool> {
    let fault = |why: String| Fault::new("domain-condition-wrong").with("condition", text).because(why);
    Condition::new(text).map_err(fault)?.holds(values).map_err(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_not_read_again_and_not_kept_for_ever() {
        let read = |text: &str| Condition::new(text).map(|c| c.0);
        let text = "facts.memory_bytes > 4096";
        let first = read(text).expect("a condition");
        assert!(Arc::ptr_eq(&first, &read(text).expect("the same")));
        assert!(read("facts.(").is_err() && read("facts.(").is_err(), "what can't be read stays so");
        let mut kept = Kept { programs: BTreeMap::new(), bytes: 0 };
        for n in 0..1_000 {
            kept.keep(&format!("{n:01000}"), &first);
            kept.keep(&format!("{n:01000}"), &first);
            assert!(kept.bytes <= KEPT_BYTES && kept.bytes == kept.programs.len() * 1_000);
        }
    }
}
