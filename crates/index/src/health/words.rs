//! What is an owner told, in Korean and English?

use siren_domain::{Fault, PartialDate};

use super::finding::Told;

pub(super) fn conflict(field: &str, stated: &str, recorded: &str, record_counts: bool) -> (Told, Told) {
    let (counts_ko, counts_en) =
        if record_counts { ("레코드", "the record") } else { ("문서", "the document") };
    (
        Told::new(
            format!("`{field}` 값이 서로 다릅니다. 문서는 “{stated}”, 레코드는 “{recorded}”라고 합니다."),
            format!("`{field}` differs: the document says “{stated}”, the record “{recorded}”"),
        ),
        Told::new(
            format!("어느 쪽이 맞는지 확인해 틀린 쪽을 고치세요. 그때까지 답변은 {counts_ko}의 값을 씁니다."),
            format!("find out which is right and correct the other; until then answers go by {counts_en}"),
        ),
    )
}

pub(super) fn contradicted(says: &str, other: &str, other_title: &str, newer: bool) -> (Told, Told) {
    let (when_ko, when_en) = if newer {
        ("더 새로운 문서", "a newer document")
    } else {
        ("다른 문서", "another document")
    };
    (
        Told::new(
            format!(
                "{when_ko} ‘{other_title}’에는 수치가 다르게 적혀 있습니다. 이 문서: “{says}” / 그 문서: “{other}”"
            ),
            format!("{when_en}, “{other_title}”, gives another number; here: “{says}”, there: “{other}”"),
        ),
        Told::new(
            "맞는 수치로 고치거나, 지난 내용이면 그 시점을 적어 두세요.",
            "correct the number, or write down as of when it held",
        ),
    )
}

pub(super) fn injection(rule: &str) -> (Told, Told) {
    (
        Told::new(
            format!("AI 모델에게 지시하는 문장이 숨어 있습니다(규칙 {rule})."),
            format!("a sentence tells a model what to do (rule {rule})"),
        ),
        Told::new(
            "문장을 지우고 누가 넣었는지 확인하세요. 그때까지 모델에게 주기 전에 가립니다.",
            "take it out and find out who put it in; until then it is covered before a model reads it",
        ),
    )
}

pub(super) fn personal(kind: &str) -> (Told, Told) {
    (
        Told::new(format!("개인정보가 적혀 있습니다: {kind}"), format!("personal data stands here: {kind}")),
        Told::new(
            "지우거나 읽을 수 있는 사람을 `access`로 좁히세요. 공개된 값이면 `guard.personal_data_allow`에 적으세요.",
            "take it out, or narrow who may read it with `access`; put a published one in `guard.personal_data_allow`",
        ),
    )
}

pub(super) fn fault(fault: &Fault) -> (Told, Told) {
    let told_ko =
        if fault.kept { "일부만 읽었습니다" } else { "읽지 못해 색인에서 빠졌습니다" };
    (
        Told::new(format!("{told_ko}: {}", fault.problem), fault.problem.clone()),
        Told::new(format!("파일을 고치거나 소스에서 빼세요: {}", fault.remedy), fault.remedy.clone()),
    )
}

pub(super) fn broken_link(target: &str) -> (Told, Told) {
    (
        Told::new(
            format!("링크가 가리키는 `{target}`이(가) 없습니다."),
            format!("the link's target `{target}` is not there"),
        ),
        Told::new("링크를 고치거나 지우세요.", "correct the link or take it out"),
    )
}

/// What can be missing: its name in both languages, and the key that tells it.
pub(super) type Missing = (&'static str, &'static str, &'static str);
pub(super) const TITLE: Missing = ("제목", "title", "title");
pub(super) const DATE: Missing = ("날짜", "date", "date");
pub(super) const OWNER: Missing = ("담당자", "owner", "owner");

fn listed(missing: &[Missing], of: impl Fn(&Missing) -> &'static str) -> String {
    missing.iter().map(of).collect::<Vec<_>>().join(", ")
}

pub(super) fn metadata(missing: &[Missing]) -> (Told, Told) {
    let (ko, en) = (listed(missing, |m| m.0), listed(missing, |m| m.1));
    let keys = listed(missing, |m| m.2);
    (
        Told::new(format!("없는 정보: {ko}"), format!("missing: {en}")),
        Told::new(
            format!("문서 머리(front matter)에 적으세요: {keys}"),
            format!("write it in the front matter: {keys}"),
        ),
    )
}

pub(super) fn metadata_of_source(source: &str, documents: usize, missing: &[Missing]) -> (Told, Told) {
    let (ko, en) = (listed(missing, |m| m.0), listed(missing, |m| m.1));
    let keys = listed(missing, |m| m.2);
    (
        Told::new(
            format!("소스 {source}의 문서 {documents}건 모두에 없는 정보: {ko}"),
            format!("all {documents} documents of the source {source} lack: {en}"),
        ),
        Told::new(
            format!("설정의 [[source]]에 한 번에 적으세요: {keys}"),
            format!("set it once for all in the [[source]] of the settings: {keys}"),
        ),
    )
}

pub(super) fn stale(date: PartialDate, days: i64) -> (Told, Told) {
    (
        Told::new(
            format!("{date} 문서로, {}년이 지났습니다({days}일).", days / 365),
            format!("dated {date}, {days} days ago"),
        ),
        Told::new(
            "아직 맞는지 확인하고 날짜를 고치거나, 지난 기록이면 보관용 소스로 옮기세요.",
            "see whether it still holds and renew its date, or move it to an archive that is not indexed",
        ),
    )
}

pub(super) fn duplicate(title: &str, share: f64) -> (Told, Told) {
    let percent = (share * 100.0).round();
    (
        Told::new(
            format!("‘{title}’ 문서와 {percent}% 같습니다."),
            format!("{percent} % the same as “{title}”"),
        ),
        Told::new(
            "한쪽만 남기고, 다른 쪽은 지우거나 링크로 바꾸세요.",
            "keep one of them; remove the other or make it a link",
        ),
    )
}

pub(super) fn long_section(heading: &str, tokens: u64) -> (Told, Told) {
    (
        Told::new(
            format!("제목 ‘{heading}’ 아래가 너무 깁니다({tokens}토큰)."),
            format!("too much stands under the heading “{heading}” ({tokens} tokens)"),
        ),
        Told::new(
            "소제목으로 나누면 더 정확한 곳을 출처로 보여 줄 수 있습니다.",
            "part it with headings, so that answers can point at the right place",
        ),
    )
}

pub(super) fn empty_chunk(letters: usize) -> (Told, Told) {
    (
        Told::new(
            format!("내용이 거의 없습니다(글자 {letters}개)."),
            format!("next to nothing stands here ({letters} letters)"),
        ),
        Told::new("내용을 쓰거나 지우세요.", "write something here or take it out"),
    )
}

pub(super) fn unanswered(question: &str, times: u64) -> (Told, Told) {
    (
        Told::new(
            format!("답하지 못한 질문({times}번): “{question}”"),
            format!("asked {times} times and not answered: “{question}”"),
        ),
        Told::new(
            "답이 될 문서를 쓰거나, 있는 문서에 내용을 더하세요.",
            "write what answers it, or add it to a document that should",
        ),
    )
}

pub(super) fn disliked(question: &str, times: u64, reason: &str) -> (Told, Told) {
    let (ko, en) = match reason {
        "" => (String::new(), String::new()),
        reason => (format!(" 이유: {reason}"), format!("; reason: {reason}")),
    };
    (
        Told::new(
            format!("답변이 도움이 되지 않았다는 평가({times}번): “{question}”{ko}"),
            format!("the answer was no help ({times} times): “{question}”{en}"),
        ),
        Told::new(
            "답의 근거가 된 이 문서가 맞고 충분한지 확인하세요.",
            "see whether this document, which the answer rests on, is right and complete",
        ),
    )
}

pub(super) fn unused() -> (Told, Told) {
    (
        Told::new(
            "평가 질문 어느 것에서도 검색되지 않았습니다.",
            "no question of the evaluation suite finds it",
        ),
        Told::new(
            "필요한 문서면 이 문서를 묻는 평가 질문을 더하고, 아니면 소스에서 빼세요.",
            "if it is needed, add a question about it to the suite; else take it out of the source",
        ),
    )
}

pub(super) fn unused_rows(source: &str, unused: usize, all: usize) -> (Told, Told) {
    (
        Told::new(
            format!(
                "소스 {source}의 레코드 {all}건 가운데 {unused}건이 어떤 평가 질문에서도 검색되지 않았습니다."
            ),
            format!("no question of the evaluation suite finds {unused} of the {all} records of {source}"),
        ),
        Told::new(
            "필요한 레코드면 평가 질문을 더하고, 아니면 소스의 질의(query)에서 빼세요.",
            "if they are needed, add questions about them to the suite; else leave them out of the source's query",
        ),
    )
}
