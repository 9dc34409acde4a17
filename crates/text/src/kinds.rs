//! What kind of thing a question asks for, told by its asking words, and whether a text has such a thing.
//!
//! An asking word itself is looked for in vain: who asks `어디서` finds the text that says `장소는`.

use std::sync::LazyLock;

use regex::Regex;

/// What would be an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Where something is or was.
    Place,
    /// A day, a month, a year, a time from one to another.
    Date,
    /// How long something takes.
    Duration,
    /// An hour of the day.
    Hour,
    /// How often.
    Frequency,
    /// Why.
    Reason,
    /// Who.
    Person,
    /// What something costs.
    Money,
}

/// How a kind is asked for, what documents call it, and what it looks like.
struct Looks {
    kind: Kind,
    asked: Regex,
    names: &'static str,
    told: Regex,
}

#[expect(clippy::expect_used, reason = "the patterns are literals that a test compiles")]
static LOOKS: LazyLock<Vec<Looks>> = LazyLock::new(|| {
    let pattern = |pattern: &str| Regex::new(&format!("(?i){pattern}")).expect("a valid pattern");
    let looks = |kind, asked: &str, names, told: &str| Looks {
        kind,
        asked: pattern(asked),
        names,
        told: pattern(told),
    };
    vec![
        looks(
            Kind::Place,
            r"어디(?:서|에서|에|로)|장소|위치|\bwhere\b|\bvenue\b",
            "장소 위치 행사장",
            r"장소|위치|행사장|개최지|\d\s?층|센터|\bvenue\b|\bheld (?:at|in)\b",
        ),
        looks(
            Kind::Date,
            r"언제|날짜|며칠|몇\s?일|요일|몇\s?(?:년|월)|시기|시점|기간|\bwhen\b|\bwhat (?:year|date|day)\b",
            "날짜 기간",
            r"\d+\s?(?:년|월|일)|[월화수목금토일]요일|매(?:일|주|달|월|년|해)|분기|상반기|하반기|작년|올해|내년|지난해|\d{4}[-./]\d{1,2}|\b(?:19|20)\d\d\b|\b(?:january|february|march|april|may|june|july|august|september|october|november|december) \d",
        ),
        looks(
            Kind::Duration,
            r"(?:며칠|몇\s?(?:분|시간|일|주|개월|달|년))\s?(?:동안|간(?:$|[^가-힣])|이나\s?걸|정도\s?걸|걸[려리렸린])|며칠간|얼마\s?동안|얼마나\s?(?:오래|걸[려리렸린]|기다)|소요\s?(?:기간|시간)|\bhow long\b",
            "기간",
            r"\d\s?(?:분|시간|일|주|개월|달|년)\s?(?:간|동안|이상|이하|미만|이내|넘|만에|가까이|정도|쯤|걸|반|[이도]?\s?채)|하루|이틀|사흘|나흘|닷새|일주일|보름|[한두세석네넉]\s?(?:시간|달|해)|반년|몇\s?(?:분|시간|일|주|달|개월|년)|부터[^.]{1,40}까지|기간|단위: (?:분|시간|일|주|개월|달|년)|\b(?:minutes|hours|days|weeks|months|years)\b",
        ),
        looks(
            Kind::Hour,
            r"몇\s?시(?:$|[^가-힣]|에|부터|까지|였|인|예|쯤|죠|경)|\bwhat time\b",
            "시각",
            r"\d{1,2}\s?시(?:$|[^가-힣]|에|부터|까지|쯤|반|로|이|경)|\d{1,2}:\d\d|오전|오후",
        ),
        looks(
            Kind::Frequency,
            r"얼마나 자주|몇\s?년마다|주기|\bhow often\b",
            "주기",
            r"주기|매년|매월|매주|매일|마다|에 한 번|\bevery\b|\bannual",
        ),
        looks(
            Kind::Reason,
            r"(?:^|\s)왜(?:$|\s|냐|요)|이유|까닭|원인|계기|\bwhy\b|\breason",
            "이유",
            r"때문|이유|까닭|덕분|해서|하려고|므로|그래서|왜|계기|\bbecause\b|\breason",
        ),
        looks(
            Kind::Person,
            r"누가\s?(?:발표|강연|연설|말)|(?:사람|연사|분|발표자|강연자|대표|담당자|CTO|CEO|저자|필자)\S*\s(?:\S+\s)?누구|누구(?:예요|에요|였|인가|죠|지|임|야|\?|$)|성함|(?:사람|분|연사|발표자|대표|담당자|팀장|동료|직원|사장|CTO|CEO)의?\s?이름이?\s?[뭐무]|\bwho\b",
            "연사",
            r"연사|대표|사장|CTO|CEO|CIO|팀장|교수|박사|씨(?:$|[^가-힣])|\bspeaker",
        ),
        looks(
            Kind::Money,
            r"요금|가격|금액|이용료|참가비|단가|돈이|돈을|비용[은이]?\s?(?:얼마|어느|궁금|알려|총)|얼마(?:예요|에요|인가|였|죠|인지|\?|$)|\b(?:price|fee|money)\b|\bhow much\b.*\b(?:cost|pay|spend|save|charge)",
            "비용 금액",
            r"\d\s?(?:천|백|십)?\s?(?:만|억|조)?\s?(?:원(?:$|[^가-힣]|[이은을에씩])|달러|불(?:$|[^가-힣])|유로|엔(?:$|[^가-힣]))|[십백천만억조]\s?(?:원(?:$|[^가-힣]|[이은을에씩])|달러|유로)|\d\s?억(?:$|\s?(?:가량|정도|원)|[.,)])|[$€£]\s?\d|무료|공짜",
        ),
    ]
});

/// The kinds of things that are asked for, each once.
pub fn asked(question: &str) -> Vec<Kind> {
    let mut kinds: Vec<Kind> =
        LOOKS.iter().filter(|looks| looks.asked.is_match(question)).map(|looks| looks.kind).collect();
    // How many days it took is no day.
    if kinds.contains(&Kind::Duration) {
        kinds.retain(|kind| *kind != Kind::Date);
    }
    kinds
}

/// Whether a question asks for several things, each of which may be told by a record of its own.
pub fn asks_for_several(question: &str) -> bool {
    #[expect(clippy::expect_used, reason = "the pattern is a literal that a test compiles")]
    static SEVERAL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?i)목록|명단|리스트|어디어디|누구누구|무엇무엇|뭐뭐|모아\s?(?:줘|주)|순서대로|어떤 것들|(?:회사|기업|고객사|세션|강연|발표|서비스|부스|연사|행사|업체)들|(?:세션|강연|발표)[은는이가을를]?\s(?:모두\s|총\s|전부\s)?몇\s?개|\blist\b|\bwhich (?:companies|sessions|talks|speakers)\b",
        )
        .expect("a valid pattern")
    });
    SEVERAL.is_match(question)
}

impl Kind {
    fn looks(self) -> Option<&'static Looks> {
        LOOKS.iter().find(|looks| looks.kind == self)
    }

    /// What documents call it.
    pub fn names(self) -> &'static str {
        self.looks().map_or("", |looks| looks.names)
    }

    /// Whether a text has a thing of this kind, as far as its looks tell.
    pub fn is_told_in(self, text: &str) -> bool {
        self.looks().is_some_and(|looks| looks.told.is_match(text))
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, asked, asks_for_several};

    #[test]
    fn what_is_asked_for() {
        let cases: [(&str, &[Kind]); 22] = [
            ("2022년 위크는 어디서 했어요?", &[Kind::Place]),
            ("행사장 위치 알려 주세요", &[Kind::Place]),
            ("며칠에 했죠?", &[Kind::Date]),
            ("재작년 서밋은 무슨 요일에 했어요?", &[Kind::Date]),
            ("몇 월 며칠이었죠?", &[Kind::Date]),
            ("입장은 몇 시부터 됐나요?", &[Kind::Hour]),
            ("얼마나 자주 열려요?", &[Kind::Frequency]),
            ("왜 옮겼나요?", &[Kind::Reason]),
            ("누가 발표했어요?", &[Kind::Person]),
            ("발표한 사람 이름이 뭐죠?", &[Kind::Person]),
            ("챗봇 이름이 뭐였죠?", &[]),
            ("When and where was it held?", &[Kind::Place, Kind::Date]),
            ("What time did it start?", &[Kind::Hour]),
            ("발표한 회사가 어디였나요?", &[]),
            ("세션이 몇 시간이었나요?", &[]),
            ("왜곡된 값은 무엇인가요?", &[]),
            ("주차 요금은 얼마였죠?", &[Kind::Money]),
            ("How much does it cost per host?", &[Kind::Money]),
            ("얼마나 걸렸나요?", &[Kind::Duration]),
            ("며칠 동안 열렸나요?", &[Kind::Duration]),
            ("How long did it take?", &[Kind::Duration]),
            ("며칠간의 행사였나요?", &[Kind::Duration]),
        ];
        for (question, expected) in cases {
            assert_eq!(asked(question), expected, "{question}");
        }
    }

    #[test]
    fn several_things() {
        for question in [
            "발표한 회사들은?",
            "강연 목록 좀 알려주세요",
            "어디어디였나요?",
            "List the services.",
            "발표는 모두 몇 개였나요?",
            "5월 발표를 모아 주세요",
            "Which companies spoke?",
        ] {
            assert!(asks_for_several(question), "{question}");
        }
        for question in
            ["발표한 회사는?", "네 번째 교훈은?", "교훈은 모두 몇 개인가요?", "Which talk was listed first?"]
        {
            assert!(!asks_for_several(question), "{question}");
        }
    }

    #[test]
    fn what_tells_it() {
        let cases = [
            (Kind::Place, "장소는 코엑스이다.", "코엑스를 보았다."),
            (Kind::Date, "2024년 5월 16일에 열렸다.", "봄에 열렸다."),
            (Kind::Duration, "이틀 동안 열렸다.", "2019년에 열렸다."),
            (Kind::Hour, "12시부터 들어갔다.", "12개였다."),
            (Kind::Frequency, "1년에 한 번 열린다.", "올해 열린다."),
            (Kind::Reason, "비용 때문에 옮겼다.", "모두 옮겼다."),
            (Kind::Person, "이동욱 CTO가 말했다.", "회사가 말했다."),
            (Kind::Date, "정기 회의는 수요일에 한다.", "정기 회의는 회의실에서 한다."),
            (Kind::Money, "참가비는 오만 원이다.", "참가비는 회사가 낸다."),
            (Kind::Money, "한 해에 3억 가량 낸다.", "5억 명이 쓴다."),
        ];
        for (kind, told, untold) in cases {
            assert!(kind.is_told_in(told) && !kind.is_told_in(untold), "{kind:?}");
            assert!(!kind.names().is_empty(), "{kind:?}");
        }
    }
}
