//! `socle bootenv build`: the boot environment, signed with the content key, put where the server looks for it.
mod signed;

use super::{
    now,
    say::{answer, words},
    tokens::read,
};
use crate::{
    image::Voice,
    shape::{BootenvWhat, Build},
};
use signed::SecureBoot;
use socle_boot::environment::{BIOS_LOADER, ImageSigner, Recipe, build as build_environment};
use socle_domain::{
    Digest,
    keys::{EnvironmentRelease, Generations},
    sign::{Signed, Signer},
};
use socle_server::{
    Data, RELEASE_FILE,
    config::is_https_address,
    data::{Keys, to_json, write},
};
use socle_texts::{Fault, Lang, Result};
use socle_trust::KeyPair;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

const TOOLS: [&str; 4] = ["e2fsck", "fsck.fat", "resize2fs", "tune2fs"];
/// Where Debian's package `ipxe` has it.
const USUAL_LOADER: &str = "/usr/lib/ipxe/snponly.efi";

/// What the agent is told (the agent's `config`): no secret.
#[derive(serde::Serialize)]
struct AgentConfig {
    server: String,
    pin: Digest,
    content_key: socle_domain::sign::PublicKey,
    lang: Lang,
    #[serde(skip_serializing_if = "Generations::is_empty")]
    lowest: Generations,
    #[serde(skip_serializing_if = "Option::is_none")]
    boot_certificate: Option<Digest>,
}

/// Carries out a command about the boot environment.
pub fn act(what: &BootenvWhat, database: Option<&str>, voice: Voice) -> Result<bool> {
    let BootenvWhat::Build(args) = what;
    let (data, config) = (Data::new(&args.data)?, read(args.config.as_deref(), database)?);
    let keys = Keys::load_or_create(&data, now())?;
    let content_file = args.key.clone().unwrap_or_else(|| data.content_key());
    let content = KeyPair::load(&content_file)?;
    if content.public() != keys.content {
        return Err(Fault::new("socle-content-key-other").with("path", &data.content_public()));
    }
    let url = args.url.clone().or(config.agents.url).filter(|u| is_https_address(u));
    let secure = SecureBoot::prepare(args, &content_file, &keys.content)?;
    let agent = AgentConfig {
        server: url.ok_or_else(|| Fault::new("socle-url-missing"))?,
        pin: keys.tls.pin()?,
        content_key: keys.content,
        lang: config.language,
        lowest: generations(&args.lowest)?,
        boot_certificate: secure.signer.as_ref().map(|s| Digest::of(s.certificate())),
    };
    let (kernel, modules) = kernel(&args.kernel)?;
    let loader = loader(args)?;
    let recipe = Recipe {
        kernel,
        modules,
        agent: args.agent.clone(),
        tools: TOOLS.iter().map(|name| tool(name)).collect::<Result<_>>()?,
        library_folders: Recipe::usual_library_folders(),
        public: BTreeMap::from([("etc/socle/agent.json".to_string(), to_json(&agent)?)]),
        // Debian's package has the one for BIOS beside that for UEFI.
        bios_loader: Some(loader.with_file_name(BIOS_LOADER)).filter(|path| path.is_file()),
        loader: Some(loader),
        served: secure.served.clone(),
        uki: secure.uki(&config.boot.kernel_arguments),
        compression_level: args.level,
        out: data.environment(),
    };
    let built = build_environment(&recipe)?;
    let release = EnvironmentRelease {
        manifest: Digest::of(&built.manifest_bytes),
        at: now(),
        lowest: generations(&args.lowest)?,
    };
    write(&data.environment().join(RELEASE_FILE), &to_json(&Signed::new(&release, &content))?)?;
    let bytes: u64 = built.manifest.files.values().map(|f| f.bytes).sum();
    let said = serde_json::json!({
        "folder": data.environment(), "kernel": built.manifest.kernel_version, "bytes": bytes, "manifest": release.manifest,
        "signed_image": secure.signer.is_some(), "missing": secure.missing.iter().map(|m| &m.path).collect::<Vec<_>>(),
    });
    let values = [
        ("path", (&data.environment()).into()),
        ("kernel", (&built.manifest.kernel_version).into()),
        ("mebibytes", (bytes >> 20).into()),
    ];
    let lines = std::iter::once(words(voice, "socle-environment-built", &values)).chain(secure.say(&data, voice));
    answer(&said, voice, |_| lines.collect::<Vec<_>>().join("\n"))
}

/// The lowest generations that its agents shall accept: `NAME=GENERATION`.
fn generations(wishes: &[String]) -> Result<Generations> {
    let one = |wish: &String| {
        let read = wish.split_once('=').and_then(|(name, number)| Some((name.to_string(), number.parse().ok()?)));
        read.ok_or_else(|| Fault::new("socle-generation-wrong").with("value", wish))
    };
    Ok(Generations(wishes.iter().map(one).collect::<Result<_>>()?))
}

/// The loader that is signed with the environment: the one given, else Debian's.
fn loader(args: &Build) -> Result<PathBuf> {
    let path = args.loader.clone().unwrap_or_else(|| PathBuf::from(USUAL_LOADER));
    if path.is_file() { Ok(path) } else { Err(Fault::new("socle-loader-missing").with("path", &path)) }
}

fn tool(name: &str) -> Result<PathBuf> {
    let places = ["/usr/sbin", "/sbin", "/usr/bin"].map(|p| Path::new(p).join(name));
    places.into_iter().find(|p| p.is_file()).ok_or_else(|| Fault::new("socle-tool-missing").with("tool", name))
}

/// The newest kernel below a root folder that has its modules, and these.
fn kernel(root: &Path) -> Result<(PathBuf, PathBuf)> {
    let numbers = |version: &str| -> Vec<u64> {
        version.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect()
    };
    let names = fs::read_dir(root.join("boot")).into_iter().flatten().flatten();
    let versions = names.filter_map(|f| f.file_name().to_str()?.strip_prefix("vmlinuz-").map(str::to_string));
    let found = versions.filter_map(|version| {
        let modules = ["usr/lib/modules", "lib/modules"].map(|p| root.join(p).join(&version));
        let modules = modules.into_iter().find(|m| m.is_dir())?;
        Some((numbers(&version), root.join("boot").join(format!("vmlinuz-{version}")), modules))
    });
    let newest = found.max_by(|a, b| a.0.cmp(&b.0)).map(|(_, kernel, modules)| (kernel, modules));
    newest.ok_or_else(|| Fault::new("socle-kernel-missing").with("path", root))
}
