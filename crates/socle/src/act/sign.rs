//! `socle sign …`: what the content key says. It needs no server but where something is looked up or published there.
use super::{
    client::Client,
    masters::newest,
    now,
    say::{answer, words},
};
use crate::{image::Voice, shape::SignWhat};
use socle_domain::{
    Digest,
    keys::{Delegation, ImageRelease},
    sign::{Signed, Signer},
};
use socle_image::ImageId;
use socle_repository::Local;
use socle_server::data::{to_json, write};
use socle_texts::Result;
use socle_trust::{KeyPair, read_public};
use socle_wire::api::ImageView;

/// Carries out a command about signatures.
pub fn act(what: &SignWhat, client: &Client, voice: Voice) -> Result<bool> {
    match what {
        SignWhat::Image { name, image, repo, key, out, publish, generation } => {
            let repository = repo.as_deref().map(Local::open).transpose()?;
            let image = match (image, &repository) {
                (Some(image), _) => *image,
                (None, Some(repository)) => Digest(repository.find(name)?.root.0),
                (None, None) => newest(client, name)?.image,
            };
            let release = ImageRelease { name: name.clone(), image, at: now(), generation: *generation };
            let signed = Signed::new(&release, &KeyPair::load(key)?);
            if let Some(out) = out {
                write(out, &to_json(&signed)?)?;
            }
            if let Some(repository) = &repository {
                repository.put_signature(&repository.by_root(&ImageId(image.0))?, &to_json(&signed)?)?;
            }
            if *publish {
                let _: ImageView = client.post("/api/v1/images/releases", &signed)?;
            }
            if out.is_none() && !publish && repository.is_none() {
                return answer(&signed, Voice { json: true, ..voice }, |_| String::new());
            }
            let said = serde_json::json!({ "name": name, "image": image, "published": publish });
            answer(&said, voice, |_| words(voice, "socle-release-signed", &[("name", name.into())]))
        }
        SignWhat::Master { draft, key, out } => super::masters::sign_draft(draft, key, out, voice),
        SignWhat::Delegation { server_key, key, out } => {
            let delegation = Delegation { server: read_public(server_key)?, at: now() };
            let signed = Signed::new(&delegation, &KeyPair::load(key)?);
            write(out, &to_json(&signed)?)?;
            let said = serde_json::json!({ "file": out, "server": delegation.server });
            answer(&said, voice, |_| words(voice, "socle-delegation-signed", &[("path", out.into())]))
        }
        SignWhat::Key { out } => {
            let pair = KeyPair::create(out)?;
            let public = out.with_extension("pub");
            let said = serde_json::json!({ "secret": out, "public": public, "key": pair.public() });
            let values = [("secret", out.into()), ("public", (&public).into())];
            answer(&said, voice, |_| words(voice, "socle-key-made", &values))
        }
    }
}
