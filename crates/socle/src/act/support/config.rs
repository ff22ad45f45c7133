//! The configuration without what is secret or leads to people: what may be shown is named here, everything else is left out.
use socle_server::Config;
use toml::Value;

/// What may be shown as it is: addresses, ports, modes. A key that is added later is left out until it stands here.
const SHOWN: [&str; 16] = [
    "language",
    "console.listen",
    "console.url",
    "console.proxies",
    "agents.listen",
    "agents.url",
    "boot.mode",
    "boot.first_chain",
    "boot.interface",
    "boot.address",
    "boot.listen",
    "boot.url",
    "boot.pool",
    "boot.kernel_arguments",
    "webhooks.allow",
    "sign_in.second_factor",
];
const LEFT_OUT: &str = "(left out)";

/// Its text.
pub fn text(config: &Config) -> String {
    let Ok(mut value) = Value::try_from(config) else { return String::new() };
    let kind =
        config.database.url.as_deref().and_then(|url| url.split_once("://")).map(|(scheme, _)| scheme.to_string());
    hide("", &mut value);
    if let (Some(kind), Some(database)) = (kind, value.get_mut("database").and_then(Value::as_table_mut)) {
        database.insert("url".into(), format!("{kind}://{LEFT_OUT}").into());
    }
    toml::to_string(&value).unwrap_or_default()
}

fn hide(path: &str, value: &mut Value) {
    if SHOWN.contains(&path) {
        return;
    }
    match value {
        Value::Table(table) => {
            for (name, inner) in table.iter_mut() {
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                hide(&below, inner);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|inner| hide(path, inner)),
        // Numbers and switches name nobody.
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) => {}
        other => *other = LEFT_OUT.into(),
    }
}

/// Everything in it that must not stand anywhere else either: whole texts that a log may repeat.
pub fn secrets(config: &Config) -> Vec<String> {
    let mut secrets: Vec<String> = config.database.url.iter().cloned().collect();
    if let Some(service) = &config.sign_in.service {
        secrets.push(service.client_id.clone());
        secrets.extend(service.secret_file.iter().filter_map(|path| std::fs::read_to_string(path).ok()));
    }
    if let Some(directory) = &config.sign_in.directory {
        secrets.push(directory.base.clone());
        secrets.extend(directory.bind_dn.clone());
        secrets.extend(directory.password_file.iter().filter_map(|path| std::fs::read_to_string(path).ok()));
    }
    let password = |url: &String| {
        let inside = url.split_once("://")?.1.rsplit_once('@')?.0;
        Some(inside.split_once(':').map_or(inside, |(_, password)| password).to_string())
    };
    let passwords: Vec<String> = config.database.url.iter().filter_map(password).collect();
    secrets.extend(passwords);
    secrets.iter().map(|s| s.trim().to_string()).filter(|s| s.len() >= 3).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn nothing_but_what_is_named_stands_in_it() {
        let typed = "language = 'en'\n[database]\nurl = 'postgres://socle:hunter2@db.example/socle'\n\
            [boot]\nmode = 'proxy'\ninterface = 'eth0'\n[sign_in.service]\nname = 'Jeanne Martin'\n\
            issuer = 'https://id.example'\nclient_id = 'socle-at-lyceum'\n[[sign_in.service.grant]]\n\
            group = 'amis-de-jeanne'\nrole = 'technician'\n";
        let config = Config::parse(typed, Path::new("x"))
            .or_else(|_| Config::parse(&typed[..typed.find("[[").unwrap_or(typed.len())], Path::new("x")));
        let config = config.expect("a configuration");
        let shown = text(&config);
        for hidden in ["hunter2", "db.example", "Jeanne", "id.example", "socle-at-lyceum", "amis"] {
            assert!(!shown.contains(hidden), "{hidden}: {shown}");
        }
        for kept in ["postgres://", "eth0", "proxy", "0.0.0.0:8443"] {
            assert!(shown.contains(kept), "{kept}: {shown}");
        }
        assert!(secrets(&config).iter().any(|s| s == "hunter2"));
    }
}
