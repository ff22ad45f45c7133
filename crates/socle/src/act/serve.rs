//! `socle serve`.
use super::{say::words, tokens::read};
use crate::{image::Voice, out, shape::Serve};
use socle_server::{
    clock::SystemClock,
    first_start::LINK_HOURS,
    routes::Door,
    serve::{Server, asked_to_stop},
};
use socle_texts::{Fault, Result};
use std::sync::Arc;

/// Runs the server until it is asked to stop.
pub fn serve(args: &Serve, database: Option<&str>, voice: Voice) -> Result<bool> {
    let config = read(args.config.as_deref(), database)?;
    log();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Fault::new("server-broken").because(e))?;
    let data = args.data.clone();
    runtime.block_on(async move {
        let url = config.console.url();
        let server = Server::open(&data, config, Arc::new(SystemClock)).await?;
        // Taken before anybody is told that the server is there.
        let stop = asked_to_stop();
        greet(&server, &url, voice);
        server.run(stop).await
    })?;
    Ok(true)
}

fn greet(server: &Server, url: &str, voice: Voice) {
    let address = |door| server.address(door).map(|a| a.to_string()).unwrap_or_default();
    let (agents, boot) = (address(Door::Agents), address(Door::Boot));
    if voice.json {
        let line = serde_json::json!({
            "console": url, "console_address": address(Door::Console), "agents": agents, "boot": boot,
            "link": server.link(), "pin": server.pin().ok(), "content_key": server.house().keys.content,
        });
        out::line(line);
        return;
    }
    let values = [("url", url.into()), ("agents", agents.into()), ("boot", boot.into())];
    out::line(words(voice, "socle-serving", &values));
    if let Some(link) = server.link() {
        out::line(words(voice, "socle-first-link", &[("link", link.into()), ("hours", LINK_HOURS.into())]));
    }
    if server.house().data.content_key().exists() {
        let path = server.house().data.content_key();
        out::line(words(voice, "socle-content-key-here", &[("path", path.as_path().into())]));
    }
}

/// The log: JSON lines on standard error; what is worth a line is chosen by `RUST_LOG`.
fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env();
    let filter = filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let _ = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}
