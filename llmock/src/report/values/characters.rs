//! Characters that a reader cannot see, or takes for others, and their names.

use std::borrow::Cow;

use super::shapes::{is_short, look_alike, shape};
use super::{count, list};

/// Characters of one passage that are named.
const MOST: usize = 6;

/// Control characters, white space other than a space, direction marks, and characters without width.
pub(super) fn is_invisible(character: char) -> bool {
    character.is_control()
        || (character.is_whitespace() && character != ' ')
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Accents that join the letter before them.
pub(super) fn is_combining(character: char) -> bool {
    matches!(character,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{3099}' | '\u{309a}' | '\u{fe20}'..='\u{fe2f}')
}

/// How many columns of a terminal a character takes.
pub(crate) fn width(character: char) -> usize {
    match u32::from(character) {
        code if is_combining(character) || matches!(code, 0x200d | 0xfe00..=0xfe0f) => 0,
        0x1100..=0x115f
        | 0x2e80..=0x303e
        | 0x3041..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f680..=0x1f6ff
        | 0x1f900..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// What the two sides of a changed passage have that cannot be seen; `None` if all of it can.
pub(super) fn explain(old: &str, new: &str, before: &str, after: &str) -> Option<String> {
    if !is_short(old, new) {
        return None;
    }
    let is_blank =
        |text: &str| text.chars().all(|c| c == ' ' || is_invisible(c) || is_combining(c));
    if is_blank(old) && is_blank(new) {
        return Some(blanks(old, new, before, after));
    }
    let alike = look_alike(old, new);
    let hidden = |text: &str, other: &str| {
        let is_notable = |c: char| {
            is_invisible(c)
                || is_combining(c)
                || (alike && !c.is_ascii())
                || (alike && !c.is_alphanumeric())
        };
        let found: Vec<char> =
            text.chars().filter(|c| is_notable(*c) && !other.contains(*c)).collect();
        names(&found)
    };
    // A letter of another script is named beside the one that it looks like.
    let whole = |text: &str| names(&text.chars().collect::<Vec<_>>());
    let (mut recorded, mut sent) = (hidden(old, new), hidden(new, old));
    if alike && (recorded.is_some() || sent.is_some()) {
        (recorded, sent) = (whole(old).or(recorded), whole(new).or(sent));
    }
    match (recorded, sent) {
        (None, None) => None,
        (Some(old), None) => Some(format!("recorded: {old}")),
        (None, Some(new)) => Some(format!("sent: {new}")),
        (Some(old), Some(new)) => Some(format!("recorded: {old}; sent: {new}")),
    }
}

/// Passages of blanks alone: also where they are.
fn blanks(old: &str, new: &str, before: &str, after: &str) -> String {
    let place = match (before.chars().next_back(), after.chars().next()) {
        (None | Some('\n'), _) if !(old.starts_with('\n') || new.starts_with('\n')) => "leading ",
        (_, None | Some('\n' | '\r')) => "trailing ",
        _ => "",
    };
    let line = if place == "trailing " && !after.is_empty() { " at the end of a line" } else { "" };
    let side = |text: &str| plainly(text, place);
    match (old.is_empty(), new.is_empty()) {
        (true, _) => format!("sent has {}{line} that was not recorded", side(new)),
        (_, true) => format!("recorded was {}{line} that was not sent", side(old)),
        _ => {
            let [old, new] = [old, new].map(|text| names(&text.chars().collect::<Vec<_>>()));
            let [old, new] = [old, new].map(Option::unwrap_or_default);
            format!("recorded: {old}; sent: {new}")
        }
    }
}

/// `a trailing newline (LINE FEED)`.
fn plainly(text: &str, place: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let names = names(&characters).unwrap_or_default();
    let every = |is: &[char]| characters.iter().all(|c| is.contains(c));
    let noun = if every(&['\n', '\r']) {
        "newline"
    } else if every(&[' ']) {
        "space"
    } else if every(&['\t']) {
        "tab"
    } else {
        return if place.is_empty() { names } else { format!("{} {names}", place.trim_end()) };
    };
    let number = text.matches(['\n', ' ', '\t']).count().max(1);
    let article = if number == 1 {
        format!("a {place}{noun}")
    } else {
        count(number, &format!("{place}{noun}"))
    };
    if noun == "newline" { format!("{article} ({names})") } else { article }
}

/// `2 × SPACE and NO-BREAK SPACE (U+00A0)`; `None` without characters.
fn names(characters: &[char]) -> Option<String> {
    let mut runs: Vec<(char, usize)> = Vec::new();
    for character in characters {
        match runs.last_mut() {
            Some((last, times)) if last == character => *times += 1,
            _ => runs.push((*character, 1)),
        }
    }
    let shown = runs.iter().take(MOST).map(|(character, times)| {
        let name = name(*character);
        if *times > 1 { format!("{times} × {name}") } else { name.into_owned() }
    });
    let mut shown: Vec<String> = shown.collect();
    if runs.len() > MOST {
        shown.push(count(runs.len() - MOST, "more character"));
    }
    (!shown.is_empty()).then(|| list(&shown))
}

/// The name of a character, with its number unless it is ASCII.
fn name(character: char) -> Cow<'static, str> {
    let code = u32::from(character);
    let known = NAMES.iter().find(|(known, _)| *known == character).map(|(_, name)| *name);
    if let (Some(name), true) = (known, character.is_ascii()) {
        return Cow::Borrowed(name);
    }
    if character.is_ascii_graphic() {
        return Cow::Owned(format!("`{character}`"));
    }
    let name = known.map_or_else(|| described(character), Cow::Borrowed);
    let looks = shape(character);
    if looks != character && looks.is_ascii_alphanumeric() {
        return Cow::Owned(format!("{name} (U+{code:04X}), which looks like `{looks}`"));
    }
    Cow::Owned(format!("{name} (U+{code:04X})"))
}

/// A character without a name of its own in the table: its kind, or itself.
fn described(character: char) -> Cow<'static, str> {
    let kind = match u32::from(character) {
        0x370..=0x3ff => "GREEK LETTER",
        0x400..=0x52f => "CYRILLIC LETTER",
        0x531..=0x58f => "ARMENIAN LETTER",
        0x1100..=0x11ff => "HANGUL JAMO",
        0x13a0..=0x13ff => "CHEROKEE LETTER",
        0xfe00..=0xfe0f => "VARIATION SELECTOR",
        0xff01..=0xff5e => "FULLWIDTH CHARACTER",
        0x1d400..=0x1d7ff => "MATHEMATICAL LETTER",
        0xe0000..=0xe007f => "TAG CHARACTER",
        _ if is_combining(character) => "COMBINING MARK",
        _ if character.is_control() => "CONTROL CHARACTER",
        _ if is_invisible(character) => "INVISIBLE CHARACTER",
        _ => return Cow::Owned(format!("`{character}`")),
    };
    Cow::Borrowed(kind)
}

#[rustfmt::skip]
const NAMES: [(char, &str); 101] = [
    (' ', "SPACE"), ('\n', "LINE FEED"), ('\r', "CARRIAGE RETURN"), ('\t', "TAB"), ('\0', "NULL"),
    ('\u{8}', "BACKSPACE"), ('\u{b}', "VERTICAL TAB"), ('\u{c}', "FORM FEED"), ('\u{1b}', "ESCAPE"),
    ('\u{7f}', "DELETE"), ('\'', "APOSTROPHE"), ('"', "QUOTATION MARK"), ('-', "HYPHEN-MINUS"), ('`', "GRAVE ACCENT"),
    ('\u{85}', "NEXT LINE"), ('\u{a0}', "NO-BREAK SPACE"), ('\u{ad}', "SOFT HYPHEN"),
    ('\u{34f}', "COMBINING GRAPHEME JOINER"), ('\u{61c}', "ARABIC LETTER MARK"), ('\u{1680}', "OGHAM SPACE MARK"),
    ('\u{180e}', "MONGOLIAN VOWEL SEPARATOR"), ('\u{2000}', "EN QUAD"), ('\u{2001}', "EM QUAD"),
    ('\u{2002}', "EN SPACE"), ('\u{2003}', "EM SPACE"), ('\u{2004}', "THREE-PER-EM SPACE"),
    ('\u{2005}', "FOUR-PER-EM SPACE"), ('\u{2006}', "SIX-PER-EM SPACE"), ('\u{2007}', "FIGURE SPACE"),
    ('\u{2008}', "PUNCTUATION SPACE"), ('\u{2009}', "THIN SPACE"), ('\u{200a}', "HAIR SPACE"),
    ('\u{200b}', "ZERO WIDTH SPACE"), ('\u{200c}', "ZERO WIDTH NON-JOINER"), ('\u{200d}', "ZERO WIDTH JOINER"),
    ('\u{200e}', "LEFT-TO-RIGHT MARK"), ('\u{200f}', "RIGHT-TO-LEFT MARK"), ('\u{2028}', "LINE SEPARATOR"),
    ('\u{2029}', "PARAGRAPH SEPARATOR"), ('\u{202a}', "LEFT-TO-RIGHT EMBEDDING"),
    ('\u{202b}', "RIGHT-TO-LEFT EMBEDDING"), ('\u{202c}', "POP DIRECTIONAL FORMATTING"),
    ('\u{202d}', "LEFT-TO-RIGHT OVERRIDE"), ('\u{202e}', "RIGHT-TO-LEFT OVERRIDE"),
    ('\u{202f}', "NARROW NO-BREAK SPACE"), ('\u{205f}', "MEDIUM MATHEMATICAL SPACE"), ('\u{2060}', "WORD JOINER"),
    ('\u{2061}', "FUNCTION APPLICATION"), ('\u{2062}', "INVISIBLE TIMES"), ('\u{2063}', "INVISIBLE SEPARATOR"),
    ('\u{2064}', "INVISIBLE PLUS"), ('\u{2066}', "LEFT-TO-RIGHT ISOLATE"), ('\u{2067}', "RIGHT-TO-LEFT ISOLATE"),
    ('\u{2068}', "FIRST STRONG ISOLATE"), ('\u{2069}', "POP DIRECTIONAL ISOLATE"), ('\u{2800}', "BRAILLE PATTERN BLANK"),
    ('\u{3000}', "IDEOGRAPHIC SPACE"), ('\u{3164}', "HANGUL FILLER"), ('\u{feff}', "ZERO WIDTH NO-BREAK SPACE"),
    ('\u{fffd}', "REPLACEMENT CHARACTER"),
    ('\u{300}', "COMBINING GRAVE ACCENT"), ('\u{301}', "COMBINING ACUTE ACCENT"),
    ('\u{302}', "COMBINING CIRCUMFLEX ACCENT"), ('\u{303}', "COMBINING TILDE"), ('\u{304}', "COMBINING MACRON"),
    ('\u{306}', "COMBINING BREVE"), ('\u{307}', "COMBINING DOT ABOVE"), ('\u{308}', "COMBINING DIAERESIS"),
    ('\u{309}', "COMBINING HOOK ABOVE"), ('\u{30a}', "COMBINING RING ABOVE"),
    ('\u{30b}', "COMBINING DOUBLE ACUTE ACCENT"), ('\u{30c}', "COMBINING CARON"), ('\u{31b}', "COMBINING HORN"),
    ('\u{323}', "COMBINING DOT BELOW"), ('\u{327}', "COMBINING CEDILLA"), ('\u{328}', "COMBINING OGONEK"),
    ('\u{338}', "COMBINING LONG SOLIDUS OVERLAY"),
    ('\u{3099}', "COMBINING VOICED SOUND MARK"), ('\u{309a}', "COMBINING SEMI-VOICED SOUND MARK"),
    ('\u{b4}', "ACUTE ACCENT"), ('\u{ab}', "LEFT-POINTING DOUBLE ANGLE QUOTATION MARK"),
    ('\u{bb}', "RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK"), ('\u{2010}', "HYPHEN"),
    ('\u{2011}', "NON-BREAKING HYPHEN"), ('\u{2012}', "FIGURE DASH"), ('\u{2013}', "EN DASH"), ('\u{2014}', "EM DASH"),
    ('\u{2015}', "HORIZONTAL BAR"), ('\u{2212}', "MINUS SIGN"), ('\u{2018}', "LEFT SINGLE QUOTATION MARK"),
    ('\u{2019}', "RIGHT SINGLE QUOTATION MARK"), ('\u{201a}', "SINGLE LOW-9 QUOTATION MARK"),
    ('\u{201c}', "LEFT DOUBLE QUOTATION MARK"), ('\u{201d}', "RIGHT DOUBLE QUOTATION MARK"),
    ('\u{201e}', "DOUBLE LOW-9 QUOTATION MARK"), ('\u{2032}', "PRIME"), ('\u{2033}', "DOUBLE PRIME"),
    ('\u{2026}', "HORIZONTAL ELLIPSIS"), ('\u{2022}', "BULLET"), ('\u{b7}', "MIDDLE DOT"), ('\u{37e}', "GREEK QUESTION MARK"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(old: &str, new: &str) -> String {
        explain(old, new, "a", "b").unwrap_or_default()
    }

    #[test]
    fn invisible_and_similar_characters_are_named() {
        for (old, new, expected) in [
            (" ", "\u{a0}", "recorded: SPACE; sent: NO-BREAK SPACE (U+00A0)"),
            ("", "\u{200b}", "sent has ZERO WIDTH SPACE (U+200B) that was not recorded"),
            ("\u{202e}", "", "recorded was RIGHT-TO-LEFT OVERRIDE (U+202E) that was not sent"),
            ("", " ", "sent has a space that was not recorded"),
            ("", "  ", "sent has 2 spaces that was not recorded"),
            ("\r\n", "\n", "recorded: CARRIAGE RETURN and LINE FEED; sent: LINE FEED"),
            ("\t", "    ", "recorded: TAB; sent: 4 × SPACE"),
            (
                "é",
                "e\u{301}",
                "recorded: `é` (U+00E9); sent: `e` and COMBINING ACUTE ACCENT (U+0301)",
            ),
            ("'", "’", "recorded: APOSTROPHE; sent: RIGHT SINGLE QUOTATION MARK (U+2019)"),
            ("-", "–", "recorded: HYPHEN-MINUS; sent: EN DASH (U+2013)"),
            ("a", "а", "recorded: `a`; sent: CYRILLIC LETTER (U+0430), which looks like `a`"),
            ("A", "Α", "recorded: `A`; sent: GREEK LETTER (U+0391), which looks like `A`"),
            ("a", "ａ", "recorded: `a`; sent: FULLWIDTH CHARACTER (U+FF41), which looks like `a`"),
            ("x", "𝐱", "recorded: `x`; sent: MATHEMATICAL LETTER (U+1D431), which looks like `x`"),
            ("main", "key", ""),
            ("главный", "важный", ""),
            ("one two", "one\u{2009}three", "sent: THIN SPACE (U+2009)"),
        ] {
            assert_eq!(explained(old, new), expected, "{old:?} against {new:?}");
        }
    }

    #[test]
    fn blanks_at_an_edge_are_told_by_their_place() {
        for (old, new, before, after, expected) in [
            ("", "\n", "a", "", "sent has a trailing newline (LINE FEED) that was not recorded"),
            ("\n", "", "a", "", "recorded was a trailing newline (LINE FEED) that was not sent"),
            (
                "",
                " ",
                "a",
                "\nb",
                "sent has a trailing space at the end of a line that was not recorded",
            ),
            ("", " ", "", "a", "sent has a leading space that was not recorded"),
            (
                "",
                "\u{feff}",
                "",
                "a",
                "sent has leading ZERO WIDTH NO-BREAK SPACE (U+FEFF) that was not recorded",
            ),
        ] {
            assert_eq!(explain(old, new, before, after).as_deref(), Some(expected));
        }
    }
}
