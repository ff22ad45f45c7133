//! Texts of others on a bare console: what it has no shape for is written with what it has.

/// Code page 437 beyond ASCII: what a Linux console shows without loading any font.
const SHAPES: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■";

/// What stands for a character without a shape.
const STAND_INS: &[(&str, &str)] = &[
    ("ÀÂÁÃ", "A"),
    ("ÈÊË", "E"),
    ("ÎÏÌÍ", "I"),
    ("ÔÒÓÕØ", "O"),
    ("ÛÙÚ", "U"),
    ("Ÿ", "Y"),
    ("ã", "a"),
    ("õø", "o"),
    ("Œ", "OE"),
    ("œ", "oe"),
    ("€", "EUR"),
    ("’‘‹›", "'"),
    ("“”„", "\""),
    ("–—‑", "-"),
    ("…", "..."),
    ("•", "*"),
    ("×", "x"),
    ("\u{a0}\u{202f}\u{2009}", " "),
];

/// The text in characters that have a shape.
pub fn fold(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match STAND_INS.iter().find(|(all, _)| all.contains(c)) {
            _ if (c.is_ascii() && !c.is_ascii_control()) || SHAPES.contains(c) => plain.push(c),
            Some((_, stands)) => plain.push_str(stands),
            None => plain.push('?'),
        }
    }
    plain
}
