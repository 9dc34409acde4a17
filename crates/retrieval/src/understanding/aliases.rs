//! The other names of what a question names, from a table of the house's own.

use std::ops::Range;

use siren_merging::NameFinder;

/// What is called in several ways.
#[derive(Debug)]
pub struct Aliases {
    names: Vec<Vec<String>>,
    finder: NameFinder,
}

impl Default for Aliases {
    fn default() -> Self {
        Self::of(Vec::new())
    }
}

impl Aliases {
    /// A table in the form of the built-in one: a thing a line, one name, a tab, the other names with commas between them.
    /// Lines that begin with `#` say nothing. A line that names nothing twice is an error: its number and what is wrong.
    pub fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut all = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((first, others)) = line.split_once('\t') else {
                return Err((number, "no tab stands between a name and its other names".to_owned()));
            };
            let names = std::iter::once(first).chain(others.split(',')).map(str::trim);
            let names: Vec<String> = names.filter(|name| !name.is_empty()).map(str::to_owned).collect();
            if names.len() < 2 {
                return Err((number, "a name and at least one other name are needed".to_owned()));
            }
            all.push(names);
        }
        Ok(Self::of(all))
    }

    /// The names of each thing.
    pub fn names(&self) -> &[Vec<String>] {
        &self.names
    }

    fn of(names: Vec<Vec<String>>) -> Self {
        let each = names.iter().enumerate();
        let finder =
            NameFinder::new(each.flat_map(|(at, names)| names.iter().map(move |name| (at, name.as_str()))));
        Self { names, finder }
    }

    /// The names that stand in a text, in order, each with the other names of the same thing.
    pub(crate) fn met(&self, text: &str) -> Vec<(Range<usize>, Vec<&str>)> {
        let mut out = Vec::new();
        for mention in self.finder.mentions(text, &|_| true) {
            let said = text[mention.range.clone()].to_lowercase();
            let names = mention.owners.iter().flat_map(|at| &self.names[*at]).map(String::as_str);
            let others = names.filter(|name| name.to_lowercase() != said).collect();
            out.push((mention.range, others));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::Aliases;

    #[test]
    fn names_of_one_thing() {
        let table = "# 우리 회사의 이름들\n\nTSP\t더사이렌포탈, 사이렌 포탈\n클플팀\t클라우드플랫폼팀\n";
        let aliases = Aliases::parse(table).expect("a table");
        let met = |text: &str| {
            let met = aliases.met(text).into_iter();
            met.map(|(range, others)| format!("{}={}", &text[range], others.join("|"))).collect::<Vec<_>>()
        };
        assert_eq!(met("TSP는 누가 쓰나요?"), ["TSP=더사이렌포탈|사이렌 포탈"]);
        assert_eq!(met("클플팀의 더사이렌포탈"), ["클플팀=클라우드플랫폼팀", "더사이렌포탈=TSP|사이렌 포탈"]);
        assert!(met("스타벅스는?").is_empty());
        assert!(Aliases::default().met("TSP").is_empty());
    }

    #[test]
    fn a_wrong_line_is_told_by_its_number() {
        let line = |table: &str| Aliases::parse(table).err().map(|(line, _)| line);
        assert_eq!(line("가나\t다라\n마바 사아\n"), Some(2));
        assert_eq!(line("가나\t ,\n"), Some(1));
    }
}
