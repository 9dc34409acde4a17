//! Personal data in the ways people write it, and numbers that are none.

use proptest::prelude::*;
use siren_guard::personal::{Allowed, Kind, find, masked, masked_after};

const FOUND: &[(&str, Kind, &str)] = &[
    ("제 주민번호는 900101-1234568 입니다", Kind::ResidentNumber, "900101-1234568"),
    ("９００１０１－１２３４５６８", Kind::ResidentNumber, "９００１０１－１２３４５６８"),
    ("주민번호 900101 1234567", Kind::ResidentNumber, "900101 1234567"),
    ("9001011234568", Kind::ResidentNumber, "9001011234568"),
    ("201105-3123456 아이 번호", Kind::ResidentNumber, "201105-3123456"),
    ("외국인등록번호 900101-5123456", Kind::ForeignerNumber, "900101-5123456"),
    ("010-1234-5678로 전화 줘", Kind::Phone, "010-1234-5678"),
    ("01012345678", Kind::Phone, "01012345678"),
    ("010 1234 5678", Kind::Phone, "010 1234 5678"),
    ("010.1234.5678", Kind::Phone, "010.1234.5678"),
    ("+82 10-1234-5678", Kind::Phone, "+82 10-1234-5678"),
    ("+82-(0)10-1234-5678", Kind::Phone, "+82-(0)10-1234-5678"),
    ("02-123-4567", Kind::Phone, "02-123-4567"),
    ("(031) 123-4567", Kind::Phone, "(031) 123-4567"),
    ("공일공 일이삼사 오육칠팔이야", Kind::Phone, "공일공 일이삼사 오육칠팔"),
    ("공일공에 일이삼사에 오육칠팔", Kind::Phone, "공일공에 일이삼사에 오육칠팔"),
    ("고객센터 1588-1234", Kind::Phone, "1588-1234"),
    ("카드 4111-1111-1111-1111", Kind::Card, "4111-1111-1111-1111"),
    ("4111 1111 1111 1111", Kind::Card, "4111 1111 1111 1111"),
    ("4111111111111111로 결제", Kind::Card, "4111111111111111"),
    ("국민은행 123456-01-123456으로 보내", Kind::Account, "123456-01-123456"),
    ("계좌번호: 110-123-456789", Kind::Account, "110-123-456789"),
    ("3333011234567 카카오뱅크 계좌야", Kind::Account, "3333011234567"),
    ("hong.gildong@example.co.kr로 보내", Kind::Email, "hong.gildong@example.co.kr"),
    ("hong골뱅이example.com", Kind::Email, "hong골뱅이example.com"),
    ("여권 M12345678", Kind::Passport, "M12345678"),
    ("M123A4567", Kind::Passport, "M123A4567"),
    ("면허번호 11-12-123456-12", Kind::DriverLicence, "11-12-123456-12"),
    ("서울 12-123456-12 면허", Kind::DriverLicence, "서울 12-123456-12"),
];

const NOTHING: &[&str] = &[
    "2024년 5월 16일",
    "2024-05-16부터 2024-05-17까지",
    "20250516182929 로그",
    "1700000000000",
    "버전 1.24.3-rc1",
    "29,000개 문서",
    "192.168.0.10",
    "901301-1234568",
    "4111 1111 1111 1112",
    "RFC 2616과 CVE-2024-123456",
    "arn:aws:iam::123456789012:role/x",
    "1592-1598년 임진왜란",
    "성공일공연",
    "git@github.com:org/repo.git",
    "케이뱅크 2023-05-12 발표",
    "m5.24xlarge 인스턴스",
    "02:30에 시작",
    "3분기 매출 1,234,567,890원",
    "",
];

#[test]
fn personal_data_is_found_where_it_stands() {
    let mut wrong = Vec::new();
    for (text, kind, words) in FOUND {
        let found: Vec<(Kind, &str)> = find(text).into_iter().map(|f| (f.kind, &text[f.range])).collect();
        if found != [(*kind, *words)] {
            wrong.push(format!("{text}: {found:?}"));
        }
        if masked(text, &Allowed::default()).contains(words) {
            wrong.push(format!("{text}: not masked"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn other_numbers_are_left_alone() {
    let wrong: Vec<_> =
        NOTHING.iter().map(|text| (text, find(text))).filter(|(_, found)| !found.is_empty()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn check_digits_are_told() {
    let checked = |text: &str| find(text).first().map(|found| found.checked);
    assert_eq!(checked("900101-1234568"), Some(true));
    assert_eq!(
        checked("201105-3123456"),
        Some(false),
        "numbers given out since October 2020 have no check digit"
    );
}

#[test]
fn what_is_published_may_be_shown() {
    let allowed = Allowed::new(&["02-123-4567".to_owned(), "help@example.com".to_owned()]);
    assert_eq!(
        masked("문의 02) 123-4567, HELP@example.com", &allowed),
        "문의 02) 123-4567, HELP@example.com"
    );
    assert_eq!(masked("문의 02-123-4568", &allowed), "문의 [전화번호]");
    assert_eq!(masked("call 02-123-4568", &allowed), "call [phone number]");
}

#[test]
fn what_was_half_said_is_not_ended() {
    let none = Allowed::default();
    assert_eq!(masked_after("번호는 010-", "1234-5678이다.", &none), "[전화번호]이다.");
    assert_eq!(masked_after("번호는 ", "010-1234-5678이다.", &none), "[전화번호]이다.");
    assert_eq!(masked_after("끝났다. ", "다음 문장이다.", &none), "다음 문장이다.");
}

proptest! {
    #[test]
    fn places_are_real_and_apart(text in "([0-9０-９공일이삼\\- .@a-zM]|주민|계좌|전화|\\PC){0,60}") {
        let found = find(&text);
        for pair in found.windows(2) {
            prop_assert!(pair[0].range.end <= pair[1].range.start);
        }
        for one in &found {
            prop_assert!(text.get(one.range.clone()).is_some_and(|words| !words.is_empty()));
        }
        let clean = masked(&text, &Allowed::default()).into_owned();
        let again = masked(&clean, &Allowed::default()).into_owned();
        prop_assert!(again.len() <= clean.len() + 200);
    }

    #[test]
    fn a_mobile_number_is_found_in_any_dress(
        digits in "[0-9]{8}", one in "[ .~-]{0,2}", other in "[ .~-]{0,2}", before in "[가-힣 ]{0,9}", particle in "(으로|이|은|입니다)?",
    ) {
        let text = format!("{before} 010{one}{}{other}{}{particle}", &digits[..4], &digits[4..]);
        let clean = masked(&text, &Allowed::default()).into_owned();
        prop_assert!(!clean.contains(&digits[4..]), "{text} -> {clean}");
    }
}
