//! Embeds the templates and the browsers' files of `web/`, each under a name that holds a digest of its content.
use std::{env, fs, io::Write, path::Path, process::exit};

/// Name in the pages, place in `web/`. A file may name those above it as `asset:NAME`.
const FILES: &[(&str, &str)] = &[
    ("inter.woff2", "node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2"),
    ("favicon.svg", "static/favicon.svg"),
    ("tabler.css", "node_modules/@tabler/core/dist/css/tabler.min.css"),
    ("console.css", "static/console.css"),
    ("htmx.js", "node_modules/htmx.org/dist/htmx.min.js"),
    ("live.js", "static/live.js"),
    ("swagger.css", "node_modules/swagger-ui-dist/swagger-ui.css"),
    ("swagger.js", "node_modules/swagger-ui-dist/swagger-ui-bundle.js"),
    ("api.js", "static/api.js"),
    ("passkey.js", "static/passkey.js"),
];
const ICONS: &str = "node_modules/@tabler/icons/icons/outline";

fn main() {
    let web = Path::new(&env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../../web");
    let out = env::var("OUT_DIR").unwrap_or_default();
    println!("cargo:rerun-if-changed=build.rs");
    if !web.join("node_modules/@tabler/core/dist").is_dir() {
        stop("the browsers' files are missing: run `cargo xtask setup`, or `npm ci --prefix web`, then build again.");
    }
    let mut names: Vec<(String, String)> = Vec::new();
    let mut assets = String::from("pub(crate) const FILES: &[Embedded] = &[\n");
    let sprite = (String::from("icons.svg"), icons(&web).into_bytes());
    let files = FILES.iter().map(|(name, path)| (name.to_string(), read(&web.join(path))));
    for (name, bytes) in std::iter::once(sprite).chain(files) {
        let bytes = resolved(bytes, &names);
        let (stem, ext) = name.split_once('.').unwrap_or((&name, ""));
        let digest = &blake3::hash(&bytes).to_hex()[..16];
        let hashed = format!("{stem}.{digest}.{ext}");
        write(&Path::new(&out).join(&name), &bytes);
        let packed = if ext == "woff2" { Vec::new() } else { gzip(&bytes) };
        write(&Path::new(&out).join(format!("{name}.gz")), &packed);
        let disk = FILES.iter().find(|f| f.0 == name).map_or("", |f| f.1);
        assets.push_str(&format!(
            "Embedded {{ name: {name:?}, hashed: {hashed:?}, digest: {digest:?}, disk: {disk:?}, \
             bytes: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}\")), \
             gzip: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.gz\")) }},\n"
        ));
        names.push((name, hashed));
    }
    assets.push_str("];\n");
    write(&Path::new(&out).join("assets.rs"), assets.as_bytes());
    write(&Path::new(&out).join("templates.rs"), templates(&web).as_bytes());
}

fn templates(web: &Path) -> String {
    let folder = web.join("templates");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut files: Vec<_> = match fs::read_dir(&folder) {
        Ok(entries) => entries.filter_map(|e| Some(e.ok()?.path())).collect(),
        Err(error) => stop(&format!("{}: {error}", folder.display())),
    };
    files.retain(|f| f.extension().is_some_and(|e| e == "html"));
    files.sort();
    let mut code = String::from("pub(crate) const TEMPLATES: &[(&str, &str)] = &[\n");
    for file in files {
        println!("cargo:rerun-if-changed={}", file.display());
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let full = file.canonicalize().unwrap_or_else(|e| stop(&format!("{}: {e}", file.display())));
        code.push_str(&format!("({name:?}, include_str!({full:?})),\n"));
    }
    code + "];\n"
}

/// One sprite of the icons that `static/icons.txt` names, so that a page only refers to them.
fn icons(web: &Path) -> String {
    let list = String::from_utf8_lossy(&read(&web.join("static/icons.txt"))).into_owned();
    let mut sprite = String::from("<svg xmlns=\"http://www.w3.org/2000/svg\">\n");
    for name in list.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let svg = String::from_utf8_lossy(&read(&web.join(ICONS).join(format!("{name}.svg")))).into_owned();
        let drawing = svg.split_once("<svg").and_then(|(_, rest)| rest.split_once('>')).map(|(_, inner)| inner);
        let Some(inner) = drawing.and_then(|d| d.split_once("</svg>")) else {
            stop(&format!("the icon {name} is not the drawing that was expected"))
        };
        let inner: String = inner
            .0
            .replace("<path stroke=\"none\" d=\"M0 0h24v24H0z\" fill=\"none\" />", "")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        sprite.push_str(&format!(
            "<symbol id=\"{name}\" viewBox=\"0 0 24 24\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.75\" \
             stroke-linecap=\"round\" stroke-linejoin=\"round\">{inner}</symbol>\n"
        ));
    }
    sprite + "</svg>\n"
}

fn resolved(bytes: Vec<u8>, names: &[(String, String)]) -> Vec<u8> {
    match String::from_utf8(bytes) {
        Ok(mut text) => {
            for (name, hashed) in names {
                text = text.replace(&format!("asset:{name}"), hashed);
            }
            // Source maps are not embedded: without this line the browser asks for one in vain.
            let kept: Vec<&str> = text.lines().filter(|l| !l.contains("# sourceMappingURL=")).collect();
            kept.join("\n").into_bytes()
        }
        Err(binary) => binary.into_bytes(),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes).and_then(|()| packer.finish()).unwrap_or_else(|e| stop(&e.to_string()))
}

fn read(path: &Path) -> Vec<u8> {
    println!("cargo:rerun-if-changed={}", path.display());
    fs::read(path).unwrap_or_else(|e| stop(&format!("{}: {e}. Run `npm ci --prefix web`.", path.display())))
}

fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap_or_else(|e| stop(&format!("{}: {e}", path.display())));
}

fn stop(why: &str) -> ! {
    eprintln!("\nsocle-console: {why}\n");
    exit(1)
}
