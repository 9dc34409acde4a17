//! Which of the documents' own words become an answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::StreamExt;
use futures::executor::block_on;
use proptest::prelude::*;
use siren_adapters::extractive::{ExtractiveAnswerer, ExtractiveSettings};
use siren_domain::ports::{AnswerModel, AnswerPart, AnswerRequest, QuestionPart, TermWeight};
use siren_domain::{Chunk, DocumentId, Metadata, OffsetMap, Origin, Passage, ScoreParts, Value};
use siren_text::Analyser;

/// One sentence, however weak the evidence.
const ONE: ExtractiveSettings = ExtractiveSettings { max_sentences: 1, min_evidence: 0.0 };

/// A passage of a document, or a row of a database when it has columns.
fn passage(title: &str, text: &str, score: f32, is_row: bool) -> Passage {
    let fields = is_row.then(|| ("id".to_owned(), Value::Integer(1)));
    let document = Metadata {
        fields: fields.into_iter().collect(),
        ..Metadata::new(DocumentId::from_text(title), "s", Origin::File { path: title.into() }, title)
    };
    let chunk = Chunk {
        id: format!("{title}#0"),
        document: Arc::new(document),
        heading: vec![title.into()],
        text: text.into(),
        tokens: 1,
        offsets: OffsetMap::identity(text.len()),
        parts: Vec::new(),
        sections: Vec::new(),
    };
    Passage { chunk: Arc::new(chunk), score, parts: ScoreParts::default() }
}

/// Weights as an index of just these passages would tell them.
fn request(question: &str, passages: Vec<Passage>) -> AnswerRequest {
    let texts = passages.iter().map(|passage| {
        Analyser::default().terms(&format!("{} {}", passage.chunk.document.title, passage.chunk.text))
    });
    let held: Vec<BTreeSet<String>> = texts.map(|terms| terms.into_iter().collect()).collect();
    let asked: BTreeSet<String> = Analyser::default().question_terms(question).into_iter().collect();
    let weight = |term: String| {
        let known = held.iter().any(|terms| terms.contains(&term));
        TermWeight { term, idf: if known { 3.0 } else { 6.0 }, known }
    };
    AnswerRequest {
        question: question.into(),
        passages,
        terms: asked.into_iter().map(weight).collect(),
        ..AnswerRequest::default()
    }
}

fn parts(request: AnswerRequest, settings: ExtractiveSettings) -> Vec<AnswerPart> {
    let parts = ExtractiveAnswerer::new(settings).answer(request);
    let parts: Vec<AnswerPart> = block_on(parts.map(Result::unwrap).collect());
    parts.into_iter().filter(|part| !matches!(part, AnswerPart::Judged(_))).collect()
}

/// The quotes as `passage: words`, or `not found`.
fn told(question: &str, passages: &[Passage], settings: ExtractiveSettings) -> Vec<String> {
    let told = parts(request(question, passages.to_vec()), settings).into_iter().map(|part| match part {
        AnswerPart::Quote { passage, range } => {
            format!("{passage}: {}", &passages[passage].chunk.text[range])
        }
        AnswerPart::NotFound => "not found".into(),
        other => panic!("not its own words: {other:?}"),
    });
    told.collect()
}

const MOVE: &str = "사무실 이전\n\n본사는 성수동으로 옮긴다. 이사는 2024년 5월 16일에 끝난다. 이사 업체는 한빛이다. 이사 상자는 총무팀이 나눠 준다.";
const STEPS: &str = "배포 절차\n\n배포 절차는 다음과 같다.\n\n1. 검토를 받는다\n2. 시험을 돌린다\n3. 승인을 받는다\n\n배포는 화요일에 한다.";
const ROW: &str = "한빛정보의 발표. 발표 제목은 결제 시스템 전환기이다. 둘째 날 세 번째 순서였다.";
const TEA: &str = "차 모임\n\n다도 모임은 매달 첫 월요일에 찻집에서 만난다.";

#[test]
fn what_is_quoted() {
    let moving = || passage("사무실 이전", MOVE, 9.0, false);
    let steps = || passage("배포 절차", STEPS, 9.0, false);
    let row = || passage("한빛정보: 결제 시스템 전환기", ROW, 9.0, true);
    let tea = || passage("차 모임", TEA, 1.0, false);
    let list = "0: 배포 절차는 다음과 같다.\n\n1. 검토를 받는다\n2. 시험을 돌린다\n3. 승인을 받는다";
    let whole_row = format!("0: {ROW}");
    let cases: [(&str, &str, Vec<Passage>, &str); 7] = [
        (
            "a date for when",
            "이사는 언제 끝나나요?",
            vec![moving(), tea()],
            "0: 이사는 2024년 5월 16일에 끝난다.",
        ),
        ("what is named", "이사 업체는 어디인가요?", vec![moving(), tea()], "0: 이사 업체는 한빛이다."),
        ("a list with what announces it", "배포 절차는 무엇인가요?", vec![steps(), tea()], list),
        ("a list that is asked for", "배포 절차의 단계를 알려 주세요", vec![steps(), tea()], list),
        (
            "a sentence beside a list",
            "배포는 무슨 요일에 하나요?",
            vec![steps(), tea()],
            "0: 배포는 화요일에 한다.",
        ),
        ("a row whole", "한빛정보의 발표 제목은 무엇인가요?", vec![row(), tea()], &whole_row),
        (
            "not the first passage",
            "다도 모임은 언제 만나나요?",
            vec![moving(), passage("차 모임", TEA, 8.0, false)],
            "1: 다도 모임은 매달 첫 월요일에 찻집에서 만난다.",
        ),
    ];
    for (case, question, passages, expected) in cases {
        assert_eq!(told(question, &passages, ONE), [expected], "{case}");
    }
}

/// A question of two things is answered once for each, from the passages of each.
#[test]
fn each_part_is_answered() {
    let moving = passage("사무실 이전", MOVE, 9.0, false);
    let steps = passage("배포 절차", STEPS, 8.0, false);
    let part = |question: &str, chunk: &str| QuestionPart {
        question: question.to_owned(),
        chunks: vec![chunk.to_owned(), "gone#0".to_owned()],
    };
    let mut asked = request("이사와 배포는 각각 언제인가요?", vec![moving, steps]);
    asked.parts = vec![
        part("이사는 언제 끝나나요?", "사무실 이전#0"),
        part("배포는 무슨 요일에 하나요?", "배포 절차#0"),
    ];
    let quoted = |parts: Vec<AnswerPart>| -> Vec<usize> {
        let passage = |part| match part {
            AnswerPart::Quote { passage, .. } => Some(passage),
            _ => None,
        };
        parts.into_iter().filter_map(passage).collect()
    };
    let usual = ExtractiveSettings { max_sentences: 2, min_evidence: 0.0 };
    assert_eq!(quoted(parts(asked.clone(), usual)), [0, 1]);
    // A part that nothing was found for leaves the question whole.
    asked.parts[1].chunks = vec!["gone#0".to_owned()];
    assert!(quoted(parts(asked, usual)).contains(&0));
}

/// Two documents say the same, word for word.
#[test]
fn nothing_is_told_twice() {
    const FREE: &str = "참가비는 무료이다.";
    let summit = || passage("서밋 안내", &format!("{FREE} 점심은 각자 먹는다."), 9.0, false);
    let week = || passage("위크 안내", &format!("주차는 어렵다. {FREE}"), 8.9, false);
    let loose = ExtractiveSettings { min_evidence: 0.0, ..ExtractiveSettings::default() };
    let question = "참가비는 얼마인가요?";
    let sentences = told(question, &[summit(), week()], loose);
    assert_eq!(sentences.iter().filter(|said| said.contains(FREE)).count(), 1, "{sentences:?}");
    let mut both = request(question, vec![summit(), week()]);
    let part = |about: &str, of: &str| QuestionPart {
        question: format!("{about} 참가비는 얼마인가요?"),
        chunks: vec![format!("{of}#0")],
    };
    both.parts = vec![part("서밋", "서밋 안내"), part("위크", "위크 안내")];
    let one_each = ExtractiveSettings { max_sentences: 2, ..loose };
    assert_eq!(parts(both, one_each).len(), 1);
}

#[test]
fn what_a_question_points_at_is_quoted_whole() {
    let rows = [
        passage("둘째", "둘째는 한빛의 발표이다. 분야는 결제이다.", 9.0, true),
        passage("첫째", ROW, 8.0, true),
    ];
    let mut asked = request("한빛정보 발표 다음 발표는 무엇인가요?", rows.to_vec());
    asked.pointed = Some("둘째#0".to_owned());
    let whole = AnswerPart::Quote { passage: 0, range: 0..rows[0].chunk.text.len() };
    assert_eq!(parts(asked, ONE), [whole]);
}

/// What all passages speak of does not tell which of them is meant.
#[test]
fn what_only_shares_the_subject_is_left_out() {
    let asked = passage("가람 대회", "가람 대회의 참가 신청 담당은 총무팀이다.", 9.0, false);
    let other = |text| passage("가람 대회", text, 6.3, false);
    let two = |text| {
        told("가람 대회 참가 신청 담당은?", &[asked.clone(), other(text)], ExtractiveSettings::default())
    };
    assert_eq!(two("가람 대회의 참가 신청 기간은 삼월이다.").len(), 1);
    assert_eq!(two("가람 대회의 참가 신청 담당은 인사팀이다.").len(), 2);
}

/// What nobody tells of is not found, however much the passages speak of the rest; of several parts, only that one.
#[test]
fn what_is_absent_is_not_found() {
    let passages = [passage("전환 일정", "한빛은행은 전환을 2023년 5월에 마쳤다.", 9.0, false)];
    let answer = |question: &str, absent: &[&str]| {
        let mut asked = request(question, passages.to_vec());
        asked.absent = absent.iter().map(|name| (*name).to_owned()).collect();
        parts(asked, ExtractiveSettings::default())
    };
    let question = "가람은행은 전환을 언제 마쳤나요?";
    assert!(
        matches!(answer(question, &[])[..], [AnswerPart::Quote { .. }]),
        "the same with a name that is known"
    );
    assert_eq!(answer(question, &["가람은행"]), [AnswerPart::NotFound]);
    assert_eq!(
        answer(question, &["누리은행"]),
        answer(question, &[]),
        "it is not in this part of the question"
    );
}

/// Records are told alike: another one stands beside the best only if it is nearly as good.
#[test]
fn a_record_beside_a_record() {
    let row = |name: &str, text: &str| passage(name, text, 9.0, true);
    let fits = row("수", "가람 대회 부스는 9개이다.");
    let other = |text| {
        told("가람 대회 부스는 몇 개였나요?", &[fits.clone(), row("때", text)], ExtractiveSettings::default())
    };
    assert_eq!(other("가람 대회 부스는 2시에 연다.").len(), 1);
    assert_eq!(other("가람 대회 부스는 모두 9개이다.").len(), 2);
}

/// Who asks whose it is reads a name, which a document may have in its title alone.
#[test]
fn whose_it_is() {
    let text = "보안 대응을 자동화하고 파이프라인을 손보았다.";
    let about = passage("한빛정보의 보안 대응", text, 9.0, false);
    let record = passage("한빛정보(Hanbit)", "한빛정보(Hanbit)에 관한 기록이다.", 0.0, true);
    let question = "파이프라인을 손본 회사가 어디였죠?";
    let answer = |question, passages: &[Passage]| told(question, passages, ONE);
    let first = format!("0: {text}");
    assert_eq!(
        answer(question, &[about.clone(), record.clone()]),
        [&*first, "1: 한빛정보(Hanbit)에 관한 기록이다."]
    );
    let named = passage("한빛정보의 보안 대응", "한빛정보의 발표를 정리했다.", 1.0, false);
    let own = answer(question, &[about.clone(), named, record.clone()]);
    assert_eq!(own, [&*first, "1: 한빛정보의 발표를 정리했다."], "its own sentence is better");
    assert_eq!(
        answer("파이프라인을 어떻게 손봤죠?", &[about.clone(), record]),
        [&*first],
        "nobody asked whose"
    );
    assert_eq!(answer(question, &[about]), [&*first], "no record");
}

/// Where several things are wanted, each record tells one of them.
#[test]
fn records_are_a_list() {
    let row = |name: &str, score| {
        passage(name, &format!("{name}의 발표이다. 발표한 회사는 {name}이다."), score, true)
    };
    let rows = [row("한빛", 9.0), row("가람", 8.5), row("누리", 8.0), row("다온", 2.0)];
    let list = told("발표한 회사들을 알려 주세요", &rows, ONE);
    let names: Vec<&str> = list.iter().filter_map(|quote| quote.split(['의', ' ']).nth(1)).collect();
    assert_eq!(names, ["한빛", "가람", "누리"], "what hardly fits is left out: {list:?}");
    assert_eq!(told("발표한 회사를 알려 주세요", &rows, ONE).len(), 1);
    assert_eq!(told("발표한 회사들을 알려 주세요", &rows[..2], ONE).len(), 1, "two are no list");
}

#[test]
fn when_there_is_an_answer() {
    let moving = [passage("사무실 이전", MOVE, 9.0, false), passage("차 모임", TEA, 2.0, false)];
    let least = |min_evidence| ExtractiveSettings { max_sentences: 1, min_evidence };
    let usual = ExtractiveSettings::default();
    let cost = |text| [passage("사무실 이전", text, 9.0, false), passage("차 모임", TEA, 2.0, false)];
    let (told_cost, untold_cost) =
        (cost("이사 비용은 300만 원이다."), cost("이사 비용은 총무팀이 낸다. 이사 업체는 한빛이다."));
    let cases = [
        ("what is asked for", "이사 비용은 얼마인가요?", &told_cost[..], usual, true),
        ("all words, but no sum", "이사 비용은 얼마인가요?", &untold_cost, usual, false),
        ("evidence", "이사는 언제 끝나나요?", &moving[..], usual, true),
        ("a word of its own, twice", "이사 업체가 뭐예요? 글쎄 글쎄?", &moving, usual, true),
        ("none at all", "고래는 무엇을 먹나요?", &moving, usual, false),
        ("none at all, in English", "What do whales eat?", &moving, usual, false),
        ("no passage", "이사는 언제 끝나나요?", &[], usual, false),
        ("no passage, asked to answer always", "이사는 언제 끝나나요?", &[], least(0.0), false),
        ("none at all, asked to answer always", "고래는 무엇을 먹나요?", &moving, least(0.0), true),
        ("evidence, asked to be certain", "이사는 언제 끝나나요?", &moving, least(1.0), false),
    ];
    for (case, question, passages, settings, answers) in cases {
        let told = told(question, passages, settings);
        assert_eq!(told != ["not found"], answers, "{case}: {told:?}");
    }
}

#[test]
fn no_more_than_asked_for_and_in_reading_order() {
    let text =
        "이사 업체는 한빛이다. 이사 업체는 상자를 준다. 이사 업체는 전화를 받는다. 이사 업체는 아침에 온다.";
    let passages = [passage("이사 업체", text, 9.0, false), passage("이사 업체 둘", text, 9.0, false)];
    for max_sentences in 1..=4 {
        let quotes = told("이사 업체", &passages, ExtractiveSettings { max_sentences, min_evidence: 0.0 });
        let sentences: usize = quotes.iter().map(|quote| quote.matches("다.").count()).sum();
        assert_eq!(sentences, max_sentences, "{quotes:?}");
        let place = |quote: &String| (quote.starts_with('1'), text.find(&quote[3..]));
        assert!(quotes.is_sorted_by_key(place), "{quotes:?}");
    }
}

#[test]
fn what_refers_back_brings_what_it_refers_to() {
    let text = "창고는 부산에 있다. 상자 값은 오르지 않는다. 이는 이사 업체가 미리 산 덕분이다. 찻집은 멀다.";
    let passages = [passage("안내", text, 9.0, false)];
    let settings = |max_sentences| ExtractiveSettings { max_sentences, min_evidence: 0.0 };
    let question = "이사 업체가 미리 산 덕분인 것은?";
    let cases = [
        (1, "0: 이는 이사 업체가 미리 산 덕분이다."),
        (2, "0: 상자 값은 오르지 않는다. 이는 이사 업체가 미리 산 덕분이다."),
    ];
    for (most, expected) in cases {
        assert_eq!(told(question, &passages, settings(most)), [expected]);
    }
}

#[test]
fn a_long_row_is_quoted_by_the_sentence_and_a_long_list_in_part() {
    let row = format!("이사 업체는 한빛이다. {}", "다른 열의 값은 이렇다. ".repeat(30));
    let quotes = told("이사 업체는 어디인가요?", &[passage("계약", &row, 9.0, true)], ONE);
    assert_eq!(quotes, ["0: 이사 업체는 한빛이다."]);
    let items: Vec<String> = (1..=40).map(|n| format!("• 항목 {n}")).collect();
    let list = format!("준비물은 다음과 같다.\n\n{}", items.join("\n"));
    let quotes = told("준비물은 무엇인가요?", &[passage("준비물", &list, 9.0, false)], ONE);
    let lines = quotes[0].lines().filter(|line| line.starts_with('•')).count();
    assert!(quotes[0].contains("다음과 같다.") && (5..40).contains(&lines), "{lines} items: {quotes:?}");
}

fn text() -> impl Strategy<Value = String> {
    "([가-힣]{1,4}|[a-z]{1,4}|[0-9]{1,4}년?|이사|업체|👍🏻|é|[.!?:] |\n\n|\n• |\n1\\. | \\| | ){0,30}"
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    /// Whatever is asked of whatever text: a quote is a stretch of its passage with something to read in it, no two of
    /// them share a letter, and either there are quotes or there is the one honest answer.
    #[test]
    fn quotes_are_the_passages_own_words(
        question in "(이사|업체|언제|단계|몇|[가-힣]{1,3}|[a-z]{1,4}|2024|\\?| ){0,8}",
        given in prop::collection::vec((text(), 0.0_f32..9.0, any::<bool>()), 0..7),
        max_sentences in 1..5_usize,
        min_evidence in prop_oneof![Just(0.0_f32), 0.0_f32..1.0],
    ) {
        let passages: Vec<Passage> = given.iter().map(|(text, score, is_row)| passage("이사 안내", text, *score, *is_row)).collect();
        let parts = parts(request(&question, passages.clone()), ExtractiveSettings { max_sentences, min_evidence });
        prop_assert!((1..=max_sentences).contains(&parts.len()));
        if parts.contains(&AnswerPart::NotFound) {
            prop_assert_eq!(parts.len(), 1);
            let words = passages.iter().take(5).any(|p| p.chunk.text.contains(char::is_alphanumeric));
            prop_assert!(min_evidence > 0.0 || !words, "nothing quoted");
            return Ok(());
        }
        let mut ends: BTreeMap<usize, usize> = BTreeMap::new();
        for part in parts {
            let AnswerPart::Quote { passage, range } = part else { unreachable!("only quotes") };
            let quote = passages[passage].chunk.text.get(range.clone());
            prop_assert!(quote.is_some_and(|quote| quote.contains(char::is_alphanumeric)), "{:?} {:?}", range, quote);
            prop_assert_eq!(quote.map(str::trim), quote);
            let before = ends.insert(passage, range.end).unwrap_or(0);
            prop_assert!(range.start >= before, "{:?} in {}", range, passage);
        }
    }
}
