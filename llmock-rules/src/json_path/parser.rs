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

    fn mistake<T>(&self, reason: &'static str) -> Parsed<T> {
        Err(Mistake { at: self.at, reason })
    }

    /// Segments as far as they go; blanks behind the last are not consumed.
    fn segments(&mut self) -> Parsed<Vec<Segment>> {
        let mut segments = Vec::new();
        loop {
            let end = self.at;
            self.skip_blanks();
            let is_descendant = self.eat("..");
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
            self.skip_blanks();
            if self.eat("]") {
                return Ok(selectors);
            }
            if !self.eat(",") {
                return self.mistake("expected `,` or `]`");
            }
        }
    }

    fn selector(&mut self) -> Parsed<Selector> {
        match self.peek() {
            Some('\'' | '"') => self.string().map(Selector::Name),
            Some('*') => {
                self.eat("*");
                Ok(Selector::Wildcard)
            }
            Some('?') => {
                self.eat("?");
                self.filter().map(Selector::Filter)
            }
            Some('-' | ':' | '0'..='9') => self.index_or_slice(),
            _ => self.mistake("expected a name in quotes, an index, a slice, `*`, or `?`"),
        }
    }

    fn index_or_slice(&mut self) -> Parsed<Selector> {
        let start = self.integer()?;
        let end_of_index = self.at;
        self.skip_blanks();
        if !self.eat(":") {
            self.at = end_of_index;
            // Only a slice may start without a number, and then with `:`.
            return Ok(Selector::Index(start.unwrap_or_default()));
        }
        self.skip_blanks();
        let end = self.integer()?;
        self.skip_blanks();
        let mut step = None;
        if self.eat(":") {
            self.skip_blanks();
            step = self.integer()?;
        }
        Ok(Selector::Slice(Slice { start, end, step: step.unwrap_or(1) }))
    }

    fn integer(&mut self) -> Parsed<Option<i64>> {
        let start = self.at;
        let is_negative = self.eat("-");
        let digits = self.take_while(|c| c.is_ascii_digit());
        let mistake = |reason| Err(Mistake { at: start, reason });
        match digits.parse::<i64>() {
            _ if digits.is_empty() && !is_negative => Ok(None),
            _ if digits.is_empty() => mistake("expected an integer"),
            _ if digits.starts_with('0') && (digits.len() > 1 || is_negative) => {
                mistake("expected an integer without leading zeros")
            }
            Ok(number) if number <= MAX_INTEGER => {
                Ok(Some(if is_negative { -number } else { number }))
            }
            _ => mistake("expected an integer of at most 2^53 - 1"),
        }
    }

    /// Alternatives with `||`, of conditions with `&&`.
    fn filter(&mut self) -> Parsed<Filter> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.mistake("expected fewer nested filters");
        }
        let mut alternatives = Vec::new();
        loop {
            let mut conditions = Vec::new();
            loop {
                conditions.push(self.condition()?);
                self.skip_blanks();
                if !self.eat("&&") {
                    break;
                }
            }
            alternatives.push(one_or(conditions, Filter::And));
            if !self.eat("||") {
                break;
            }
        }
        self.depth -= 1;
        Ok(one_or(alternatives, Filter::Or))
    }

    fn condition(&mut self) -> Parsed<Filter> {
        self.skip_blanks();
        let start = self.at;
        let is_negated = self.eat("!");
        self.skip_blanks();
        let negated = |filter| if is_negated { Filter::Not(Box::new(filter)) } else { filter };
        if self.eat("(") {
            let inner = self.filter()?;
            self.skip_blanks();
            if !self.eat(")") {
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
        let digits = |parser: &mut Self| !parser.take_while(|c| c.is_ascii_digit()).is_empty();
        self.eat("-");
        let whole = self.take_while(|c| c.is_ascii_digit());
        let mut is_number = whole == "0" || !whole.is_empty() && !whole.starts_with('0');
        if is_number && self.eat(".") {
            is_number = digits(self);
        }
        if is_number && (self.eat("e") || self.eat("E")) {
            let _ = self.eat("-") || self.eat("+");
            is_number = digits(self);
        }
        if !is_number {
            return Err(Mistake { at: start, reason: "expected a number" });
        }
        Ok(self.text[start..self.at].to_owned())
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
                    let at = self.at - 1;
                    return Err(Mistake {
                        at,
                        reason: "expected control characters to be escaped",
                    });
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

/// The only element, or all of them combined.
fn one_or(mut all: Vec<Filter>, combine: fn(Vec<Filter>) -> Filter) -> Filter {
    if all.len() == 1 { all.remove(0) } else { combine(all) }
}
