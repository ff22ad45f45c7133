//! From a page to HTML.
use crate::{Asset, Frame, assets, model::model, pages::Page, speak::Speak};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value, escape_formatter, syntax::SyntaxConfig,
    value::Kwargs,
};
use socle_texts::{Arg, Fault, Lang, Result, says};
use std::{fs, path::PathBuf};

include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// The templates, in both languages.
pub struct Pages {
    web: Option<PathBuf>,
    fr: Environment<'static>,
    en: Environment<'static>,
}

impl Pages {
    /// The templates embedded in the binary; or, where the environment's `SOCLE_WEB` names the folder `web/`, those of
    /// that folder, read again for each page.
    ///
    /// # Errors
    /// `console-template-broken`.
    pub fn new() -> Result<Self> {
        let web = std::env::var_os("SOCLE_WEB").filter(|w| !w.is_empty()).map(PathBuf::from);
        let fr = environment(Lang::Fr, web.clone())?;
        let en = environment(Lang::En, web.clone())?;
        Ok(Pages { web, fr, en })
    }

    /// A whole page.
    ///
    /// # Errors
    /// `console-template-broken`: never with the embedded ones, the tests see to it.
    pub fn full(&self, frame: &Frame, page: &impl Page) -> Result<String> {
        self.render(frame, page, None)
    }

    /// The part of a page that moves: its block `live`.
    ///
    /// # Errors
    /// As [`Pages::full`].
    pub fn part(&self, frame: &Frame, page: &impl Page) -> Result<String> {
        self.render(frame, page, Some("live"))
    }

    /// A file of `GET /assets/{name}`.
    pub fn asset(&self, name: &str) -> Option<Asset> {
        assets::find(name, self.web.as_deref())
    }

    fn render(&self, frame: &Frame, page: &impl Page, block: Option<&str>) -> Result<String> {
        let fresh = match &self.web {
            Some(_) => Some(environment(frame.lang, self.web.clone())?),
            None => None,
        };
        let kept = match frame.lang {
            Lang::Fr => &self.fr,
            Lang::En => &self.en,
        };
        let environment = fresh.as_ref().unwrap_or(kept);
        let speak = Speak { lang: frame.lang, now: frame.now, zone: frame.zone.clone() };
        let context = model! { frame => frame.model(&speak), page => page.model(&speak), csrf => frame.csrf };
        let broken = |error: Error| broken(page.template(), &error);
        let template = environment.get_template(page.template()).map_err(broken)?;
        match block {
            None => template.render(context).map_err(broken),
            Some(block) => {
                let mut captured = template.render_captured(context).map_err(broken)?;
                captured.with_state_mut(|state| state.render_block(block)).map_err(broken)
            }
        }
    }
}

fn broken(template: &str, error: &Error) -> Fault {
    Fault::new("console-template-broken").with("template", template).because(format!("{error:#}"))
}

fn environment(lang: Lang, web: Option<PathBuf>) -> Result<Environment<'static>> {
    let mut environment = Environment::new();
    // With it on, an error would carry the page's data along.
    environment.set_debug(web.is_some());
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.map_err(|e| broken("", &e))?);
    environment.set_formatter(|out, state, value| match (value.as_str(), state.auto_escape()) {
        (Some(text), AutoEscape::Html) if !value.is_safe() => out.write_str(&escaped(text)).map_err(Error::from),
        _ => escape_formatter(out, state, value),
    });
    let places = web.clone();
    environment.add_function("asset", move |name: String| {
        assets::url(&name, places.as_deref())
            .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("no asset {name}")))
    });
    environment.add_function("t", move |key: String, values: Kwargs| text(lang, &key, &values));
    match web {
        Some(web) => environment.set_loader(move |name| {
            // Names come from our own templates, never from outside.
            Ok(fs::read_to_string(web.join("templates").join(name)).ok())
        }),
        None => {
            for (name, source) in TEMPLATES {
                environment.add_template(name, source).map_err(|e| broken(name, &e))?;
            }
        }
    }
    Ok(environment)
}

/// `t("key", name=value)`: the text of `console-key`. One that has none is an error, so that no page is ever shown without it.
fn text(lang: Lang, key: &str, values: &Kwargs) -> std::result::Result<String, Error> {
    let mut args: Vec<(&str, Arg)> = Vec::new();
    for name in values.args() {
        let value: Value = values.get(name)?;
        let number = value.is_number().then(|| f64::try_from(value.clone()).ok()).flatten();
        args.push((name, number.map_or_else(|| Arg::Text(value.to_string()), Arg::Number)));
    }
    says(lang, &format!("console-{key}"), &args)
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("no text for {key}")))
}

/// A text inside an element or a quoted attribute (HTML Living Standard section 13.3). The engine's own way also escapes
/// the slash, of which our pages are full.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}
