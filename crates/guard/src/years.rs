//! Which calendar years a question names.
//!
//! Only years that stand there: `작년` and `올해` would need a clock. A question that names an open span (`2023년 이후`,
//! `since 2022`), a decade (`2020년대`) or a year to leave out (`2024년 말고`) names no years at all, because narrowing
//! to the year that was written would leave out just what is asked for.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::fold::Folded;

macro_rules! patterns {
    ($($(#[$doc:meta])* $name:ident = $pattern:expr;)*) => {
        $($(#[$doc])* static $name: LazyLock<Regex> = LazyLock::new(|| compiled($pattern));)*
    };
}

patterns! {
    /// Between the two ends of a range.
    BETWEEN = r"^(?:에서부터|부터|에서)?\s?(?:~|-|to|through|until|till)?\s?'?$";
    /// What makes the number before it a year: the word itself.
    YEAR_WORD = r"^\s?년도?";
    /// The rest of a date.
    DATE_REST = r"^(?:\s?\d{1,2}월(?:\s?\d{1,2}일)?(?:\s?(?:~|-|부터|에서)\s?\d{1,2}[월일](?:\s?\d{1,2}일)?(?:까지)?)?|\s?[상하]반기|\s?[1-4]분기|[./-]\s?(?:0?[1-9]|1[0-2])\b(?:[./-]\s?\d{1,2}\b)?\.?)";
    /// After a bare number: still a date, a quarter or a range.
    NUMERIC_REST = r"^(?:[./-]\s?(?:0?[1-9]|1[0-2])(?:[./-]|\D|$)|[~-](?:'?\d{2}\s?년|(?:19|20)\d{2}(?:\D|$))|,(?:19|20)\d{2}(?:[^\d,]|$)|q[1-4]\b|h[12]\b)";
    /// After a bare number: letters, digits or a unit that touch it.
    TOUCHING = r"^(?:[a-z_%$℃€£¥@+=]|[.,:/-]\d)";
    /// After a bare number: it counts things.
    COUNTER = concat!(
        r"^(?:개|명|번|원|건|대|회|장|점|만|억|조|천|배|가지|시간|분|초|일|월|주|호|층|권|편|위|평|쪽|페이지|포트|달러|유로|살|세|곳|줄|자|토큰|바이트|퍼센트|프로|킬로|미터|톤)",
        r"(?:여|이|가|은|는|을|를|의|에|로|으로|도|만|씩|쯤|까지|부터|째|짜리|정도|이상|이하|차|당|마다|들|당시)*(?:[^가-힣]|$)"
    );
    COUNTER_WORD = concat!(
        r"^\s(?:(?:개|명|번|원|건|대|달러|시간|억|만|토큰|포트)(?:이|가|은|는|을|를|의|에|로|으로|씩|쯤|정도|이상|이하|째)*(?:[^가-힣]|$)",
        r"|(?:users?|servers?|requests?|items?|people|employees|instances?|gpus?|cpus?|tokens?|dollars|usd|won|krw|ms|[kmgt]i?b|[tqr]ps|times|hours|minutes|seconds|days|documents?|rows?|records?|nodes?|cores?|characters|bytes|bits|pixels|dimensions)\b)"
    );
    /// Before a bare number: it is not a year.
    NAMES_NUMBER = r"(?:포트|port|코드|code|에러|error|오류|rfc|iso|iec|cve|버전|version|번호|number|no\.?|id|총|약|무려|최대|최소|about|page|페이지|[#$₩€£¥v])[\s:=-]{0,2}$";
    /// Latin letters that touch a number which is a year all the same: `Summit2024`.
    EVENT_WORD = r"(?:summit|invent|conf|conference|con|week|day|world|expo|forum|connect|tech|next)-?$";
    /// Part of a longer number or name, right before.
    GLUED = r"(?:[a-z_]|\d[.,:]|[a-z]-)$";
    /// After `년`: a stretch of time, not a year.
    FOUR_DIGIT_SPAN = r"^(?:간(?:[^담]|$)|차(?:[^세]|$)|째)";
    SPAN = concat!(
        r"^(?:간(?:[^담]|$)|차(?:[^세]|$)|째|생|짜리|여\b|\s?(?:동안|만에|만의|만이|이상|이하|미만|넘|가까이|정도|경력|근속|근무|역사|전통|노하우|뒤|되[었는]|됐|된\b|치\b|째)",
        r"|\s?전(?:[에의엔쯤]|부터|까지|[^가-힣]|$)|\s?후(?:[에의엔]|[^가-힣]|$)|도\s?(?:안|채|더|못|넘)",
        r"|[이은을의]?\s(?:지나|지난|지났|넘|걸|흐르|흘러|경력|근속|세월|역사|전통|노하우|동안|보증|약정|만기))"
    );
    /// Before two digits and `년`: a stretch of time.
    SPAN_BEFORE = r"(?:^|[^가-힣])(?:약|총|지난|최근|향후|앞으로|무려|만|경력|거의|근|최대|최소|벌써|창립|설립|매|꼬박|장장)\s?$";
    /// After two digits and `년`: surely a year.
    YEAR_CUE = r"^(?:도(?:[가-힣]|\s[^안채더못넘]|$)|\s?(?:\d{1,2}월|[상하]반기|[1-4]분기|초\b|말\b|서밋|써밋|행사|컨퍼런스|콘퍼런스|세미나|인더스트리|리인벤트|aws|summit|re:invent))";
    /// After a quotation mark and two digits: an event of that year.
    EVENT_AFTER = r"^\s?(?:서밋|써밋|컨퍼런스|콘퍼런스|세미나|인더스트리|리인벤트|aws|re:invent|summit|industry)";
    /// Two digits that begin a range.
    SHORT_LEFT = r"(?:^|[^\d.,a-z])(\d{2})\s?[~-]\s?'?$";
    LONG_LEFT = r"(?:^|\D)\d{4}\s?년?\s?[~-]\s?'?$";
    ANY_LEFT = r"\d\s?[~-]\s?'?$";
    /// After a year: its bound.
    OTHER_AFTER = r"^대(?:[^회]|$)|^(?:도|에)?\s?(?:이후|이래|이전|말고|빼고|제외|외에|아닌|아니라)|^[을를]?\s?(?:제외|빼고)|^년?도?[을를은는이가]\s(?:제외|빼고|아닌|아니라|말고)|^\s?(?:전|후)(?:에|의|까지|부터)";
    FROM_AFTER = r"^(?:도)?\s?(?:에서부터|부터|~\s?(?:[^\d\s']|$))";
    TO_AFTER = r"^(?:도)?\s?까지";
    OTHER_BEFORE = r"\b(?:since|after|before|except|excluding|not|prior to|later than|earlier than)\s(?:the\s|in\s)?$";
    TO_BEFORE = r"\b(?:until|till|through|by|up to)\s$";
}

#[expect(clippy::expect_used, reason = "the patterns are constants, and a test runs each")]
fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern compiles")
}

/// A span of more years is a mistake, not a wish.
const LONGEST_RANGE: u16 = 50;
/// So many characters before a number are looked at.
const LOOK_BACK: usize = 24;

/// The years, in order, and where they are named in the original.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NamedYears {
    pub(crate) years: Vec<u16>,
    pub(crate) places: Vec<Range<usize>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    None,
    /// `부터`, `~`, `since`: years after it are meant too.
    From,
    /// `까지`: years before it are meant too.
    To,
    /// `이후`, `이전`, `말고`: other years are meant, even within a range.
    Other,
}

#[derive(Clone, Debug)]
struct Mention {
    year: u16,
    place: Range<usize>,
    bound: Bound,
}

/// Finds the years.
pub(crate) fn named_years(folded: &Folded) -> NamedYears {
    let text = folded.text.as_str();
    let mut mentions: Vec<Mention> = Vec::new();
    let mut from = 0;
    while let Some(run) = next_digits(text, from) {
        from = run.end;
        let found = match run.len() {
            4 => four_digits(text, run).map(|mention| (None, mention)),
            2 => two_digits(text, run, mentions.last()),
            _ => None,
        };
        if let Some((left, mention)) = found {
            from = from.max(mention.place.end);
            mentions.extend(left);
            mentions.push(mention);
        }
    }
    gathered(text, &mentions).map_or_else(NamedYears::default, |(years, places)| NamedYears {
        years,
        places: places.into_iter().map(|place| folded.original_of_text(place)).collect(),
    })
}

/// All years and their places, or none when a span is open.
fn gathered(text: &str, mentions: &[Mention]) -> Option<(Vec<u16>, Vec<Range<usize>>)> {
    let (mut years, mut places) = (Vec::new(), Vec::new());
    let mut rest = mentions;
    while let [first, after @ ..] = rest {
        if let Some(second) = after.first()
            && is_range(text, first, second)
        {
            years.extend(first.year..=second.year);
            places.push(first.place.start..second.place.end);
            if second.bound == Bound::From || second.bound == Bound::Other {
                return None;
            }
            rest = &after[1..];
            continue;
        }
        if first.bound != Bound::None {
            return None;
        }
        years.push(first.year);
        places.push(first.place.clone());
        rest = after;
    }
    years.sort_unstable();
    years.dedup();
    Some((years, places))
}

fn is_range(text: &str, first: &Mention, second: &Mention) -> bool {
    let rising = first.year < second.year && second.year - first.year <= LONGEST_RANGE;
    if !rising || first.bound == Bound::Other {
        return false;
    }
    let between = text.get(first.place.end..second.place.start).unwrap_or_default();
    if between == " and " {
        return before(text, first.place.start).ends_with("between ");
    }
    !matches!(between, "" | " " | "'" | " '") && BETWEEN.is_match(between)
}

fn next_digits(text: &str, from: usize) -> Option<Range<usize>> {
    let start = from + text.get(from..)?.find(|c: char| c.is_ascii_digit())?;
    let rest = text.get(start..)?;
    let len = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    Some(start..start + len)
}

/// The few characters before an offset.
fn before(text: &str, at: usize) -> &str {
    let text = text.get(..at).unwrap_or_default();
    let start = text.char_indices().rev().nth(LOOK_BACK - 1).map_or(0, |(i, _)| i);
    &text[start..]
}

/// Four digits, if they are a year.
fn four_digits(text: &str, run: Range<usize>) -> Option<Mention> {
    let year: u16 = text.get(run.clone())?.parse().ok()?;
    let (behind, after) = (before(text, run.start), text.get(run.end..)?);
    if (GLUED.is_match(behind) && !EVENT_WORD.is_match(behind)) && !follows_year(behind) {
        return None;
    }
    if let Some(word) = YEAR_WORD.find(after) {
        let rest = &after[word.end()..];
        let known = (1900..=2099).contains(&year);
        return (known && !FOUR_DIGIT_SPAN.is_match(rest))
            .then(|| mention(text, year, run.start..run.end + word.end()));
    }
    let bare = (2000..=2049).contains(&year)
        && !NAMES_NUMBER.is_match(behind)
        && !COUNTER.is_match(after)
        && !COUNTER_WORD.is_match(after)
        && (!TOUCHING.is_match(after) || NUMERIC_REST.is_match(after))
        && !is_tail_of_number(behind);
    bare.then(|| mention(text, year, run))
}

/// `2023,2024`: the comma ends a year and groups no digits.
fn follows_year(behind: &str) -> bool {
    let Some(digits) = behind.strip_suffix(',') else {
        return false;
    };
    let run = digits.len() - digits.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    run == 4
}

/// `02-2024`: a dash or slash after digits that are neither a year nor a day or month.
fn is_tail_of_number(behind: &str) -> bool {
    let Some(digits) = behind.strip_suffix(['-', '/']) else {
        return false;
    };
    let run = digits.len() - digits.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    match run {
        0 | 4 => false,
        1 | 2 => behind.ends_with('-') || !digits.contains('/'),
        _ => true,
    }
}

/// Two digits, if they are a year, and the two digits before them if they begin a range.
fn two_digits(text: &str, run: Range<usize>, last: Option<&Mention>) -> Option<(Option<Mention>, Mention)> {
    let short: u16 = text.get(run.clone())?.parse().ok()?;
    let (behind, after) = (before(text, run.start), text.get(run.end..)?);
    let quoted = behind.strip_suffix('\'');
    if short >= 50 || GLUED.is_match(behind) {
        return None;
    }
    let Some(word) = YEAR_WORD.find(after) else {
        // '24 re:Invent
        let year = quoted.is_some() && EVENT_AFTER.is_match(after);
        return year.then(|| (None, mention(text, 2000 + short, run.start - 1..run.end)));
    };
    let year_only = after.strip_prefix(' ').unwrap_or(after).strip_prefix('년')?;
    if SPAN.is_match(year_only) {
        return None;
    }
    let outside = quoted.unwrap_or(behind);
    let start = run.start - (behind.len() - outside.len());
    let place = start..run.end + word.end();
    let plausible = |short: u16| (15..50).contains(&short) && !short.is_multiple_of(10);
    if ANY_LEFT.is_match(outside) {
        if LONG_LEFT.is_match(outside) && last.is_some_and(|left| left.year < 2000 + short) {
            return Some((None, mention(text, 2000 + short, place)));
        }
        let left = SHORT_LEFT.captures(outside)?.get(1)?;
        let left_short: u16 = left.as_str().parse().ok()?;
        if !plausible(left_short) || left_short >= short {
            return None;
        }
        let left_start = start - outside.len() + left.start();
        let left_place = left_start..left_start + 2;
        let left = mention(text, 2000 + left_short, left_place);
        return Some((Some(left), mention(text, 2000 + short, place)));
    }
    let sure = quoted.is_some() || YEAR_CUE.is_match(year_only);
    let year = sure || (plausible(short) && !SPAN_BEFORE.is_match(outside));
    year.then(|| (None, mention(text, 2000 + short, place)))
}

/// A year with the rest of its date and its bound.
fn mention(text: &str, year: u16, mut place: Range<usize>) -> Mention {
    let rest = |end: usize| text.get(end..).unwrap_or_default();
    if let Some(date) = DATE_REST.find(rest(place.end)) {
        place.end += date.end();
    }
    let (behind, after) = (before(text, place.start), rest(place.end));
    let bound = if OTHER_AFTER.is_match(after) || OTHER_BEFORE.is_match(behind) {
        Bound::Other
    } else if FROM_AFTER.is_match(after) {
        Bound::From
    } else if TO_AFTER.is_match(after) || TO_BEFORE.is_match(behind) {
        Bound::To
    } else {
        Bound::None
    };
    Mention { year, place, bound }
}

#[cfg(test)]
mod tests {
    use super::named_years;
    use crate::fold::Folded;

    #[test]
    fn finds_the_years_that_are_named() {
        let cases: &[(&str, &[u16])] = &[
            ("2024년 서밋에서 케이뱅크는 무엇을 발표했나요?", &[2024]),
            ("2024 서밋", &[2024]),
            ("AWS Summit Seoul 2024", &[2024]),
            ("aws summit seoul 2024에서", &[2024]),
            ("'24년 발표", &[2024]),
            ("’24년 발표", &[2024]),
            ("24년 서밋", &[2024]),
            ("24년도 세션", &[2024]),
            ("22년 11월 인더스트리 위크", &[2022]),
            ("２０２４년", &[2024]),
            ("2023년과 2024년을 비교해 줘", &[2023, 2024]),
            ("2024년이랑 2022년, 2023년", &[2022, 2023, 2024]),
            ("2023,2024 서밋", &[2023, 2024]),
            ("2022~2024년", &[2022, 2023, 2024]),
            ("2022 ~ 2024년", &[2022, 2023, 2024]),
            ("2022-2024 발표", &[2022, 2023, 2024]),
            ("2022–2024년", &[2022, 2023, 2024]),
            ("22~24년 발표", &[2022, 2023, 2024]),
            ("'22~'24년 발표", &[2022, 2023, 2024]),
            ("2022~24년 발표", &[2022, 2023, 2024]),
            ("2022년부터 2024년까지", &[2022, 2023, 2024]),
            ("2022년 5월부터 2024년 3월까지", &[2022, 2023, 2024]),
            ("2022에서 2024년까지", &[2022, 2023, 2024]),
            ("talks from 2022 to 2024", &[2022, 2023, 2024]),
            ("talks between 2022 and 2024", &[2022, 2023, 2024]),
            ("2022 and 2024", &[2022, 2024]),
            ("2024.05.16 발표", &[2024]),
            ("2024-05-16 발표", &[2024]),
            ("2024년 5월 16일~17일", &[2024]),
            ("2024년 5월부터 7월까지 열린 행사", &[2024]),
            ("'23 re:Invent에서", &[2023]),
            ("2024년 상반기", &[2024]),
            ("2024Q1 실적", &[2024]),
            ("Summit2024 세션", &[2024]),
            ("서밋2024 세션", &[2024]),
            ("2024년 간담회", &[2024]),
            ("2024대회 발표", &[2024]),
            ("2019년에 뭐라고 했지", &[2019]),
            ("the talk by Netflix in 2023", &[2023]),
        ];
        for (text, years) in cases {
            assert_eq!(named_years(&Folded::new(text)).years, *years, "{text}");
        }
    }

    #[test]
    fn finds_none_in_other_numbers() {
        let cases = [
            "24년간 운영했다",
            "2024년간 이어진",
            "3년 만에",
            "10년 뒤의 클라우드",
            "24년 전에",
            "24년째 개발자",
            "약 24년의 경험",
            "지난 24년",
            "24년 동안",
            "10~15년 걸린다",
            "15년 이상 된 시스템",
            "17년차 엔지니어",
            "29,000개의 문서",
            "20250516182929 파일",
            "2024개",
            "2024개의 서버",
            "2024 개의 서버",
            "2024명이 참석",
            "2024번 포트",
            "포트 2024를 여는 법",
            "RFC 2024",
            "CVE-2024-1234",
            "$2024",
            "2024ms 지연",
            "12,2024",
            "1.2024",
            "02-2024-1234",
            "2024 users",
            "작년 서밋",
            "올해 발표",
            "2023년 이후 발표",
            "2022년부터 시작한 서비스",
            "since 2022",
            "before 2023",
            "2024년 말고 다른 해",
            "2024년까지의 목표",
            "2020년대 초의 클라우드",
            "97년생",
            "'24 hours'",
            "Kubernetes 1.24년",
            "",
        ];
        for text in cases {
            let found = named_years(&Folded::new(text));
            assert!(found.years.is_empty(), "{text}: {found:?}");
        }
    }

    #[test]
    fn quotes_the_asker() {
        let text = "그럼 ’２２년~’24년은?";
        let found = named_years(&Folded::new(text));
        let quotes: Vec<&str> = found.places.iter().map(|place| &text[place.clone()]).collect();
        assert_eq!(quotes, ["’２２년~’24년"]);
    }
}
