//! What a person needs when a story fails: the step, both logs, and a picture of each machine.
use super::line::Line;
use super::teller::Teller;
use crate::talk::{bold, say, show};
use crate::trouble::Trouble;

const SERVER_LINES: usize = 25;
const MACHINE_LINES: usize = 20;

/// Prints it all.
pub fn report(teller: &mut Teller, line: &Line, trouble: &Trouble) {
    say("✗", &bold(&format!("lab/stories/{}.story, line {}: {}", line.story, line.number, line.text)));
    show_indented(&trouble.to_string());
    if let Some(server) = &teller.server {
        show(&format!("\n{}", bold(&format!("The server's log ends ({}):", server.log_file().display()))));
        show_indented(&server.last_words(SERVER_LINES));
    }
    for machine in &mut teller.lab.machines {
        let state = if machine.is_on() { "on" } else { "off" };
        let name = machine.plan.name.clone();
        show(&format!(
            "\n{}",
            bold(&format!("{name} is {state}; its serial line ends ({}):", machine.serial_file().display()))
        ));
        show_indented(&machine.serial_tail(MACHINE_LINES));
        if state == "on" {
            match machine.screenshot() {
                Ok(file) => show(&format!("  Picture of its screen: {}", file.display())),
                Err(trouble) => show(&format!("  No picture of its screen: {trouble}")),
            }
        }
    }
    show(&format!("\n  Everything of this story is in {}", teller.lab.folder.display()));
}

fn show_indented(text: &str) {
    for line in text.lines() {
        show(&format!("    {line}"));
    }
}
