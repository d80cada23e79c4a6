//! JAAS login configurations: `Name { Module flag option="value" …; };`, as `-Djava.security.auth.login.config` names a
//! file of. Java's `sun.security.provider.ConfigFile`.
//!
//! Only the syntax is known here. What a login module means is its reader's matter, and no module is ever loaded. Values
//! are not expanded: `${…}` is refused, as taking it for text would lead to a file of that name.

use std::collections::BTreeMap;
use thiserror::Error;

/// A login module and how it is to be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginModule {
    /// The class.
    pub class: String,
    /// What its success or failure means for the whole login.
    pub flag: ControlFlag,
    /// Its options.
    pub options: BTreeMap<String, String>,
    /// The line that it begins in, counted from 1.
    pub line: usize,
}

/// What a module's success or failure means for the whole login. Java's `LoginModuleControlFlag`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlFlag {
    /// It has to succeed.
    Required,
    /// It has to succeed, and what follows is not tried if it does not.
    Requisite,
    /// If it succeeds, what follows is not tried.
    Sufficient,
    /// It need not succeed.
    Optional,
}

/// Why a login configuration could not be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("line {line}: {cause}")]
pub struct JaasError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong. Values are not in it.
    pub cause: String,
}

/// The modules of each entry, in order.
pub fn parse_login_config(text: &str) -> Result<BTreeMap<String, Vec<LoginModule>>, JaasError> {
    let mut parser = Parser { tokens: tokens(text)?.into_iter().peekable(), line: 1 };
    let mut entries = BTreeMap::new();
    while parser.tokens.peek().is_some() {
        let name = parser.word("the name of an entry")?;
        if entries.contains_key(&name) {
            return parser.wrong(format!("the entry {name} is there twice"));
        }
        parser.symbol('{', "after the name of an entry")?;
        let mut modules = Vec::new();
        while !parser.next_is('}') {
            modules.push(parser.module()?);
        }
        parser.symbol('}', "at the end of an entry")?;
        parser.symbol(';', "after the } of an entry")?;
        entries.insert(name, modules);
    }
    Ok(entries)
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Symbol(char),
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<(usize, Token)>>,
    /// Where the last token was.
    line: usize,
}

impl Parser {
    fn wrong<T>(&self, cause: impl Into<String>) -> Result<T, JaasError> {
        Err(JaasError { line: self.line, cause: cause.into() })
    }

    fn next_is(&mut self, symbol: char) -> bool {
        self.tokens.peek().is_some_and(|(_, token)| *token == Token::Symbol(symbol))
    }

    fn next(&mut self) -> Option<Token> {
        let (line, token) = self.tokens.next()?;
        self.line = line;
        Some(token)
    }

    fn word(&mut self, what: &str) -> Result<String, JaasError> {
        match self.next() {
            Some(Token::Word(word)) => Ok(word),
            Some(Token::Symbol(symbol)) => self.wrong(format!("expected {what}, found {symbol}")),
            None => self.wrong(format!("expected {what}, found the end")),
        }
    }

    fn symbol(&mut self, symbol: char, place: &str) -> Result<(), JaasError> {
        match self.next() {
            Some(Token::Symbol(found)) if found == symbol => Ok(()),
            // Not what stands there instead: it may be a secret.
            Some(_) => self.wrong(format!("expected {symbol} {place}")),
            None => self.wrong(format!("expected {symbol} {place}, found the end")),
        }
    }

    fn module(&mut self) -> Result<LoginModule, JaasError> {
        let class = self.word("the class of a login module, or }")?;
        let line = self.line;
        let flag = match self.word("required, requisite, sufficient or optional")?.to_ascii_lowercase().as_str() {
            "required" => ControlFlag::Required,
            "requisite" => ControlFlag::Requisite,
            "sufficient" => ControlFlag::Sufficient,
            "optional" => ControlFlag::Optional,
            _ => return self.wrong("expected required, requisite, sufficient or optional after the login module"),
        };
        let mut options = BTreeMap::new();
        while !self.next_is(';') {
            let name = self.word("the name of an option, or ; after the last one")?;
            self.symbol('=', "after the name of an option")?;
            let value = self.word("the value of an option")?;
            if value.contains("${") {
                return self.wrong(format!("${{…}} in the value of {name} is not expanded; write the value itself"));
            }
            options.insert(name, value);
        }
        self.symbol(';', "after the last option")?;
        Ok(LoginModule { class, flag, options, line })
    }
}

/// Words, in quotes or not, and symbols, with their lines. Comments are C's.
fn tokens(text: &str) -> Result<Vec<(usize, Token)>, JaasError> {
    let (mut tokens, mut line) = (Vec::new(), 1);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\n' => line += 1,
            space if space.is_whitespace() => {}
            '/' if characters.peek() == Some(&'/') => while characters.next_if(|next| *next != '\n').is_some() {},
            '/' if characters.peek() == Some(&'*') => {
                let (began, mut last) = (line, ' ');
                characters.next();
                loop {
                    match characters.next() {
                        None => {
                            return Err(JaasError { line: began, cause: "a comment is not closed by */".to_owned() });
                        }
                        Some('/') if last == '*' => break,
                        Some(next) => {
                            line += usize::from(next == '\n');
                            last = next;
                        }
                    }
                }
            }
            quote @ ('"' | '\'') => tokens.push((line, Token::Word(quoted(quote, &mut characters, line)?))),
            first if is_word(first) => {
                let mut word = first.to_string();
                while let Some(next) = characters.next_if(|next| is_word(*next)) {
                    word.push(next);
                }
                tokens.push((line, Token::Word(word)));
            }
            symbol => tokens.push((line, Token::Symbol(symbol))),
        }
    }
    Ok(tokens)
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || !character.is_ascii() || ".$_-*".contains(character)
}

/// The text up to the closing quote, which has to be in the same line.
fn quoted(quote: char, characters: &mut impl Iterator<Item = char>, line: usize) -> Result<String, JaasError> {
    let mut text = String::new();
    loop {
        match characters.next() {
            Some(end) if end == quote => return Ok(text),
            None | Some('\n') => return Err(JaasError { line, cause: format!("a value is not closed by {quote}") }),
            Some('\\') => match characters.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                escaped => text.extend(escaped),
            },
            Some(other) => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests;
