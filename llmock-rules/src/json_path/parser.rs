//! The parser: recursive descent along the grammar of RFC 9535, appendix A.

use super::{Comparable, Filter, Operator, Query, Segment, Selector, Slice};

/// How deep filters may nest; the stack holds far more.
const MAX_DEPTH: usize = 128;

/// RFC 9535 takes integers that an `f64` holds exactly.
const MAX_INTEGER: i64 = (1 << 53) - 1;

const OPERATORS: [(&str, Operator); 6] = [
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

/// What is wrong with a path, and at which byte.
#[derive(Debug)]
pub(super) struct Mistake {
    at: usize,
    reason: &'static str,
}

type Parsed<T> = Result<T, Mistake>;

impl Mistake {
    /// The reason with the rest of the path that it is about.
    pub(super) fn describe(&self, text: &str) -> String {
        let Self { at, reason } = *self;
        match &text[at..] {
            _ if text.is_empty() => "it is empty; the whole body is `$`".to_owned(),
            _ if at == 0 && parse(&format!("$.{text}")).is_ok() => {
                format!("{reason}; did you mean `$.{text}`?")
            }
            "" => format!("{reason} at the end"),
            rest => format!("{reason} at `{rest}`"),
        }
    }
}

pub(super) fn parse(text: &str) -> Parsed<Vec<Segment>> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    if !parser.eat("$") {
        return parser.mistake("expected `$`");
    }
    let segments = parser.segments()?;
    if parser.at < text.len() {
        return parser.mistake("expected `.` or `[`");
    }
    Ok(segments)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn skip_blanks(&mut self) {
        self.take_while(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
    }

    fn eat_after_blanks(&mut self, token: &str) -> bool {
        self.skip_blanks();
        self.eat(token)
    }

    fn mistake<T>(&self, reason: &'static str) -> Parsed<T> {
        Err(Mistake { at: self.at, reason })
    }

    /// Segments as far as they go; blanks behind the last are not consumed.
    fn segments(&mut self) -> Parsed<Vec<Segment>> {
        let mut segments = Vec::new();
        loop {
            let end = self.at;
            let is_descendant = self.eat_after_blanks("..");
            let is_dotted = is_descendant || self.eat(".");
            if self.peek() == Some('[') && (is_descendant || !is_dotted) {
                segments.push(Segment { is_descendant, selectors: self.brackets()? });
            } else if is_dotted {
                segments.push(Segment { is_descendant, selectors: vec![self.shorthand()?] });
            } else {
                self.at = end;
                return Ok(segments);
            }
        }
    }

    fn shorthand(&mut self) -> Parsed<Selector> {
        if self.eat("*") {
            return Ok(Selector::Wildcard);
        }
        let start = self.at;
        let name = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii());
        if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
            self.at = start;
            return self.mistake("expected a name or `*`");
        }
        Ok(Selector::Name(name.to_owned()))
    }

    /// `[selector, selector]`.
    fn brackets(&mut self) -> Parsed<Vec<Selector>> {
        self.eat("[");
        let mut selectors = Vec::new();
        loop {
            self.skip_blanks();
            selectors.push(self.selector()?);
            if self.eat_after_blanks("]") {
                return Ok(selectors);
            }
            if !self.eat(",") {
                return self.mistake("expected `,` or `]`");
            }
        }
    }

    fn selector(&mut self) -> Parsed<Selector> {
        if self.eat("*") {
            return Ok(Selector::Wildcard);
        }
        if self.eat("?") {
            return self.filter().map(Selector::Filter);
        }
        match self.peek() {
            Some('\'' | '"') => self.string().map(Selector::Name),
            Some('-' | ':' | '0'..='9') => self.index_or_slice(),
            _ => self.mistake("expected a name in quotes, an index, a slice, `*`, or `?`"),
        }
    }

    fn index_or_slice(&mut self) -> Parsed<Selector> {
        let start = self.integer()?;
        if !self.eat_after_blanks(":") {
            // Only a slice may start without a number, and then with `:`.
            return Ok(Selector::Index(start.unwrap_or_default()));
        }
        self.skip_blanks();
        let end = self.integer()?;
        let mut step = None;
        if self.eat_after_blanks(":") {
            self.skip_blanks();
            step = self.integer()?;
        }
        Ok(Selector::Slice(Slice { start, end, step: step.unwrap_or(1) }))
    }

    fn integer(&mut self) -> Parsed<Option<i64>> {
        let start = self.at;
        let is_negative = self.eat("-");
        let digits = self.take_while(|c| c.is_ascii_digit());
        let reason = match digits.parse::<i64>() {
            _ if digits.is_empty() && !is_negative => return Ok(None),
            _ if digits.is_empty() => "expected an integer",
            _ if digits.starts_with('0') && (digits.len() > 1 || is_negative) => {
                "expected an integer without leading zeros"
            }
            Ok(number) if number <= MAX_INTEGER => {
                return Ok(Some(if is_negative { -number } else { number }));
            }
            _ => "expected an integer of at most 2^53 - 1",
        };
        Err(Mistake { at: start, reason })
    }

    /// Alternatives with `||`, of conditions with `&&`.
    fn filter(&mut self) -> Parsed<Filter> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.mistake("expected fewer nested filters");
        }
        let both = |parser: &mut Self| parser.joined("&&", Filter::And, Self::condition);
        let filter = self.joined("||", Filter::Or, both)?;
        self.depth -= 1;
        Ok(filter)
    }

    fn joined(
        &mut self,
        token: &str,
        join: fn(Vec<Filter>) -> Filter,
        part: fn(&mut Self) -> Parsed<Filter>,
    ) -> Parsed<Filter> {
        let mut parts = vec![part(self)?];
        while self.eat_after_blanks(token) {
            parts.push(part(self)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { join(parts) })
    }

    fn condition(&mut self) -> Parsed<Filter> {
        self.skip_blanks();
        let start = self.at;
        let is_negated = self.eat("!");
        let negated = |filter| if is_negated { Filter::Not(Box::new(filter)) } else { filter };
        if self.eat_after_blanks("(") {
            let inner = self.filter()?;
            if !self.eat_after_blanks(")") {
                return self.mistake("expected `)`");
            }
            return Ok(negated(inner));
        }
        let left_at = self.at;
        let left = self.comparable()?;
        self.skip_blanks();
        let Some((_, operator)) = OPERATORS.iter().find(|(token, _)| self.eat(token)) else {
            return match left {
                Comparable::Query(query) => Ok(negated(Filter::Exists(query))),
                _ => self.mistake("expected a comparison operator"),
            };
        };
        self.skip_blanks();
        let right_at = self.at;
        let right = self.comparable()?;
        for (side, at) in [(&left, left_at), (&right, right_at)] {
            if matches!(side, Comparable::Query(query) if !query.is_singular()) {
                return Err(Mistake { at, reason: "expected a path to a single value" });
            }
        }
        if is_negated {
            let reason = "expected parentheses around a comparison behind `!`";
            return Err(Mistake { at: start, reason });
        }
        Ok(Filter::Compare(left, *operator, right))
    }

    fn comparable(&mut self) -> Parsed<Comparable> {
        match self.peek() {
            Some('\'' | '"') => return self.string().map(Comparable::Text),
            Some('-' | '0'..='9') => return self.number().map(Comparable::Number),
            Some(root @ ('@' | '$')) => {
                self.at += 1;
                let segments = self.segments()?;
                return Ok(Comparable::Query(Query { is_absolute: root == '$', segments }));
            }
            _ => {}
        }
        let start = self.at;
        let word = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
        match word {
            "null" => Ok(Comparable::Null),
            "true" | "false" => Ok(Comparable::Bool(word == "true")),
            _ => {
                let is_call = !word.is_empty() && self.peek() == Some('(');
                self.at = start;
                self.mistake(if is_call {
                    "functions are not supported"
                } else {
                    "expected a path that starts with `@` or `$`, or a literal"
                })
            }
        }
    }

    /// A JSON number, as written.
    fn number(&mut self) -> Parsed<String> {
        let start = self.at;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
        let text = self.take_while(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        let whole = whole.strip_prefix('-').unwrap_or(whole);
        let has_leading_zero = whole.len() > 1 && whole.starts_with('0');
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        if has_leading_zero || ![whole, fraction, exponent].into_iter().all(digits) {
            return Err(Mistake { at: start, reason: "expected a number" });
        }
        Ok(text.to_owned())
    }

    fn string(&mut self) -> Parsed<String> {
        let start = self.at;
        let quote = self.peek().unwrap_or('"');
        self.at += 1;
        let mut string = String::new();
        while let Some(c) = self.peek() {
            self.at += c.len_utf8();
            match c {
                '\\' => string.push(self.escape(quote)?),
                _ if c == quote => return Ok(string),
                '\0'..='\x1f' => {
                    let reason = "expected control characters to be escaped";
                    return Err(Mistake { at: self.at - 1, reason });
                }
                _ => string.push(c),
            }
        }
        Err(Mistake { at: start, reason: "expected a closing quote for the string" })
    }

    /// The character behind a backslash.
    fn escape(&mut self, quote: char) -> Parsed<char> {
        let mistake = Mistake { at: self.at - 1, reason: "invalid escape sequence" };
        let Some(c) = self.peek() else { return Err(mistake) };
        self.at += c.len_utf8();
        match c {
            'b' => Ok('\u{8}'),
            'f' => Ok('\u{c}'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            '/' | '\\' => Ok(c),
            'u' => self.unicode().ok_or(mistake),
            _ if c == quote => Ok(c),
            _ => Err(mistake),
        }
    }

    /// The four hex digits behind `\u`, and a second escape if they are the first half of a surrogate pair.
    fn unicode(&mut self) -> Option<char> {
        let high = self.hex()?;
        if !(0xD800..0xDC00).contains(&high) {
            return char::from_u32(high);
        }
        if !self.eat("\\u") {
            return None;
        }
        let low = self.hex().filter(|low| (0xDC00..0xE000).contains(low))?;
        char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.rest().get(..4)?;
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        self.at += 4;
        u32::from_str_radix(digits, 16).ok().filter(|_| is_hex)
    }
}
