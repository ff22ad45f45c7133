//! On the machine: runs steps; PID 1 when booted, a service when installed.
use socle_agent::{facts, init, installed, network::link::Card, presence};
use socle_texts::{Lang, Result, next_step, tell};
use std::process::ExitCode;

fn main() -> ExitCode {
    if std::process::id() == 1 {
        init::supervise()
    }
    match std::env::args().nth(1).as_deref() {
        Some(init::WORK) if rustix::process::getppid().is_some_and(|p| p.is_init()) => socle_agent::boot::work(),
        Some("report") => ended(installed::report(installed::config_path()).map(drop)),
        Some("stay") => ended(presence::stay(installed::config_path())),
        Some("facts") => {
            println!("{}", serde_json::to_string_pretty(&facts::gather(&Card::all(None))).unwrap_or_default());
            ExitCode::SUCCESS
        }
        Some("--version") => {
            println!("socle-agent {}", socle_agent::VERSION);
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("socle-agent report | stay | facts | --version");
            ExitCode::from(2)
        }
    }
}

fn ended(done: Result<()>) -> ExitCode {
    let Err(fault) = done else { return ExitCode::SUCCESS };
    let lang = std::env::var("LANG").ok().and_then(|l| Lang::choose(&l)).unwrap_or_default();
    eprintln!("{}", tell(lang, &fault));
    if let Some(next) = next_step(lang, &fault) {
        eprintln!("{next}");
    }
    ExitCode::FAILURE
}
