//! `speaks`: the agent's first word on a machine, and the line of the table that it makes.
use crate::lab::boot_line::{BootLine, BootResult};
use crate::lab::signals::wait_for;
use crate::story::line::Line;
use crate::story::teller::Teller;
use crate::trouble::Done;
use std::time::Duration;

/// How `speaks` is said.
pub const SPEAKS_USAGE: &str = "speaks MACHINE [says=\"text\"] [within=120s] [chain=\"words\"]";

/// The agent's first word, in both languages: what the texts call `agent-begins`, without its version.
const FIRST_WORDS: [&str; 2] = ["Socle's agent", "L'agent de Socle"];
const PATIENCE: Duration = Duration::from_secs(120);
/// How much more a person waits for what the agent says later.
const LATER: Duration = Duration::from_secs(120);

/// Waits for the agent's first word on the machine's serial line, then for what else it must say; shows the line of the
/// table.
pub fn speaks(teller: &mut Teller, line: &Line) -> Done<String> {
    let index = teller.machine(line, line.word(0)?)?;
    let limit = line.time("within", PATIENCE)?;
    let machine = &mut teller.lab.machines[index];
    let heard = wait_for(limit, || {
        let said = machine.serial();
        if !machine.is_on() {
            return Err(line.wrong(&format!("{} went off before the agent spoke", machine.plan.name)));
        }
        Ok(FIRST_WORDS.iter().any(|word| said.contains(word)).then(|| (machine.seconds_on(), machine.cpu_seconds())))
    })?;
    let Some((seconds, processor)) = heard else {
        let name = &machine.plan.name;
        return Err(line.wrong(&format!("the agent on {name} said nothing within {} s", limit.as_secs())));
    };
    if let Some(wanted) = line.option("says") {
        let said = wait_for(LATER, || Ok(machine.serial().contains(wanted).then_some(())))?;
        if said.is_none() {
            return Err(line.wrong(&format!("the agent did not say `{wanted}`; it said:\n{}", machine.serial_tail(12))));
        }
    }
    let plan = &machine.plan;
    let mut odd = vec![plan.odd.keys.words().to_string(), plan.odd.words(), format!("{} MiB", plan.memory_mib)];
    odd.extend(plan.clock.as_ref().map(|clock| format!("clock at {clock}")));
    odd.retain(|words| !words.is_empty());
    let usual = if plan.odd.over_http { "UEFI HTTP Boot → signed image" } else { plan.odd.start.chain() };
    let chain = line.option("chain").unwrap_or(usual);
    let said = line.option("says").map_or(String::new(), |words| format!(", says “{words}”"));
    let told = BootLine {
        firmware: plan.odd.start.firmware().into(),
        chain: format!("{chain} ({})", odd.join(", ")),
        result: BootResult::Spoke(format!("the agent{said}; {processor:.1} s of processor")),
        seconds_to_agent: seconds,
    };
    told.show();
    Ok(format!("after {seconds:.1} s"))
}
