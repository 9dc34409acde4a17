//! What a query is about, as far as its words tell without a database.

/// The table that a query is about: the first name after the outermost `FROM`. A name that the query itself gives to
/// a part of it (`with recent as (...)`) is passed over for the table behind it.
pub fn table_of(query: &str) -> Option<String> {
    let tokens = tokens(query);
    let named_here = named_parts(&tokens);
    let is_table = |name: &&Found| !named_here.iter().any(|part| part.eq_ignore_ascii_case(&name.table));
    let found = tables(&tokens);
    let outermost = found.iter().filter(|found| found.depth == 0).find(is_table);
    let table = outermost.or_else(|| found.iter().find(is_table)).or(found.first());
    table.map(|found| found.table.clone()).filter(|table| !table.is_empty())
}

/// Says what is wrong with a query that is not one reading statement.
pub(super) fn check(query: &str) -> Result<(), String> {
    let tokens = tokens(query);
    match tokens.first() {
        None => return Err("it is empty: write a SELECT".into()),
        Some(Token::Word(word)) if ["select", "with", "values"].contains(&word.to_lowercase().as_str()) => {}
        Some(_) => return Err("it must be one SELECT (or WITH … SELECT): a source is only read".into()),
    }
    let mut after = tokens.iter().skip_while(|token| **token != Token::Mark(';'));
    if after.any(|token| *token != Token::Mark(';')) {
        return Err("it holds more than one statement: write one SELECT".into());
    }
    Ok(())
}

/// Says what is wrong with a query for MySQL: there a SELECT can write a file, which no transaction forbids. Looked for in
/// strings and comments too, because MySQL quotes and comments in ways of its own.
pub(super) fn check_for_files(query: &str) -> Result<(), String> {
    let query = query.to_ascii_lowercase();
    match ["outfile", "dumpfile"].into_iter().find(|word| query.contains(word)) {
        Some(word) => {
            Err(format!("it has the word {word:?}, which makes MySQL write a file: a source is only read"))
        }
        None => Ok(()),
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// A bare word: a keyword, a name or a number.
    Word(String),
    /// A quoted name.
    Name(String),
    /// A string.
    Text,
    /// Anything else.
    Mark(char),
}

impl Token {
    fn is(&self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Word(name) | Self::Name(name) => Some(name),
            Self::Text | Self::Mark(_) => None,
        }
    }
}

fn tokens(query: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = query;
    while let Some(first) = rest.chars().next() {
        let tail = &rest[first.len_utf8()..];
        rest = match first {
            c if c.is_whitespace() => tail,
            '-' if tail.starts_with('-') => tail.find('\n').map_or("", |end| &tail[end..]),
            '/' if tail.starts_with('*') => tail[1..].find("*/").map_or("", |end| &tail[end + 3..]),
            '\'' => {
                tokens.push(Token::Text);
                quoted(tail, '\'').1
            }
            '"' | '`' | '[' => {
                let (name, after) = quoted(tail, if first == '[' { ']' } else { first });
                tokens.push(Token::Name(name));
                after
            }
            c if is_word(c) => {
                let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                tokens.push(Token::Word(rest[..end].to_owned()));
                &rest[end..]
            }
            c => {
                tokens.push(Token::Mark(c));
                tail
            }
        };
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// What stands before the closing quote, doubled quotes read as one, and what stands behind it.
fn quoted(text: &str, close: char) -> (String, &str) {
    let mut inner = String::new();
    let mut rest = text;
    while let Some(end) = rest.find(close) {
        inner.push_str(&rest[..end]);
        rest = &rest[end + close.len_utf8()..];
        if !rest.starts_with(close) {
            return (inner, rest);
        }
        inner.push(close);
        rest = &rest[close.len_utf8()..];
    }
    (inner, "")
}

/// A table and how many parentheses its `FROM` stands in.
struct Found {
    depth: usize,
    table: String,
}

fn tables(tokens: &[Token]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Mark('(') => depth += 1,
            Token::Mark(')') => depth = depth.saturating_sub(1),
            // `a IS DISTINCT FROM b` compares.
            _ if token.is("from")
                && !at.checked_sub(1).is_some_and(|before| tokens[before].is("distinct")) =>
            {
                found.extend(name_at(&tokens[at + 1..]).map(|table| Found { depth, table }));
            }
            _ => {}
        }
    }
    found
}

/// The name, with its schema, that `tokens` open with.
fn name_at(tokens: &[Token]) -> Option<String> {
    let mut rest = tokens.iter().skip_while(|token| token.is("only") || token.is("lateral")).peekable();
    let mut name = rest.next()?.name()?.to_owned();
    while rest.next_if_eq(&&Token::Mark('.')).is_some() {
        name = format!("{name}.{}", rest.next()?.name()?);
    }
    Some(name)
}

/// The names that a leading `WITH` gives.
fn named_parts(tokens: &[Token]) -> Vec<&str> {
    let mut names = Vec::new();
    let mut depth = 0_usize;
    if !tokens.first().is_some_and(|token| token.is("with")) {
        return names;
    }
    for pair in tokens.windows(2) {
        match &pair[0] {
            Token::Mark('(') => depth += 1,
            Token::Mark(')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && pair[1].is("select") {
            break;
        }
        let introduced = pair[0].is("with") || pair[0].is("recursive") || pair[0] == Token::Mark(',');
        if depth == 0 && introduced && !pair[1].is("recursive") {
            names.extend(pair[1].name());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::{check, check_for_files, table_of};

    #[test]
    fn finds_the_table_a_query_is_about() {
        let cases = [
            ("select * from sessions", Some("sessions")),
            ("SELECT s.id\nFROM sessions s JOIN events e ON e.id = s.event_id", Some("sessions")),
            (
                "select (select count(*) from sessions s where s.c = c.id) n from companies c",
                Some("companies"),
            ),
            ("select 'from nowhere', a -- from here\n from /* from there */ there", Some("there")),
            (r#"select * from "이벤트 목록""#, Some("이벤트 목록")),
            ("select * from hr.\"people\" p", Some("hr.people")),
            ("select * from [my table]", Some("my table")),
            ("with recent as (select * from talks), x as (select 1) select * from recent", Some("talks")),
            ("with recursive n(i) as (select 1) select * from notes, n", Some("notes")),
            ("select a is distinct from b from c", Some("c")),
            ("select * from (select * from inner_table) x", Some("inner_table")),
            ("select 'it''s from x' from y", Some("y")),
            ("select extract(year from held_on) from days", Some("days")),
            ("values (1)", None),
            ("select * from", None),
            ("select 'open", None),
            ("", None),
        ];
        for (query, table) in cases {
            assert_eq!(table_of(query).as_deref(), table, "{query}");
        }
    }

    #[test]
    fn lets_one_reading_statement_through() {
        let fine = [
            "select 1",
            "  -- why\n SELECT 1 ;; ",
            "with a as (select 1) select * from a",
            "values (1)",
            "select ';'",
        ];
        let wrong = [
            "",
            "-- nothing",
            "insert into a values (1)",
            "vacuum into 'x'",
            "select 1; vacuum into 'x'",
            "pragma x",
        ];
        for query in fine {
            assert_eq!(check(query), Ok(()), "{query}");
        }
        for query in wrong {
            assert!(check(query).is_err(), "{query}");
        }
    }

    #[test]
    fn no_file_is_written() {
        for query in ["select 1 into outfile '/tmp/x'", "select '\\'' INTO/**/DumpFile '/tmp/x' -- '"] {
            assert_eq!(check(query), Ok(()), "{query}");
            assert!(check_for_files(query).is_err(), "{query}");
        }
        assert_eq!(check_for_files("select outcome, file from dumps"), Ok(()));
    }
}
