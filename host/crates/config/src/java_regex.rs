//! Mistakes in regular expressions, told as `java.util.regex.Pattern` tells them: description, index, the expression, and
//! a caret below it.
//!
//! This only reads an expression; what matches is decided by the `regex` crate, which takes linear time. So what Java
//! accepts and that crate does not (look-around, back references) is an error, too, in the crate's words. Quoting with `\Q`
//! and the flag `x` are not followed: where one occurs, the crate alone decides.

use std::collections::HashSet;

/// What is wrong with an expression; `None`: nothing.
pub(crate) fn error(pattern: &str) -> Option<String> {
    let java = if pattern.contains("\\Q") { Ok(()) } else { Reader::new(pattern).pattern() };
    match java {
        Err(Stop::Mistake(description, index)) => Some(told(&description, index, pattern)),
        Ok(()) | Err(Stop::Lost) => regex::Regex::new(pattern).err().map(|error| one_line(&error)),
    }
}

/// Java: `PatternSyntaxException.getMessage`.
fn told(description: &str, index: Option<usize>, pattern: &str) -> String {
    let Some(index) = index else { return format!("{description}\n{pattern}") };
    let mut text = format!("{description} near index {index}\n{pattern}");
    if index < pattern.chars().count() {
        text.push('\n');
        text.extend(pattern.chars().take(index).map(|c| if c == '\t' { '\t' } else { ' ' }));
        text.push('^');
    }
    text
}

/// The last line of the regex crate's message, which is a drawing of several lines.
fn one_line(error: &regex::Error) -> String {
    let text = error.to_string();
    text.lines().next_back().unwrap_or(&text).trim().trim_start_matches("error: ").to_owned()
}

/// Why reading ends.
enum Stop {
    /// Something is wrong, and where; `None`: before the beginning.
    Mistake(String, Option<usize>),
    /// Something that is not followed here.
    Lost,
}

type Result<T> = std::result::Result<T, Stop>;

/// Groups within groups that are followed.
const DEPTH: usize = 100;

/// As `java.util.regex.Pattern` reads, step by step, so that indices agree. Where the expression has ended, it reads NULs.
struct Reader {
    text: Vec<char>,
    at: usize,
    depth: usize,
    names: HashSet<String>,
    /// Properties that were looked up, which takes a while.
    properties: HashSet<String>,
}

impl Reader {
    fn new(pattern: &str) -> Self {
        let text = pattern.chars().collect();
        Self { text, at: 0, depth: 0, names: HashSet::new(), properties: HashSet::new() }
    }

    fn mistake<T>(&self, description: impl Into<String>) -> Result<T> {
        Err(Stop::Mistake(description.into(), self.at.checked_sub(1)))
    }

    fn char(&self, index: usize) -> char {
        self.text.get(index).copied().unwrap_or('\0')
    }

    fn peek(&self) -> char {
        self.char(self.at)
    }

    fn ended(&self) -> bool {
        self.at >= self.text.len()
    }

    /// Goes on, then looks.
    fn next(&mut self) -> char {
        self.at += 1;
        self.peek()
    }

    /// Looks, then goes on.
    fn read(&mut self) -> char {
        self.at += 1;
        self.char(self.at - 1)
    }

    /// Goes on twice and gives what is in between.
    fn skip(&mut self) -> char {
        self.at += 2;
        self.char(self.at - 1)
    }

    fn pattern(&mut self) -> Result<()> {
        self.alternatives()?;
        match self.peek() {
            _ if self.at == self.text.len() => Ok(()),
            ')' => self.mistake("Unmatched closing ')'"),
            _ => self.mistake("Unexpected internal error"),
        }
    }

    fn alternatives(&mut self) -> Result<()> {
        self.sequence()?;
        while self.peek() == '|' {
            self.at += 1;
            self.sequence()?;
        }
        Ok(())
    }

    fn sequence(&mut self) -> Result<()> {
        loop {
            match self.peek() {
                '(' => {
                    if self.group()? {
                        self.repetition()?;
                    }
                    continue;
                }
                '[' => self.class(true)?,
                '\\' => self.escaped(false).map(drop)?,
                '|' | ')' => return Ok(()),
                meta @ ('?' | '*' | '+') => {
                    self.at += 1;
                    return self.mistake(format!("Dangling meta character '{meta}'"));
                }
                '{' => {}
                '\0' if self.ended() => return Ok(()),
                _ => self.at += 1,
            }
            self.repetition()?;
        }
    }

    /// What may follow anything: how often.
    fn repetition(&mut self) -> Result<()> {
        match self.peek() {
            '?' | '*' | '+' => {}
            '{' => self.counted()?,
            _ => return Ok(()),
        }
        if matches!(self.next(), '?' | '+') {
            self.at += 1;
        }
        Ok(())
    }

    /// `{1}`, `{1,}`, `{1,2}`; ends at the brace.
    fn counted(&mut self) -> Result<()> {
        let mut next = self.skip();
        if !next.is_ascii_digit() {
            return self.mistake("Illegal repetition");
        }
        let least = self.number(&mut next)?;
        let mut most = least;
        if next == ',' {
            next = self.read();
            most = if next == '}' { u64::MAX } else { self.number(&mut next)? };
        }
        if next != '}' {
            return self.mistake("Unclosed counted closure");
        }
        if most < least {
            return self.mistake("Illegal repetition range");
        }
        self.at -= 1;
        Ok(())
    }

    fn number(&mut self, next: &mut char) -> Result<u64> {
        let mut number = 0;
        while let Some(digit) = next.to_digit(10) {
            number = number * 10 + u64::from(digit);
            if number > u64::from(i32::MAX.unsigned_abs()) {
                return self.mistake("Illegal repetition range");
            }
            *next = self.read();
        }
        Ok(number)
    }

    /// A group; `false`: it only set flags, and nothing may follow it.
    fn group(&mut self) -> Result<bool> {
        if self.next() == '?' {
            match self.skip() {
                ':' | '=' | '!' | '>' => {}
                '<' => self.named_or_behind()?,
                '$' | '@' => return self.mistake("Unknown group type"),
                _ => {
                    self.at -= 1;
                    if self.flags()? {
                        return Ok(false);
                    }
                }
            }
        }
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Stop::Lost);
        }
        self.alternatives()?;
        self.depth -= 1;
        match self.read() {
            ')' => Ok(true),
            _ => self.mistake("Unclosed group"),
        }
    }

    fn named_or_behind(&mut self) -> Result<()> {
        let first = self.read();
        if matches!(first, '=' | '!') {
            return Ok(());
        }
        let name = self.group_name(first)?;
        if !self.names.insert(name.clone()) {
            return self.mistake(format!("Named capturing group <{name}> is already defined"));
        }
        Ok(())
    }

    fn group_name(&mut self, first: char) -> Result<String> {
        if !first.is_ascii_alphabetic() {
            return self.mistake("capturing group name does not start with a Latin letter");
        }
        let (mut name, mut next) = (String::new(), first);
        while next.is_ascii_alphanumeric() {
            name.push(next);
            next = self.read();
        }
        if next == '>' { Ok(name) } else { self.mistake("named capturing group is missing trailing '>'") }
    }

    /// `i-s)` or `i-s:`; whether there is nothing behind the flags.
    fn flags(&mut self) -> Result<bool> {
        while "imsducU-".contains(self.peek()) {
            self.at += 1;
        }
        match self.read() {
            ')' => Ok(true),
            ':' => Ok(false),
            'x' => Err(Stop::Lost),
            _ => self.mistake("Unknown inline modifier"),
        }
    }

    /// `\` and what belongs to it: the character that it means, `None` for a class of them, an anchor, a reference.
    fn escaped(&mut self, in_class: bool) -> Result<Option<char>> {
        let escape = self.skip();
        match escape {
            'p' | 'P' => self.family().map(|()| None),
            '0' => self.octal().map(Some),
            '1'..='9' | 'A' | 'B' | 'G' | 'Z' | 'z' | 'b' | 'R' | 'X' if !in_class => Ok(None),
            'D' | 'd' | 'H' | 'h' | 'S' | 's' | 'V' | 'v' | 'W' | 'w' => Ok(None),
            'k' if !in_class => self.reference().map(|()| None),
            'N' => Err(Stop::Lost),
            'a' => Ok(Some('\u{7}')),
            'e' => Ok(Some('\u{1b}')),
            'f' => Ok(Some('\u{c}')),
            'n' => Ok(Some('\n')),
            'r' => Ok(Some('\r')),
            't' => Ok(Some('\t')),
            'c' if self.ended() => self.mistake("Illegal control escape sequence"),
            'c' => Ok(Some(char::from_u32(u32::from(self.read()) ^ 64).unwrap_or('\0'))),
            'u' => self.unicode().map(Some),
            'x' => self.hexadecimal().map(Some),
            letter if letter.is_ascii_alphanumeric() => self.mistake("Illegal/unsupported escape sequence"),
            literal => Ok(Some(literal)),
        }
    }

    fn octal(&mut self) -> Result<char> {
        let first = self.read();
        let Some(mut code) = first.to_digit(8) else { return self.mistake("Illegal octal escape sequence") };
        for _ in 0..if code <= 3 { 2 } else { 1 } {
            let Some(digit) = self.peek().to_digit(8) else { break };
            (code, self.at) = (code * 8 + digit, self.at + 1);
        }
        Ok(char::from_u32(code).unwrap_or('\0'))
    }

    fn unicode(&mut self) -> Result<char> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = self.read().to_digit(16) else { return self.mistake("Illegal Unicode escape sequence") };
            code = code * 16 + digit;
        }
        // Half of a surrogate pair is no character in Rust.
        char::from_u32(code).ok_or(Stop::Lost)
    }

    fn hexadecimal(&mut self) -> Result<char> {
        let first = self.read();
        let mut code = 0;
        if let Some(high) = first.to_digit(16)
            && let Some(low) = self.read().to_digit(16)
        {
            code = high * 16 + low;
        } else if first == '{' && self.peek().is_ascii_hexdigit() {
            let mut next = self.read();
            while let Some(digit) = next.to_digit(16) {
                code = code * 16 + digit;
                if code > u32::from(char::MAX) {
                    return self.mistake("Hexadecimal codepoint is too big");
                }
                next = self.read();
            }
            if next != '}' {
                return self.mistake("Unclosed hexadecimal escape sequence");
            }
        } else {
            return self.mistake("Illegal hexadecimal escape sequence");
        }
        char::from_u32(code).ok_or(Stop::Lost)
    }

    fn reference(&mut self) -> Result<()> {
        if self.read() != '<' {
            return self.mistake("\\k is not followed by '<' for named capturing group");
        }
        let first = self.read();
        let name = self.group_name(first)?;
        if self.names.contains(&name) {
            return Ok(());
        }
        self.mistake(format!("named capturing group <{name}> does not exist"))
    }

    /// The property of `\p`: `L`, `{Lu}`. Which ones there are, the regex crate knows, and this the names of POSIX.
    fn family(&mut self) -> Result<()> {
        const POSIX: [&str; 13] = [
            "Lower", "Upper", "ASCII", "Alpha", "Digit", "Alnum", "Punct", "Graph", "Print", "Blank", "Cntrl",
            "XDigit", "Space",
        ];
        let name = if self.peek() == '{' {
            let begin = self.at + 1;
            let Some(length) = self.text.iter().skip(begin).position(|c| *c == '}') else {
                self.at = self.text.len() + 1;
                return self.mistake("Unclosed character family");
            };
            self.at = begin + length + 1;
            if length == 0 {
                return self.mistake("Empty character family");
            }
            self.text.iter().skip(begin).take(length).collect()
        } else {
            self.read().to_string()
        };
        let is_followed = !name.contains('=') && !["In", "Is", "java"].iter().any(|prefix| name.starts_with(prefix));
        if !is_followed {
            return Err(Stop::Lost);
        }
        let is_known = POSIX.contains(&name.as_str())
            || self.properties.contains(&name)
            || regex::Regex::new(&format!("\\p{{{name}}}")).is_ok();
        if !is_known {
            return self.mistake(format!("Unknown character property name {{{name}}}"));
        }
        self.properties.insert(name);
        Ok(())
    }

    /// `[…]`, or with `consume` false what stands behind `&&`, up to the bracket that closes the whole.
    fn class(&mut self, consume: bool) -> Result<()> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Stop::Lost);
        }
        let mut next = self.next();
        let mut is_empty = true;
        loop {
            match next {
                '^' if is_empty && self.at > 0 && self.char(self.at - 1) == '[' => {
                    next = self.next();
                    continue;
                }
                '[' => self.class(true)?,
                '&' if self.char(self.at + 1) == '&' => self.intersection(is_empty)?,
                '\0' if self.ended() => return self.mistake("Unclosed character class"),
                ']' if !is_empty => {
                    self.depth -= 1;
                    self.at += usize::from(consume);
                    return Ok(());
                }
                _ => self.range()?,
            }
            is_empty = false;
            next = self.peek();
        }
    }

    fn intersection(&mut self, is_first: bool) -> Result<()> {
        self.at += 1;
        let mut next = self.next();
        let mut is_empty = true;
        while next != ']' && next != '&' {
            if next == '[' {
                self.class(true)?;
            } else {
                self.at -= 1;
                self.class(false)?;
            }
            is_empty = false;
            next = self.peek();
        }
        if is_first && is_empty { self.mistake("Bad class syntax") } else { Ok(()) }
    }

    fn range(&mut self) -> Result<()> {
        let Some(low) = self.class_char()? else { return Ok(()) };
        if self.peek() != '-' || matches!(self.char(self.at + 1), '[' | ']') {
            return Ok(());
        }
        self.at += 1;
        match self.class_char()? {
            Some(high) if high >= low => Ok(()),
            _ => self.mistake("Illegal character range"),
        }
    }

    fn class_char(&mut self) -> Result<Option<char>> {
        if self.peek() == '\\' { self.escaped(true) } else { Ok(Some(self.read())) }
    }
}

#[cfg(test)]
mod tests;
