//! The firewall of this computer: whether what machines say to the server's ports comes through.
//!
//! `nft` lists the rules; a new packet is then followed through them, as far as they speak of ports, protocols, interfaces
//! and states. What they ask beyond that (a source address, a rate, a set of another table) is *perhaps*: nothing is
//! called closed that may be open.
use super::{ports, small};
use crate::Config;
use serde_json::Value;
use socle_wire::diagnosis::{Finding, Part, State};
use std::{
    collections::BTreeMap,
    io::{ErrorKind, Read},
    process::{Command, Stdio},
};

/// Rules of more than this are not read.
const MAX_BYTES: u64 = 16 << 20;
/// How deep chains call one another (nftables' own limit is 16).
const MAX_DEPTH: usize = 16;

/// A packet that begins a conversation.
#[derive(Debug, Clone)]
pub struct Packet<'a> {
    /// UDP, else TCP.
    pub udp: bool,
    /// To which port.
    pub port: u16,
    /// On which interface it comes, where that is known.
    pub interface: Option<&'a str>,
}

/// What becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It comes through.
    Open,
    /// It does not; the table and chain that say so.
    Closed(String),
    /// It depends on what is not known here.
    Perhaps(String),
}

/// Looks at it.
pub(super) fn look(config: &Config) -> Vec<Finding> {
    let about = |state, code| Finding::new(Part::Firewall, state, code);
    // Rules of the old kind are not among those that `nft` lists.
    if small("/proc/thread-self/net/ip_tables_names").is_ok_and(|names| !names.trim().is_empty()) {
        return vec![about(State::Unseen, "doctor-firewall-legacy")];
    }
    let rules = match rules() {
        Ok(rules) => rules,
        Err(finding) => return vec![*finding],
    };
    let interface = config.boot.interface.as_deref();
    let mut closed: BTreeMap<(State, String), Vec<String>> = BTreeMap::new();
    for needed in ports::needed(config).iter().filter(|n| !n.address.is_loopback()) {
        let named = format!("{}/{}", if needed.udp { "udp" } else { "tcp" }, needed.port);
        match verdict(&rules, &Packet { udp: needed.udp, port: needed.port, interface }) {
            Verdict::Open => {}
            Verdict::Closed(chain) => closed.entry((State::Wrong, chain)).or_default().push(named),
            Verdict::Perhaps(chain) => closed.entry((State::Attention, chain)).or_default().push(named),
        }
    }
    if closed.is_empty() {
        return vec![about(State::Good, "doctor-firewall-good")];
    }
    let one = |((state, chain), ports): ((State, String), Vec<String>)| {
        let code = if state == State::Wrong { "doctor-firewall-closed" } else { "doctor-firewall-perhaps" };
        about(state, code).with("ports", ports.join(", ")).with("chain", chain)
    };
    closed.into_iter().map(one).collect()
}

/// The rules, or why they are not known.
fn rules() -> Result<Value, Box<Finding>> {
    let unseen = |code, cause: String| Box::new(Finding::new(Part::Firewall, State::Unseen, code).because(cause));
    let places = ["/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft"];
    let Some(nft) = places.iter().find(|p| std::path::Path::new(p).exists()) else {
        return Err(Box::new(Finding::new(Part::Firewall, State::Unseen, "doctor-firewall-no-tool")));
    };
    let child = Command::new(nft)
        .args(["-j", "list", "ruleset"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = child.map_err(|e| match e.kind() {
        ErrorKind::NotFound => unseen("doctor-firewall-no-tool", e.to_string()),
        _ => unseen("doctor-firewall-forbidden", e.to_string()),
    })?;
    let mut text = String::new();
    let read = child.stdout.take().map(|out| out.take(MAX_BYTES).read_to_string(&mut text));
    let ended = child.wait();
    match (read, ended) {
        (Some(Ok(_)), Ok(status)) if status.success() => {
            serde_json::from_str(&text).map_err(|e| unseen("doctor-firewall-forbidden", e.to_string()))
        }
        (_, Ok(status)) => Err(unseen("doctor-firewall-forbidden", status.to_string())),
        (_, Err(e)) => Err(unseen("doctor-firewall-forbidden", e.to_string())),
    }
}

/// What becomes of a packet under rules as `nft -j list ruleset` writes them (libnftables-json(5)).
pub fn verdict(ruleset: &Value, packet: &Packet) -> Verdict {
    let rules = Rules { all: ruleset["nftables"].as_array().map(Vec::as_slice).unwrap_or(&[]), packet };
    let mut worst = Verdict::Open;
    for chain in rules.of_kind("chain").filter(|c| is_input(c)) {
        let name = format!("{} {} {}", text(chain, "family"), text(chain, "table"), text(chain, "name"));
        let ended = rules.follow(chain, 0);
        let drops = chain["policy"] == "drop";
        worst = match ended {
            End::Dropped | End::Fell if matches!(ended, End::Dropped) || drops => return Verdict::Closed(name),
            End::Perhaps | End::PerhapsAccepted if drops || ended == End::Perhaps => Verdict::Perhaps(name),
            _ => worst,
        };
    }
    worst
}

fn is_input(chain: &Value) -> bool {
    chain["hook"] == "input" && matches!(text(chain, "family"), "ip" | "inet")
}

fn text<'a>(of: &'a Value, field: &str) -> &'a str {
    of[field].as_str().unwrap_or("")
}

/// How a chain ends for a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Accepted,
    Dropped,
    /// No rule decided.
    Fell,
    /// No rule decided for sure; one that may match accepts.
    PerhapsAccepted,
    /// A rule drops it, unless one before, which may match, has accepted it.
    Perhaps,
}

struct Rules<'a> {
    all: &'a [Value],
    packet: &'a Packet<'a>,
}

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Yes,
    No,
    Perhaps,
}

impl<'a> Rules<'a> {
    fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = &'a Value> + use<'a> {
        self.all.iter().filter_map(move |one| one.get(kind))
    }

    fn follow(&self, chain: &Value, depth: usize) -> End {
        if depth > MAX_DEPTH {
            return End::Fell;
        }
        let mine =
            |r: &&Value| r["family"] == chain["family"] && r["table"] == chain["table"] && r["chain"] == chain["name"];
        let mut perhaps = false;
        for rule in self.of_kind("rule").filter(mine) {
            let (holds, verdict) = self.rule(rule, chain, depth);
            match (holds, verdict) {
                (Holds::No, _) | (_, None | Some(End::Fell)) => {}
                (_, Some(End::PerhapsAccepted)) => perhaps = true,
                (Holds::Yes, Some(End::Accepted)) => return End::Accepted,
                (Holds::Yes, Some(End::Dropped)) if perhaps => return End::Perhaps,
                (Holds::Yes, Some(end)) => return end,
                (Holds::Perhaps, Some(End::Accepted | End::Perhaps)) => perhaps = true,
                // Dropped only in some cases: from a network, above a rate.
                (Holds::Perhaps, Some(End::Dropped)) => {}
            }
            if holds == Holds::Yes
                && rule["expr"].as_array().is_some_and(|e| e.iter().any(|x| x.get("return").is_some()))
            {
                break;
            }
        }
        if perhaps { End::PerhapsAccepted } else { End::Fell }
    }

    /// Whether a rule matches, and what it then does.
    fn rule(&self, rule: &Value, chain: &Value, depth: usize) -> (Holds, Option<End>) {
        let mut holds = Holds::Yes;
        for expr in rule["expr"].as_array().into_iter().flatten() {
            let Some((kind, what)) = expr.as_object().and_then(|o| o.iter().next()) else { continue };
            match kind.as_str() {
                "match" => match self.matches(what, chain) {
                    Holds::No => return (Holds::No, None),
                    Holds::Perhaps => holds = Holds::Perhaps,
                    Holds::Yes => {}
                },
                "accept" => return (holds, Some(End::Accepted)),
                "drop" | "reject" => return (holds, Some(End::Dropped)),
                "jump" | "goto" => return (holds, self.into_chain(&what["target"], chain, depth)),
                "vmap" => return (holds, self.mapped(what, chain, depth)),
                "counter" | "log" | "comment" | "return" | "mangle" | "notrack" => {}
                // A rate, an extension of iptables, a set that is filled: it may or may not match.
                _ => holds = Holds::Perhaps,
            }
        }
        (holds, None)
    }

    fn into_chain(&self, target: &Value, from: &Value, depth: usize) -> Option<End> {
        let same = |c: &&Value| c["family"] == from["family"] && c["table"] == from["table"] && c["name"] == *target;
        let chain = self.of_kind("chain").find(same)?;
        Some(self.follow(chain, depth + 1))
    }

    /// `key vmap { value : verdict, … }`
    fn mapped(&self, vmap: &Value, chain: &Value, depth: usize) -> Option<End> {
        for pair in vmap["data"]["set"].as_array().into_iter().flatten() {
            let (Some(value), Some(verdict)) = (pair.get(0), pair.get(1)) else { continue };
            match self.equal(&vmap["key"], value, chain) {
                Holds::No => {}
                Holds::Perhaps => return Some(End::PerhapsAccepted),
                Holds::Yes => {
                    let (kind, what) = verdict.as_object()?.iter().next()?;
                    return match kind.as_str() {
                        "accept" => Some(End::Accepted),
                        "drop" => Some(End::Dropped),
                        "jump" | "goto" => self.into_chain(&what["target"], chain, depth),
                        _ => None,
                    };
                }
            }
        }
        None
    }

    fn matches(&self, what: &Value, chain: &Value) -> Holds {
        let holds = self.equal(&what["left"], &what["right"], chain);
        match (what["op"].as_str(), holds) {
            (Some("==" | "in"), holds) => holds,
            (Some("!="), Holds::Yes) => Holds::No,
            (Some("!="), Holds::No) => Holds::Yes,
            _ => Holds::Perhaps,
        }
    }

    /// Whether what a rule asks about the packet is that value.
    fn equal(&self, asked: &Value, value: &Value, chain: &Value) -> Holds {
        let protocol = if self.packet.udp { "udp" } else { "tcp" };
        if let Some(payload) = asked.get("payload") {
            return match (text(payload, "protocol"), text(payload, "field")) {
                (p, "dport") if p == protocol || p == "th" => self.is_one_of(&self.packet.port.into(), value, chain),
                ("udp" | "tcp" | "icmp" | "icmpv6" | "ip6" | "sctp", _) if text(payload, "protocol") != protocol => {
                    Holds::No
                }
                ("ip", "protocol") => self.is_one_of(&protocol.into(), value, chain),
                _ => Holds::Perhaps,
            };
        }
        let known: Option<Value> = match asked["meta"]["key"].as_str() {
            Some("l4proto") => Some(protocol.into()),
            Some("nfproto") => Some("ipv4".into()),
            Some("iifname" | "iif") => self.packet.interface.map(Value::from),
            _ if asked["ct"]["key"] == "state" => Some("new".into()),
            _ => None,
        };
        known.map_or(Holds::Perhaps, |known| self.is_one_of(&known, value, chain))
    }

    fn is_one_of(&self, known: &Value, value: &Value, chain: &Value) -> Holds {
        let list = value.as_array().or_else(|| value["set"].as_array());
        if let Some(list) = list {
            let all: Vec<Holds> = list.iter().map(|one| self.is_one_of(known, one, chain)).collect();
            return [Holds::Yes, Holds::Perhaps].into_iter().find(|h| all.contains(h)).unwrap_or(Holds::No);
        }
        if let Some(range) = value["range"].as_array() {
            let (low, high) = (range.first().and_then(Value::as_u64), range.get(1).and_then(Value::as_u64));
            return match (low, known.as_u64(), high) {
                (Some(low), Some(n), Some(high)) if (low..=high).contains(&n) => Holds::Yes,
                (Some(_), Some(_), Some(_)) => Holds::No,
                _ => Holds::Perhaps,
            };
        }
        if let Some(name) = value.as_str().and_then(|v| v.strip_prefix('@')) {
            let mine = |s: &&Value| s["family"] == chain["family"] && s["table"] == chain["table"] && s["name"] == name;
            return match self.of_kind("set").find(mine).and_then(|s| s.get("elem")) {
                Some(elements) => self.is_one_of(known, elements, chain),
                None => Holds::Perhaps,
            };
        }
        // `eth*` stands for all that begin so.
        let begins = |text: &str| value.as_str().and_then(|v| v.strip_suffix('*')).is_some_and(|v| text.starts_with(v));
        match known == value || known.as_str().is_some_and(begins) {
            true => Holds::Yes,
            false => Holds::No,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A table with one input chain, its policy, and rules written as `nft -j` writes them.
    fn ruleset(policy: &str, rules: Vec<Value>) -> Value {
        let mut all = vec![
            json!({"metainfo": {"json_schema_version": 1}}),
            json!({"chain": {"family": "inet", "table": "filter", "name": "input", "hook": "input", "policy": policy}}),
            json!({"chain": {"family": "inet", "table": "filter", "name": "boot"}}),
            json!({"set": {"family": "inet", "table": "filter", "name": "ports", "elem": [67, {"range": [4000, 4100]}]}}),
        ];
        let chain = |r: &Value| r.get("chain").and_then(Value::as_str).unwrap_or("input").to_string();
        all.extend(rules.into_iter().map(|r| {
            let expr = r.get("expr").cloned().unwrap_or(r.clone());
            json!({"rule": {"family": "inet", "table": "filter", "chain": chain(&r), "expr": expr}})
        }));
        json!({ "nftables": all })
    }
    fn dport(protocol: &str, right: Value) -> Value {
        json!({"match": {"op": "==", "left": {"payload": {"protocol": protocol, "field": "dport"}}, "right": right}})
    }
    fn check(policy: &str, rules: Vec<Value>, port: u16, wanted: &str) {
        let packet = Packet { udp: port != 8443, port, interface: Some("eth0") };
        let found = match verdict(&ruleset(policy, rules), &packet) {
            Verdict::Open => "open",
            Verdict::Closed(_) => "closed",
            Verdict::Perhaps(_) => "perhaps",
        };
        assert_eq!(found, wanted, "{port}");
    }

    /// What `nft -j list ruleset` of nftables 1.0.6 wrote of a real table.
    #[test]
    fn real_rules_are_read() {
        let rules: Value = serde_json::from_str(include_str!("firewall-rules.json")).expect("JSON");
        let check = |udp, port, interface, wanted: &str| {
            let found = format!("{:?}", verdict(&rules, &Packet { udp, port, interface: Some(interface) }));
            assert!(found.starts_with(wanted), "{port} on {interface}: {found}");
        };
        check(true, 67, "br0", "Open");
        check(true, 67, "eth1", "Closed(\"inet filter input\")");
        check(false, 8443, "br0", "Open");
        check(false, 8080, "br0", "Closed");
        check(true, 4011, "br0", "Perhaps");
        check(true, 5050, "br0", "Open");
        check(true, 5050, "lo", "Open");
    }

    #[test]
    fn packets_are_followed_through_the_rules() {
        let accept = json!({"accept": null});
        let drop = json!({"drop": null});
        let state = json!({"vmap": {"key": {"ct": {"key": "state"}},
            "data": {"set": [["established", accept], ["invalid", drop]]}}});
        let established =
            json!({"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": ["established", "related"]}});
        let from = json!({"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": "10.0.0.9"}});
        let on = |name: &str| json!({"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": name}});

        assert_eq!(verdict(&json!({}), &Packet { udp: true, port: 67, interface: None }), Verdict::Open);
        check("accept", vec![], 67, "open");
        check("drop", vec![], 67, "closed");
        check("drop", vec![json!([established, accept]), json!([state])], 67, "closed");
        check("drop", vec![json!([dport("udp", json!({"set": [67, 69]})), accept])], 69, "open");
        check("drop", vec![json!([dport("udp", json!({"set": [67, 69]})), accept])], 4011, "closed");
        check("drop", vec![json!([dport("udp", json!({"range": [60, 70]})), {"counter": {}}, accept])], 67, "open");
        check("drop", vec![json!([dport("udp", json!("@ports")), accept])], 4011, "open");
        check("drop", vec![json!([dport("tcp", json!(8443)), accept])], 8443, "open");
        check("drop", vec![json!([dport("tcp", json!(67)), accept])], 67, "closed");
        check("accept", vec![json!([dport("udp", json!(67)), drop])], 67, "closed");
        check("accept", vec![json!([dport("udp", json!(67)), {"reject": null}])], 69, "open");
        check("drop", vec![json!([on("eth0"), accept])], 67, "open");
        check("drop", vec![json!([on("eth*"), accept])], 67, "open");
        check("drop", vec![json!([on("lo"), accept])], 67, "closed");
        // From some addresses only: not known here.
        check("drop", vec![json!([from, accept])], 67, "perhaps");
        check("accept", vec![json!([from, drop])], 67, "open");
        check("drop", vec![json!([{"xt": {"type": "match"}}, accept])], 67, "perhaps");
        // Through another chain, and back from it.
        let jump = json!([{"jump": {"target": "boot"}}]);
        check(
            "drop",
            vec![jump.clone(), json!({"chain": "boot", "expr": [dport("udp", json!(67)), accept]})],
            67,
            "open",
        );
        check(
            "drop",
            vec![jump.clone(), json!({"chain": "boot", "expr": [dport("udp", json!(67)), accept]})],
            69,
            "closed",
        );
        check("accept", vec![jump, json!({"chain": "boot", "expr": [dport("udp", json!(69)), drop]})], 69, "closed");
    }
}
