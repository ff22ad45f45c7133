//! One pass between two servers on this computer, for tests that stop it at any moment and for measurements:
//! `mover SOURCE_PORT TARGET_PORT USER STATE_FOLDER`. Its last line is the report as JSON.
use socle_mail::{
    Auth, Endpoint, Side,
    copy::{Move, Stop},
    endpoint::Tls,
    mapping::Rules,
};
use std::{path::Path, process::ExitCode, time::Duration};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let [_, source, target, user, state] = args.as_slice() else {
        eprintln!("mover SOURCE_PORT TARGET_PORT USER STATE_FOLDER");
        return ExitCode::from(2);
    };
    let endpoint = |side, port: &str| Endpoint {
        side,
        host: "127.0.0.1".into(),
        port: port.parse().unwrap_or(0),
        tls: Tls::None,
        auth: Auth::Login { user: user.clone(), password: "pass".into() },
        patience: Duration::from_secs(120),
    };
    let (source, target) = (endpoint(Side::Source, source), endpoint(Side::Target, target));
    let patience = Duration::from_secs(60);
    match (Move { source: &source, target: &target, state: Path::new(state), rules: &Rules::default(), patience })
        .pass()
    {
        Ok(report) => {
            println!("{}", serde_json::to_string(&report).unwrap_or_default());
            ExitCode::SUCCESS
        }
        Err(Stop::Parked { seconds, fault }) => {
            eprintln!("parked for {seconds} s: {fault}");
            ExitCode::from(3)
        }
        Err(Stop::Failed(fault)) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}
