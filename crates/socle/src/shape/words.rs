//! The texts of the command line's help, from the locales.
//!
//! A command has the key `socle-cli` and its words (`socle-cli-run-start`); each of its arguments is an attribute of
//! that key (`.machine`). Arguments common to all stand with `socle-cli`.
use super::Socle;
use clap::{Arg, ArgAction, Command, CommandFactory, builder::Resettable};
use socle_texts::{Lang, say, says};

const ROOT: &str = "socle-cli";

/// The command line with its help in a language.
pub fn command(lang: Lang) -> Command {
    dress(Socle::command(), ROOT, lang)
}

fn dress(command: Command, key: &str, lang: Lang) -> Command {
    let word = |name: &str| say(lang, &format!("socle-help-{name}"), &[]);
    let mut command = command
        .about(say(lang, key, &[]))
        .long_about(Resettable::Reset)
        .disable_help_flag(true)
        .help_template(format!("{{about}}\n\n{} {{usage}}\n\n{{all-args}}{{after-help}}", word("usage")))
        .subcommand_help_heading(word("commands"));
    if let Some(more) = says(lang, &format!("{key}.more"), &[]) {
        command = command.after_help(more);
    }
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help);
    command = command.arg(help);
    if key == ROOT {
        let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
        command = command.disable_version_flag(true).arg(version);
    }
    let ids: Vec<_> = command.get_arguments().map(|a| a.get_id().clone()).collect();
    for id in ids {
        let text = help_of(key, id.as_str(), lang);
        command = command.mut_arg(id, |arg: Arg| {
            let heading = if arg.is_positional() { "arguments" } else { "options" };
            arg.help(text).long_help(Resettable::Reset).help_heading(word(heading))
        });
    }
    let names: Vec<_> = command.get_subcommands().map(|c| c.get_name().to_string()).collect();
    for name in names {
        let below = format!("{key}-{name}");
        command = command.mut_subcommand(name, |c| dress(c, &below, lang));
    }
    command
}

fn help_of(key: &str, id: &str, lang: Lang) -> String {
    let id = id.replace('_', "-");
    says(lang, &format!("{key}.{id}"), &[]).unwrap_or_else(|| say(lang, &format!("{ROOT}.{id}"), &[]))
}

/// Every key that the help needs. For the check that none is missing.
pub fn keys() -> Vec<String> {
    fn gather(command: &Command, key: &str, keys: &mut Vec<String>) {
        keys.push(key.to_string());
        let global = |a: &&Arg| key == ROOT || !a.is_global_set();
        for arg in command.get_arguments().filter(global) {
            keys.push(format!("{key}.{}", arg.get_id().as_str().replace('_', "-")));
        }
        command.get_subcommands().for_each(|c| gather(c, &format!("{key}-{}", c.get_name()), keys));
    }
    let mut keys: Vec<String> =
        ["usage", "commands", "arguments", "options"].map(|w| format!("socle-help-{w}")).to_vec();
    keys.extend(["help", "version"].map(|name| format!("{ROOT}.{name}")));
    gather(&Socle::command(), ROOT, &mut keys);
    keys
}
