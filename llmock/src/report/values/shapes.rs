//! Which characters look alike.

use super::characters::is_invisible;

/// Whether two different passages look the same, or nearly so.
pub(super) fn look_alike(old: &str, new: &str) -> bool {
    is_short(old, new) && old != new && skeleton(old) == skeleton(new)
}

/// Whether two passages are short enough to be looked at letter by letter; in longer ones no one looks for one.
pub(super) fn is_short(old: &str, new: &str) -> bool {
    const LONGEST: usize = 512;
    old.len() <= LONGEST && new.len() <= LONGEST
}

/// What is left of a text for the eye: the shapes of its letters, one blank for any white space.
fn skeleton(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_whitespace() {
            if !out.ends_with(' ') {
                out.push(' ');
            }
            continue;
        }
        if is_invisible(character) {
            continue;
        }
        match decomposed(character) {
            Some((base, accent)) => out.extend([shape(base), accent]),
            None => out.push(shape(character)),
        }
    }
    out.trim_matches(' ').to_owned()
}

/// A letter with an accent as the two characters that look the same. <https://www.unicode.org/reports/tr15/>
fn decomposed(character: char) -> Option<(char, char)> {
    ACCENTED.iter().find_map(|(accent, whole, bases)| {
        let at = whole.chars().position(|known| known == character)?;
        Some((bases.chars().nth(at)?, *accent))
    })
}

/// An accent, letters with it, and the same letters without.
#[rustfmt::skip]
const ACCENTED: [(char, &str, &str); 15] = [
    ('\u{300}', "ÀÈÌÒÙàèìòùǸǹ", "AEIOUaeiouNn"),
    ('\u{301}', "ÁÉÍÓÚÝáéíóúýĆćŃńŚśŹźĹĺŔŕǴǵ", "AEIOUYaeiouyCcNnSsZzLlRrGg"),
    ('\u{302}', "ÂÊÎÔÛâêîôûĈĉĜĝĤĥĴĵŜŝŴŵŶŷ", "AEIOUaeiouCcGgHhJjSsWwYy"),
    ('\u{303}', "ÃÑÕãñõĨĩŨũ", "ANOanoIiUu"),
    ('\u{304}', "ĀāĒēĪīŌōŪū", "AaEeIiOoUu"),
    ('\u{306}', "ĂăĔĕĞğĬĭŎŏŬŭЙй", "AaEeGgIiOoUuИи"),
    ('\u{307}', "ĊċĖėĠġİŻż", "CcEeGgIZz"),
    ('\u{308}', "ÄËÏÖÜäëïöüÿŸЁё", "AEIOUaeiouyYЕе"),
    ('\u{30a}', "ÅåŮů", "AaUu"),
    ('\u{30b}', "ŐőŰű", "OoUu"),
    ('\u{30c}', "ČčĎďĚěŇňŘřŠšŤťŽžǍǎ", "CcDdEeNnRrSsTtZzAa"),
    ('\u{327}', "ÇçĢģĶķĻļŅņŖŗŞşŢţ", "CcGgKkLlNnRrSsTt"),
    ('\u{328}', "ĄąĘęĮįŲų", "AaEeIiUu"),
    ('\u{3099}', "がぎぐげござじずぜぞだぢづでどばびぶべぼガギグゲゴザジズゼゾダヂヅデドバビブベボヴ",
        "かきくけこさしすせそたちつてとはひふへほカキクケコサシスセソタチツテトハヒフヘホウ"),
    ('\u{309a}', "ぱぴぷぺぽパピプペポ", "はひふへほハヒフヘホ"),
];

/// The ASCII character that a character looks like; itself, if there is none.
pub(super) fn shape(character: char) -> char {
    let wide = u32::from(character).wrapping_sub(0xfee0);
    if (0x21..=0x7e).contains(&wide) {
        return char::from_u32(wide).unwrap_or(character);
    }
    if let Some(letter) = mathematical(character) {
        return letter;
    }
    let found =
        LOOKALIKES.iter().find_map(|(ascii, others)| others.contains(character).then_some(*ascii));
    found.unwrap_or(character)
}

/// The plain letter of a mathematical alphabet: 13 alphabets of 52 letters, then digits.
fn mathematical(character: char) -> Option<char> {
    let code = u32::from(character);
    let (first, offset) = match code {
        0x1d400..=0x1d6a3 => {
            let at = (code - 0x1d400) % 52;
            if at < 26 { (b'A', at) } else { (b'a', at - 26) }
        }
        0x1d7ce..=0x1d7ff => (b'0', (code - 0x1d7ce) % 10),
        _ => return None,
    };
    Some(char::from(first + u8::try_from(offset).ok()?))
}

/// ASCII characters, and others that look like them in most fonts.
/// <https://www.unicode.org/Public/security/latest/confusables.txt>
#[rustfmt::skip]
const LOOKALIKES: [(char, &str); 62] = [
    ('A', "АΑᎪ"), ('B', "ВΒᏴ"), ('C', "СϹᏟ"), ('D', "Ꭰ"), ('E', "ЕΕᎬ"), ('F', "Ϝ"), ('G', "ԌᏀ"),
    ('H', "НΗᎻ"), ('I', "ІΙӀӏ"), ('J', "ЈͿᎫ"), ('K', "КΚᏦ\u{212a}"), ('L', "Ꮮ"), ('M', "МΜᎷϺ"), ('N', "Ν"),
    ('O', "ОΟՕ"), ('P', "РΡᏢ"), ('Q', "Ԛ"), ('R', "Ꭱ"), ('S', "ЅՏᏚ"), ('T', "ТΤᎢ"), ('U', "Ս"),
    ('V', "Ꮩ"), ('W', "ԜᎳ"), ('X', "ХΧ"), ('Y', "УΥҮ"), ('Z', "ΖᏃ"), ('a', "аαɑ"), ('b', "Ьᖯ"),
    ('c', "сϲ"), ('d', "ԁ"), ('e', "еҽ"), ('f', "ſ"), ('g', "ɡց"), ('h', "һհ"), ('i', "іιıɩ"),
    ('j', "јϳ"), ('k', "кκ"), ('l', "ⅼ"), ('m', "м"), ('n', "ոп"), ('o', "оοօσ"), ('p', "рρ"),
    ('q', "ԛզ"), ('r', "гᴦ"), ('s', "ѕ"), ('t', "тτ"), ('u', "υսʋ"), ('v', "νѵ"), ('w', "ԝωѡ"),
    ('x', "хχ"), ('y', "уүγ"), ('z', "ᴢ"), ('\'', "‘’‚‛′ʹʻʼˈ`´"), ('"', "“”„‟″«»"),
    ('-', "‐‑‒–—―−﹣⁃"), ('.', "\u{2024}·•"), (',', "،"), (':', "ː∶꞉"), (';', "\u{37e}"), ('/', "⁄∕"),
    ('!', "ǃ"), ('*', "∗"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_consistent() {
        for (_, whole, bases) in ACCENTED {
            assert_eq!(whole.chars().count(), bases.chars().count(), "{whole}");
        }
        for (ascii, others) in LOOKALIKES {
            assert!(ascii.is_ascii() && !others.contains(ascii), "{ascii}");
        }
        assert!(look_alike("pаypal", "paypal") && !look_alike("paypal", "paypals"));
    }
}
