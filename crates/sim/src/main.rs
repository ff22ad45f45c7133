//! `socle-sim fleet …` and `socle-sim centre …`: figures as JSON lines on standard output, what goes on on standard error.
use socle_sim::{Done, During, centre, figures::Figures, fleet::Fleet, story};
use std::{collections::BTreeMap, path::PathBuf, process::ExitCode, str::FromStr, time::Duration};

const USAGE: &str = "\
socle-sim fleet  --program SOCLE --work FOLDER [--enrolled N] [--speaking N] [--hurry TIMES] [--ramp SECONDS]
                 [--steady SECONDS] [--runs N] [--back SECONDS] [--database URL] [--core N] [--keep yes]
socle-sim centre --program SOCLE --work FOLDER [--enrolled N] [--resolved N] [--times N] [--database URL] [--keep yes]";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("{trouble}");
            ExitCode::FAILURE
        }
    }
}

/// `--name value` pairs.
struct Options(BTreeMap<String, String>);

impl Options {
    fn read(args: &[String]) -> Done<Options> {
        let mut options = BTreeMap::new();
        for pair in args.chunks(2) {
            let [name, value] = pair else { return Err(USAGE.into()) };
            let Some(name) = name.strip_prefix("--") else { return Err(USAGE.into()) };
            options.insert(name.to_string(), value.clone());
        }
        Ok(Options(options))
    }
    fn take<T: FromStr>(&mut self, name: &str, otherwise: T) -> Done<T>
    where
        T::Err: std::fmt::Display,
    {
        self.0.remove(name).map_or(Ok(otherwise), |text| text.parse().during(format!("--{name} {text}")))
    }
    fn maybe<T: FromStr>(&mut self, name: &str) -> Done<Option<T>>
    where
        T::Err: std::fmt::Display,
    {
        self.0.remove(name).map(|text| text.parse().during(format!("--{name} {text}"))).transpose()
    }
    fn must(&mut self, name: &str) -> Done<PathBuf> {
        self.0.remove(name).map(PathBuf::from).ok_or_else(|| format!("--{name} is missing\n{USAGE}"))
    }
    fn end(self) -> Done {
        match self.0.into_keys().next() {
            Some(unknown) => Err(format!("there is no --{unknown}\n{USAGE}")),
            None => Ok(()),
        }
    }
}

fn run() -> Done {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some((what, rest)) = args.split_first() else { return Err(USAGE.into()) };
    let mut options = Options::read(rest)?;
    let figures = Figures::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().during("starting")?;
    let seconds = Duration::from_secs_f64;
    match what.as_str() {
        "fleet" => {
            let fleet = Fleet::national(options.take("enrolled", 100_000)?);
            let plan = story::Plan {
                speaking: options.take("speaking", fleet.machines)?.min(fleet.machines),
                fleet,
                hurry: options.take("hurry", 1.0)?,
                ramp: seconds(options.take("ramp", 240.0)?),
                steady: seconds(options.take("steady", 900.0)?),
                runs: options.take("runs", 1_000)?,
                back: seconds(options.take("back", 300.0)?),
                program: options.must("program")?,
                work: options.must("work")?,
                database: options.maybe("database")?,
                core: options.maybe("core")?,
                keep: options.maybe::<String>("keep")?.is_some(),
            };
            options.end()?;
            runtime.block_on(story::tell(&plan, &figures))
        }
        "centre" => {
            let fleet = Fleet::national(options.take("enrolled", 100_000)?);
            let plan = centre::Plan {
                resolved: options.take("resolved", fleet.machines)?,
                fleet,
                times: options.take("times", 300)?,
                program: options.must("program")?,
                work: options.must("work")?,
                database: options.maybe("database")?,
                keep: options.maybe::<String>("keep")?.is_some(),
            };
            options.end()?;
            runtime.block_on(centre::measure(&plan, &figures))
        }
        _ => Err(USAGE.into()),
    }
}
