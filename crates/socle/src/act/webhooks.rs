//! `socle webhook …`
use super::{
    client::Client,
    say::{answer, columns, head, words},
};
use crate::{image::Voice, shape::WebhookWhat};
use socle_texts::{Fault, Result, next_step, tell};
use socle_wire::webhook::{ChangeWebhook, DeliveryView, NewWebhook, WebhookMade, WebhookView};

const ALL: &str = "/api/v1/webhooks";

/// Carries out a command about webhooks.
pub fn act(what: &WebhookWhat, client: &Client, voice: Voice) -> Result<bool> {
    let place = |wish: &str| Ok(format!("{ALL}/{}", find(client, wish)?.id));
    let told = |made: &WebhookMade| {
        answer(made, voice, |m| words(voice, "socle-webhook-secret", &[("secret", (&m.secret).into())]))
    };
    match what {
        WebhookWhat::List => {
            let all: Vec<WebhookView> = client.all(ALL)?;
            answer(&all, voice, |all| table(all, voice))
        }
        WebhookWhat::Add { name, url, kind } => {
            told(&client.post(ALL, &NewWebhook { name: name.clone(), url: url.clone(), kinds: kind.clone() })?)
        }
        WebhookWhat::Show { webhook } => answer(&find(client, webhook)?, voice, |w| picture(w, voice)),
        WebhookWhat::On { webhook } => switch(client, webhook, true, voice),
        WebhookWhat::Off { webhook } => switch(client, webhook, false, voice),
        WebhookWhat::Remove { webhook } => {
            client.delete(&place(webhook)?)?;
            answer(&(), voice, |_| words(voice, "socle-webhook-removed", &[]))
        }
        WebhookWhat::Secret { webhook } => told(&client.post(&format!("{}/secret", place(webhook)?), &())?),
        WebhookWhat::Try { webhook } => {
            let delivery: DeliveryView = client.post(&format!("{}/try", place(webhook)?), &())?;
            let event = delivery.event.to_string();
            answer(&delivery, voice, |_| words(voice, "socle-webhook-tried", &[("event", event.into())]))
        }
        WebhookWhat::Deliveries { webhook } => {
            let all: Vec<DeliveryView> = client.all(&format!("{}/deliveries", place(webhook)?))?;
            answer(&all, voice, |all| deliveries(all, voice))
        }
        WebhookWhat::Again { webhook, event } => {
            let path = format!("{}/deliveries/{event}/again", place(webhook)?);
            let delivery: DeliveryView = client.post(&path, &())?;
            let event = event.to_string();
            answer(&delivery, voice, |_| words(voice, "socle-webhook-tried", &[("event", event.into())]))
        }
    }
}

/// The webhook that somebody means: by identifier or name.
fn find(client: &Client, wish: &str) -> Result<WebhookView> {
    let all: Vec<WebhookView> = client.all(ALL)?;
    let found = all.into_iter().find(|w| w.name == wish || w.id.to_string() == wish);
    found.ok_or_else(|| Fault::new("socle-webhook-unknown").with("webhook", wish))
}

fn switch(client: &Client, wish: &str, is_on: bool, voice: Voice) -> Result<bool> {
    let webhook = find(client, wish)?;
    let change = ChangeWebhook { name: webhook.name, url: webhook.url, kinds: webhook.kinds, is_on };
    let changed: WebhookView = client.put(&format!("{ALL}/{}", webhook.id), &change)?;
    answer(&changed, voice, |w| picture(w, voice))
}

fn state(webhook: &WebhookView, voice: Voice) -> String {
    words(voice, if webhook.is_on { "socle-webhook-on" } else { "socle-webhook-off" }, &[])
}

fn picture(webhook: &WebhookView, voice: Voice) -> String {
    let kinds = if webhook.kinds.is_empty() { "*".to_string() } else { webhook.kinds.join(", ") };
    let mut text = format!("{} · {} · {kinds} · {}", webhook.name, webhook.url, state(webhook, voice));
    if let Some(off) = &webhook.off {
        text += &format!("\n{}", tell(voice.lang, off));
        if let Some(next) = next_step(voice.lang, off) {
            text += &format!("\n{next}");
        }
    }
    text
}

fn table(all: &[WebhookView], voice: Voice) -> String {
    let mut lines = vec![head(voice, &["name", "state", "failures", "address"])];
    lines.extend(all.iter().map(|w| vec![w.name.clone(), state(w, voice), w.failures.to_string(), w.url.clone()]));
    columns(&lines)
}

fn deliveries(all: &[DeliveryView], voice: Voice) -> String {
    let mut lines = vec![head(voice, &["event", "what", "state", "attempts", "since"])];
    lines.extend(all.iter().map(|d| {
        let state = words(voice, &format!("socle-delivery-{}", d.state), &[]);
        vec![d.event.to_string(), d.kind.clone(), state, d.attempts.to_string(), d.at.to_string()]
    }));
    columns(&lines)
}
