//! What can be checked about a number.

use siren_domain::PartialDate;

/// What a number of 13 digits is by its date, its century digit and its check digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Resident {
    pub(super) foreigner: bool,
    pub(super) checked: bool,
}

/// The digits of a registration number, if they can be one: six of a birth date that exists, one that tells the
/// century and who is counted.
pub(super) fn resident(digits: &[u8]) -> Option<Resident> {
    if digits.len() != 13 {
        return None;
    }
    let two = |at: usize| digits[at] * 10 + digits[at + 1];
    let century = match digits[6] {
        1 | 2 | 5 | 6 => 1900,
        3 | 4 | 7 | 8 => 2000,
        _ => 1800,
    };
    PartialDate::new(century + u16::from(two(0)), Some(two(2)), Some(two(4)))?;
    let foreigner = (5..=8).contains(&digits[6]);
    let weights = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5];
    let sum: u32 = digits.iter().zip(weights).map(|(digit, weight)| u32::from(*digit) * weight).sum();
    let expected = (11 - sum % 11) % 10;
    let expected_of_foreigner = (13 - sum % 11) % 10;
    let last = u32::from(digits[12]);
    let checked = last == expected || (foreigner && last == expected_of_foreigner);
    Some(Resident { foreigner, checked })
}

/// Luhn's sum.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let doubled = |digit: u8| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let value = |(at, digit): (usize, &u8)| u32::from(if at % 2 == 1 { doubled(*digit) } else { *digit });
    let sum: u32 = digits.iter().rev().enumerate().map(value).sum();
    let varied = digits.iter().any(|digit| Some(digit) != digits.first());
    varied && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::{Resident, luhn, resident};

    fn digits(text: &str) -> Vec<u8> {
        text.bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0').collect()
    }

    #[test]
    fn dates_and_check_digits() {
        let cases = [
            ("900101-1234568", Some(Resident { foreigner: false, checked: true })),
            ("900101-1234567", Some(Resident { foreigner: false, checked: false })),
            ("901301-1234568", None),
            ("900230-1234568", None),
            ("000229-3234567", Some(Resident { foreigner: false, checked: false })),
            ("010229-3234567", None),
            ("900101-5234562", Some(Resident { foreigner: true, checked: false })),
        ];
        for (text, expected) in cases {
            let found = resident(&digits(text));
            assert_eq!(found.map(|r| r.foreigner), expected.map(|r| r.foreigner), "{text}");
            if !text.contains("-5") {
                assert_eq!(found, expected, "{text}");
            }
        }
        assert!(luhn(&digits("4111 1111 1111 1111")));
        assert!(!luhn(&digits("4111 1111 1111 1112")));
        assert!(!luhn(&digits("0000 0000 0000 0000")));
    }
}
