//! What people and the centre ask of a large organisation: lists, searches, explanations, the resolution of everything;
//! and what it costs that nobody sees another body's rows.
use crate::{
    Done, During,
    figures::{Figures, Times, load, say},
    fleet::Fleet,
    line::{Talk, plain},
    seed,
    server::{Folder, Place, Server},
};
use socle_db::{
    Conn, Db, Offered, Scope,
    listing::{self, MachineFilter},
    machines::{self, Machine},
    option_rules, search, settings,
};
use socle_domain::{
    RuleId, UnitId,
    latitude::Latitude,
    option::OptionSpec,
    resolve::{Case, Declared, Resolved, Setting, Source, resolve},
    rule::{Rule, Verdict, decide, seen},
    sequence::Condition,
    target::{Target, TargetKind},
};
use socle_server::{Config, Data, data::Keys};
use socle_texts::Result;
use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    time::{Duration, Instant},
};
use tokio::net::TcpStream;

/// What is measured.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Who is enrolled.
    pub fleet: Fleet,
    /// Machines whose options are all resolved.
    pub resolved: u32,
    /// How often each question is asked.
    pub times: u32,
    /// The administrator's program.
    pub program: PathBuf,
    /// Where the data of this run goes.
    pub work: PathBuf,
    /// The database, where it is not SQLite.
    pub database: Option<String>,
    /// Whether the folder stays.
    pub keep: bool,
}

/// Options of the simulated master.
const OPTIONS: u32 = 30;
/// Rules of the centre; each body has one more.
const RULES: u32 = 20;
const PAGE: u32 = 50;

/// Measures it.
pub async fn measure(plan: &Plan, figures: &Figures) -> Done {
    let start = Instant::now();
    let word = if plan.database.is_some() { "PostgreSQL" } else { "SQLite" };
    let name = |what: &str| format!("centre, {word}: {what}");
    figures.add(name("load before"), load(), "programs");
    let folder = Folder::new(&plan.work, plan.keep)?;
    let place = Place {
        program: plan.program.clone(),
        folder: folder.path.clone(),
        database: plan.database.clone(),
        core: None,
    };
    place.configure()?;
    let data = Data::new(&place.data()).during("making the data folder")?;
    let keys = Keys::load_or_create(&data, seed::began()).during("making keys")?;
    let db = match &plan.database {
        Some(url) => Db::url(url, seed::began()).await,
        None => Db::file(&data.database(), seed::began()).await,
    }
    .during("making the database")?;
    seed::organisation(&plan.fleet, &db).await?;
    figures.add(name("units founded in"), start.elapsed().as_secs_f64(), "s");
    let begin = Instant::now();
    seed::machines(&plan.fleet, &db, &keys.server, start).await?;
    decisions(&plan.fleet, &db).await.during("deciding options")?;
    figures.add(name("machines"), f64::from(plan.fleet.machines), "machines");
    figures.add(name("written in"), begin.elapsed().as_secs_f64(), "s");
    db.learn().await.during("counting what is there")?;
    say(start, format!("{word}: questions"));
    questions(plan, &db, figures, &name).await.during("asking")?;
    scoping(plan, &db, figures, &name).await.during("asking with and without a scope")?;
    say(start, format!("{word}: all options of {} machines", plan.resolved));
    everything(plan, &db, figures, &name).await.during("resolving")?;
    db.close().await;
    if plan.database.is_none() {
        let bytes = std::fs::metadata(data.database()).map_or(0, |m| m.len());
        figures.add(name("size of the database"), bytes as f64 / f64::from(1 << 20), "MiB");
    }
    say(start, format!("{word}: through the server"));
    let config = Config::read(&place.config()).during("reading the configuration")?;
    let token = socle_server::first_start::new_token(&data, &config, "simulated", 1, crate::now()).await;
    pages(plan, &place, &token.during("making a token")?, figures, &name).await?;
    figures.add(name("load after"), load(), "programs");
    Ok(())
}

fn option_name(n: u32) -> String {
    format!("option-{n:02}")
}

/// The options that the simulated master declares.
fn declared() -> Vec<OptionSpec> {
    let spec = |n: u32| {
        let mut spec = OptionSpec::undeclared(&option_name(n), &serde_json::json!(format!("of the master {n}")));
        if n.is_multiple_of(10) {
            spec.latitude = Latitude::Fixed;
        }
        spec
    };
    (0..OPTIONS).map(spec).collect()
}

fn setting(source: Source, n: u32, value: &str) -> Setting {
    let value = Some(serde_json::json!(value));
    Setting { source, option: option_name(n), value, narrows: None, by: "simulated".into(), at: seed::began() }
}

/// What everybody has decided: the centre a third of the options, each body ten, each site three, some machines one.
async fn decisions(fleet: &Fleet, db: &Db) -> Result<()> {
    let mut tx = db.write().await?;
    let of = |unit: UnitId| Source::Unit { unit };
    for n in 0..10 {
        let mut one = setting(of(UnitId::ROOT), n * 3, "of the centre");
        one.narrows = Some(Latitude::Free);
        settings::put(&mut tx, Scope::ROOT, UnitId::ROOT, &one).await?;
    }
    for body in 0..fleet.bodies {
        let unit = fleet.body(body);
        for n in 0..10 {
            settings::put(&mut tx, Scope::ROOT, unit, &setting(of(unit), (n * 2 + body) % OPTIONS, "of a body"))
                .await?;
        }
        option_rules::put(&mut tx, Scope::ROOT, &rule(fleet, unit, RULES + body)).await?;
    }
    for site in 0..fleet.bodies * fleet.sites {
        let unit = fleet.site(site);
        for n in 0..3 {
            settings::put(&mut tx, Scope::ROOT, unit, &setting(of(unit), (n * 5 + site) % OPTIONS, "of a site"))
                .await?;
        }
    }
    for n in 0..RULES {
        option_rules::put(&mut tx, Scope::ROOT, &rule(fleet, UnitId::ROOT, n)).await?;
    }
    for n in (0..fleet.machines).step_by(20) {
        let machine = fleet.target(n);
        let one = setting(Source::Machine { machine }, n % OPTIONS, "of a machine");
        settings::put_for_machine(&mut tx, Scope::ROOT, machine, &one).await?;
    }
    tx.commit().await
}

fn rule(fleet: &Fleet, unit: UnitId, n: u32) -> Rule {
    let conditions = [
        "facts.memory_bytes >= 8589934592",
        "facts.product.startsWith('OptiPlex')",
        "facts.tpm && facts.firmware == 'uefi'",
        "facts.disks.exists(d, d.transport == 'nvme' && d.size_bytes > 200000000000)",
        "target.name.endsWith('7')",
    ];
    Rule {
        id: RuleId::new(crate::fleet::BEGAN_MS, fleet.ten("rule", n)),
        unit,
        name: format!("rule {n}"),
        order: n,
        when: conditions[n as usize % conditions.len()].into(),
        sets: BTreeMap::from([(option_name(n * 7 % OPTIONS), serde_json::json!(format!("of rule {n}")))]),
        by: "simulated".into(),
        at: seed::began(),
    }
}

/// Asks something often.
async fn often<T>(times: u32, db: &Db, mut ask: impl AsyncFnMut(&mut Conn, u32) -> Result<T>) -> Result<Times> {
    let mut conn = db.read().await?;
    let mut counted = Times::default();
    for n in 0..times {
        let begin = Instant::now();
        std::hint::black_box(ask(&mut conn, n).await?);
        counted.add(begin.elapsed());
    }
    Ok(counted)
}

async fn questions(plan: &Plan, db: &Db, figures: &Figures, name: &dyn Fn(&str) -> String) -> Result<()> {
    let fleet = &plan.fleet;
    let body = |n: u32| Scope::of(fleet.body(n % fleet.bodies));
    let any = MachineFilter::default();
    let deep = fleet.target(fleet.machines / 2).to_string();
    let other = |n: u32| n.wrapping_mul(7919) % fleet.machines;

    let times = often(plan.times, db, async |conn, n| listing::machines(conn, body(n), &any, None, PAGE).await).await?;
    figures.times(&name("list page of a body"), &times);
    let times =
        often(plan.times, db, async |conn, n| listing::machines(conn, body(n), &any, Some(&deep), PAGE).await).await?;
    figures.times(&name("list page of a body, from its middle"), &times);
    let times =
        often(plan.times, db, async |conn, _| listing::machines(conn, Scope::ROOT, &any, Some(&deep), PAGE).await);
    figures.times(&name("list page of the centre, from its middle"), &times.await?);
    let times = often(plan.times, db, async |conn, n| machines::counts(conn, body(n)).await).await?;
    figures.times(&name("counts of a body"), &times);
    let times = often(plan.times / 10, db, async |conn, _| machines::counts(conn, Scope::ROOT).await).await?;
    figures.times(&name("counts of the centre"), &times);

    let texts: [(&str, Box<dyn Fn(u32) -> String>); 4] = [
        ("name", Box::new(|n| fleet.name(other(n)))),
        ("beginning of a name", Box::new(|n| fleet.name(other(n))[..14].to_string())),
        ("serial", Box::new(|n| fleet.hints(other(n)).serial.unwrap_or_default())),
        ("address", Box::new(|n| fleet.hints(other(n)).macs.concat())),
    ];
    for (what, text) in &texts {
        let find = async |conn: &mut Conn, n: u32| search::find(conn, Scope::ROOT, &text(n), None, PAGE).await;
        let times = often(plan.times, db, find).await?;
        figures.times(&name(&format!("search of the centre, by {what}")), &times);
        let find = async |conn: &mut Conn, n: u32| search::find(conn, body(n), &text(n), None, PAGE).await;
        figures.times(&name(&format!("search of a body, by {what}")), &often(plan.times, db, find).await?);
    }

    let specs = declared();
    let explain = async |conn: &mut Conn, n: u32| explained(conn, &specs, fleet, other(n)).await;
    figures.times(&name("explain all options of a machine"), &often(plan.times, db, explain).await?);
    Ok(())
}

/// Every option of one machine, with who decided it, as the server answers it.
async fn explained(conn: &mut Conn, specs: &[OptionSpec], fleet: &Fleet, n: u32) -> Result<Vec<Resolved>> {
    let Some(machine) = machines::by_id(conn, Scope::ROOT, fleet.target(n)).await? else { return Ok(Vec::new()) };
    let to = Offered::to(machine.unit);
    let path = settings::way(conn, to).await?;
    let mut all = settings::on_the_way(conn, to).await?;
    all.extend(settings::of_machine(conn, Scope::ROOT, machine.id).await?);
    let rules = option_rules::on_the_way(conn, to).await?;
    let conditions: Vec<(Rule, Condition)> =
        rules.into_iter().filter_map(|rule| rule.condition().ok().map(|c| (rule, c))).collect();
    let matching = matching(&machine, &conditions.iter().collect::<Vec<_>>());
    all.extend(matching);
    let all: Vec<&Setting> = all.iter().collect();
    let case = Case { path: &path, is_machine: true };
    let one = |spec| resolve(Declared { spec, at: seed::began() }, case, &all);
    Ok(specs.iter().map(one).collect())
}

fn matching(machine: &Machine, rules: &[&(Rule, Condition)]) -> Vec<Setting> {
    let name = machine.name.clone().unwrap_or_default();
    let target = Target { id: machine.id, kind: TargetKind::Machine, unit: machine.unit, name };
    let Ok(seen) = seen(&machine.facts, &target) else { return Vec::new() };
    let holds = rules.iter().filter(|(_, condition)| decide(condition, &seen) == Verdict::Matches {});
    holds.flat_map(|(rule, _)| rule.settings()).collect()
}

/// The same questions through the scope of a unit that holds all bodies, and without any: what a scope costs.
async fn scoping(plan: &Plan, db: &Db, figures: &Figures, name: &dyn Fn(&str) -> String) -> Result<()> {
    let fleet = &plan.fleet;
    let (all, none) = (Scope::of(fleet.federation()), Scope::ROOT);
    let any = MachineFilter::default();
    let after = |n: u32| fleet.target(n.wrapping_mul(104_729) % fleet.machines).to_string();
    let other = |n: u32| fleet.target(n.wrapping_mul(7919) % fleet.machines);
    let mut conn = db.read().await?;
    let (mut with, mut without): (Vec<Times>, Vec<Times>) =
        ((0..3).map(|_| Times::default()).collect(), (0..3).map(|_| Times::default()).collect());
    // One after the other, so that both meet the same computer; in turn, because who asks first reads what the second
    // finds in memory.
    for n in 0..plan.times {
        let mut both = [(all, &mut with), (none, &mut without)];
        both.rotate_left(n as usize % 2);
        for (scope, times) in both {
            let begin = Instant::now();
            let page = listing::machines(&mut conn, scope, &any, Some(&after(n)), PAGE).await?;
            times[0].add(begin.elapsed());
            let begin = Instant::now();
            let one = machines::by_id(&mut conn, scope, other(n)).await?;
            times[1].add(begin.elapsed());
            let begin = Instant::now();
            let found = search::find(&mut conn, scope, &fleet.name(n % fleet.machines), None, PAGE).await?;
            times[2].add(begin.elapsed());
            std::hint::black_box((page, one, found));
        }
    }
    let half = |times: &Times| times.of_thousand(500).as_secs_f64();
    for (index, what) in ["list page", "one machine", "search"].into_iter().enumerate() {
        let (with, without) = (half(&with[index]), half(&without[index]));
        figures.add(name(&format!("{what}, without a scope")), without * 1000.0, "ms");
        figures.add(name(&format!("{what}, within a scope of all")), with * 1000.0, "ms");
        figures.add(name(&format!("{what}, cost of the scope")), (with / without - 1.0) * 100.0, "%");
    }
    let sum = |times: &[Times]| times.iter().map(half).sum::<f64>();
    figures.add(name("cost of the scope"), (sum(&with) / sum(&without) - 1.0) * 100.0, "%");
    Ok(())
}

/// All options of all machines: what a campaign asks before it begins.
async fn everything(plan: &Plan, db: &Db, figures: &Figures, name: &dyn Fn(&str) -> String) -> Result<()> {
    let begin = Instant::now();
    let mut conn = db.read().await?;
    let specs = declared();
    let decided = settings::below(&mut conn, Scope::ROOT).await?;
    let mut of_unit: HashMap<UnitId, Vec<&Setting>> = HashMap::new();
    for one in &decided {
        if let Source::Unit { unit } = &one.source {
            of_unit.entry(*unit).or_default().push(one);
        }
    }
    let own = settings::of_machines_below(&mut conn, Scope::ROOT).await?;
    let mut of_machine: HashMap<_, Vec<&Setting>> = HashMap::new();
    for one in &own {
        if let Source::Machine { machine } = &one.source {
            of_machine.entry(*machine).or_default().push(one);
        }
    }
    let rules: Vec<(Rule, Condition)> = option_rules::list(&mut conn, Scope::ROOT)
        .await?
        .into_iter()
        .filter_map(|rule| rule.condition().ok().map(|c| (rule, c)))
        .collect();
    let mut rules_of: HashMap<UnitId, Vec<&(Rule, Condition)>> = HashMap::new();
    rules.iter().for_each(|pair| rules_of.entry(pair.0.unit).or_default().push(pair));
    let mut ways: HashMap<UnitId, Vec<UnitId>> = HashMap::new();
    let (mut after, mut count, mut values) = (None, 0, 0_u64);
    let (mut reading, mut resolving) = (Duration::ZERO, Duration::ZERO);
    while count < plan.resolved {
        let asked = Instant::now();
        let some =
            listing::machines(&mut conn, Scope::ROOT, &MachineFilter::default(), after.as_deref(), 1_000).await?;
        reading += asked.elapsed();
        let Some(last) = some.last() else { break };
        after = Some(last.id.to_string());
        for machine in &some {
            if !ways.contains_key(&machine.unit) {
                let way = settings::way(&mut conn, Offered::to(machine.unit)).await?;
                ways.insert(machine.unit, way);
            }
            let asked = Instant::now();
            let path = &ways[&machine.unit];
            let speaking: Vec<_> = path.iter().filter_map(|u| rules_of.get(u)).flatten().copied().collect();
            let by_rule = matching(machine, &speaking);
            let units = path.iter().filter_map(|u| of_unit.get(u)).flatten().copied();
            let all: Vec<&Setting> =
                units.chain(&by_rule).chain(of_machine.get(&machine.id).into_iter().flatten().copied()).collect();
            let case = Case { path, is_machine: true };
            for spec in &specs {
                let resolved = resolve(Declared { spec, at: seed::began() }, case, &all);
                values += u64::from(resolved.value.is_some());
            }
            resolving += asked.elapsed();
        }
        count += some.len() as u32;
    }
    figures.add(name("options resolved"), values as f64, "values");
    figures.add(name(&format!("all options of {count} machines")), begin.elapsed().as_secs_f64(), "s");
    figures.add(name("of that, reading the machines"), reading.as_secs_f64(), "s");
    figures.add(name("of that, rules and resolution"), resolving.as_secs_f64(), "s");
    Ok(())
}

/// What a scope costs him who waits for the answer: the API asked for the whole organisation, and for the unit that holds
/// all bodies, in turn.
async fn scoped_answers(
    plan: &Plan,
    line: &mut Talk<TcpStream>,
    token: &str,
    figures: &Figures,
    name: &dyn Fn(&str) -> String,
) -> Done {
    let fleet = &plan.fleet;
    let other = |n: u32| n.wrapping_mul(104_729) % fleet.machines;
    let key = |n: u32| data_encoding::BASE64URL_NOPAD.encode(fleet.target(other(n)).to_string().as_bytes());
    let asked: [(&str, Box<dyn Fn(u32) -> String>); 3] = [
        ("list page", Box::new(|n| format!("/api/v1/machines?limit=50&after={}", key(n)))),
        ("one machine", Box::new(|n| format!("/api/v1/machines/{}?", fleet.target(other(n))))),
        ("search", Box::new(|n| format!("/api/v1/search?q={}", fleet.name(other(n))))),
    ];
    let (mut with, mut without) = (0.0, 0.0);
    for (what, path) in &asked {
        let mut times = [Times::default(), Times::default()];
        for n in 0..plan.times {
            for scoped in if n % 2 == 0 { [0, 1] } else { [1, 0] } {
                let unit = if scoped == 1 { format!("&unit={}", fleet.federation()) } else { String::new() };
                let begin = Instant::now();
                line.ask("GET", &format!("{}{unit}", path(n)), Some(token), None, Duration::from_secs(60))
                    .await
                    .during("asking the API")?;
                times[scoped].add(begin.elapsed());
            }
        }
        let [all, scoped] = times.map(|times| times.of_thousand(500).as_secs_f64());
        figures.add(name(&format!("API, {what}, cost of the scope")), (scoped / all - 1.0) * 100.0, "%");
        (with, without) = (with + scoped, without + all);
    }
    figures.add(name("API, cost of the scope"), (with / without - 1.0) * 100.0, "%");
    Ok(())
}

/// What people wait for: pages and answers of the real server.
async fn pages(plan: &Plan, place: &Place, token: &str, figures: &Figures, name: &dyn Fn(&str) -> String) -> Done {
    let server = Server::start(place)?;
    let mut line = plain(server.console).await.during("reaching the console")?;
    let fleet = &plan.fleet;
    let other = |n: u32| n.wrapping_mul(7919) % fleet.machines;
    let asked: [(&str, Box<dyn Fn(u32) -> String>); 5] = [
        ("API, list page", Box::new(|_| "/api/v1/machines?limit=50".into())),
        ("API, one machine", Box::new(|n| format!("/api/v1/machines/{}", fleet.target(other(n))))),
        ("console, machines", Box::new(|_| "/machines".into())),
        ("console, machines found by name", Box::new(|n| format!("/machines?q={}", fleet.name(other(n))))),
        ("console, today", Box::new(|_| "/".into())),
    ];
    for (what, path) in &asked {
        let mut times = Times::default();
        for n in 0..(plan.times / 10).max(5) {
            let begin = Instant::now();
            match line.ask("GET", &path(n), Some(token), None, Duration::from_secs(60)).await {
                Ok(_) => times.add(begin.elapsed()),
                // A door that does not open shows itself as a figure, and the others are still measured.
                Err(trouble) => {
                    eprintln!("{}: {trouble}", path(n));
                    line = plain(server.console).await.during("reaching the console")?;
                    break;
                }
            }
        }
        if times.count() > 0 {
            figures.times(&name(what), &times);
        }
    }
    scoped_answers(plan, &mut line, token, figures, name).await?;
    figures.add(name("server's peak memory"), server.peak_bytes() as f64 / f64::from(1 << 20), "MiB");
    server.stop()
}
