//! From a key to a sentence.
use crate::{Arg, Fault, numbers};
use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use std::sync::LazyLock;

/// A language that Socle speaks. French first: it is its users' language.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// French.
    #[default]
    Fr,
    /// English.
    En,
}

impl Lang {
    /// Its ISO 639-1 code, as in `locales/` and in the pages' `lang` attribute.
    pub fn code(self) -> &'static str {
        match self {
            Lang::Fr => "fr",
            Lang::En => "en",
        }
    }
    /// The first language that we speak in an `Accept-Language` header or a `LANG` variable; none if there is none.
    pub fn choose(wish: &str) -> Option<Lang> {
        wish.split(',').find_map(|part| match part.trim().get(..2)?.to_ascii_lowercase().as_str() {
            "fr" => Some(Lang::Fr),
            "en" => Some(Lang::En),
            _ => None,
        })
    }
}

type Bundle = FluentBundle<FluentResource>;
static FR: LazyLock<Bundle> = LazyLock::new(|| bundle("fr", crate::FR));
static EN: LazyLock<Bundle> = LazyLock::new(|| bundle("en", crate::EN));

fn bundle(code: &str, sources: &[(&str, &str)]) -> Bundle {
    let mut bundle = FluentBundle::new_concurrent(vec![code.parse().expect("a language code of ours")]);
    // The marks that isolate bidirectional text show as boxes on a bare console; both our languages run left to right.
    bundle.set_use_isolating(false);
    let written: fn(&FluentValue, &_) -> Option<String> = match code {
        "fr" => numbers::french,
        _ => numbers::english,
    };
    bundle.set_formatter(Some(written));
    // The only function that our texts use; a second one of its name is no harm.
    let _ = bundle.add_function("NUMBER", numbers::number);
    for (room, source) in sources {
        let resource = match FluentResource::try_new((*source).to_string()) {
            Ok(resource) => resource,
            // A broken file loses its broken entries, never the program; the tests refuse it.
            Err((resource, errors)) => {
                debug_assert!(false, "locales/{code}/{room}.ftl: {errors:?}");
                resource
            }
        };
        if let Err(errors) = bundle.add_resource(resource) {
            debug_assert!(false, "locales/{code}/{room}.ftl: {errors:?}");
        }
    }
    bundle
}

fn find(lang: Lang, key: &str, attribute: Option<&str>, args: &[(&str, Arg)]) -> Option<String> {
    let bundle: &Bundle = match lang {
        Lang::Fr => &FR,
        Lang::En => &EN,
    };
    let message = bundle.get_message(key)?;
    let pattern = match attribute {
        Some(name) => message.get_attribute(name)?.value(),
        None => message.value()?,
    };
    let mut values = FluentArgs::new();
    for (name, value) in args {
        let value = match value {
            Arg::Number(n) => FluentValue::from(*n),
            Arg::Text(t) => FluentValue::from(t.as_str()),
        };
        values.set(*name, value);
    }
    Some(bundle.format_pattern(pattern, Some(&values), &mut Vec::new()).into_owned())
}

/// The text of `key`. A key may name an attribute: `key.attribute`. A missing key is shown as itself: visible, never fatal.
pub fn say(lang: Lang, key: &str, args: &[(&str, Arg)]) -> String {
    says(lang, key, args).unwrap_or_else(|| format!("⟨{key}⟩"))
}

/// Like [`say`], or nothing where the key has no text.
pub fn says(lang: Lang, key: &str, args: &[(&str, Arg)]) -> Option<String> {
    let (name, attribute) = key.split_once('.').map_or((key, None), |(n, a)| (n, Some(a)));
    find(lang, name, attribute, args)
}

/// A fault as a person reads it: what happened, where and why.
pub fn tell(lang: Lang, fault: &Fault) -> String {
    let args = borrowed(fault);
    let mut text = find(lang, &fault.code, None, &args).unwrap_or_else(|| format!("⟨{fault}⟩"));
    if let Some(cause) = &fault.cause {
        text.push_str(&format!(" [{cause}]"));
    }
    text
}

/// What the person can do about a fault, where its text says so.
pub fn next_step(lang: Lang, fault: &Fault) -> Option<String> {
    find(lang, &fault.code, Some("next"), &borrowed(fault))
}

fn borrowed(fault: &Fault) -> Vec<(&str, Arg)> {
    fault.args.iter().map(|(n, v)| (n.as_ref(), v.clone())).collect()
}

/// Every key of a language, attributes included as `key.attribute`, with the file it stands in. For checks.
pub fn keys(lang: Lang) -> Vec<(String, &'static str)> {
    use fluent_bundle::FluentResource as R;
    let sources = match lang {
        Lang::Fr => crate::FR,
        Lang::En => crate::EN,
    };
    let mut keys = Vec::new();
    for (room, source) in sources {
        // Entries are found by their shape: a key begins its line, an attribute is indented and begins with a dot.
        let _ = R::try_new((*source).to_string());
        let mut current = String::new();
        for line in source.lines() {
            let Some((left, _)) = line.split_once('=') else { continue };
            let name = left.trim_end();
            if !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
                current = name.to_string();
                keys.push((current.clone(), *room));
            } else if let Some(attribute) = name.trim_start().strip_prefix('.')
                && line.starts_with(' ')
                && attribute.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            {
                keys.push((format!("{current}.{attribute}"), *room));
            }
        }
    }
    keys
}
