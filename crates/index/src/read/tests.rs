use proptest::prelude::*;

use super::{BlockKind, Parsed, read};

fn body(path: &str, text: &str) -> Parsed {
    read(path, text.as_bytes()).expect("readable")
}

#[test]
fn markup_is_left_out() {
    #[rustfmt::skip]
    let cases = [
        ("# 제목\n\n본문 **굵게** 그리고 *기울임*.", "제목\n\n본문 굵게 그리고 기울임."),
        ("**엄격한 규율(Discipline)**을 지킨다", "엄격한 규율(Discipline)을 지킨다"),
        ("2**10 은 1024, `a ** b`", "2**10 은 1024, a ** b"),
        ("~~지운 말~~ 남은 말", "남은 말"),
        ("앞\n\n![[Pasted image 1.png]]\n\n뒤", "앞\n\n뒤"),
        ("[[문서|별명]]을 보라. [[다른 문서]]도", "별명을 보라. 다른 문서도"),
        ("> [!tip] 요령\n> 내용", "요령\n내용"),
        (
            "{% include image.html url=\"a.png\" caption=\"안내 배너\" alt=\"안내 배너\" %}\n\n글 {{ page.title }} 끝",
            "안내 배너\n\n글  끝",
        ),
        ("{% raw %}본문{% endraw %}", "본문"),
        ("{%- if x -%}조건{%- endif -%}", "조건"),
        ("```\n{{ keep }} **code**\n```", "{{ keep }} **code**"),
        (
            "<center>사진 설명</center><br>\n\n<strong>굵은 HTML</strong>과 <del>지운 글</del>",
            "사진 설명\n\n굵은 HTML과",
        ),
        (
            "<figure>\n\t<img src=\"{{ x }}/a.png\"\n\t alt=\"부스 전경\">\n<figcaption>행사</figcaption></figure>",
            "부스 전경\n\n행사",
        ),
        ("![title.png](./title.png)\n\n![무대](a.png)", "무대"),
        ("- 하나\n- 둘\n  1. 둘-하나\n  2. 둘-둘\n", "• 하나\n• 둘\n1. 둘-하나\n2. 둘-둘"),
        ("3. 셋\n4. 넷", "3. 셋\n4. 넷"),
        ("| 이름 | 값 |\n|---|---|\n| 가 | 1 |\n", "이름 | 값\n가 | 1"),
        ("[링크](https://example.com)와 <https://example.org>", "링크와 https://example.org"),
        ("글[^1]\n\n[^1]: 각주", "글\n\n• 각주"),
        ("A &amp; B &lt;태그&gt;", "A & B <태그>"),
        ("제목 {#id}\n===\n본문", "제목\n\n본문"),
        ("{: .class }\n문단", "문단"),
        ("==강조== 하고 %%주석%% 끝", "강조 하고  끝"),
        ("- [x] 끝낸 일\n- [ ] 남은 일", "• 끝낸 일\n• 남은 일"),
        ("<script>alert(1)</script>글", "글"),
        ("{{< figure src=\"a.png\" caption=\"그림 설명\" >}}\n\n{{% notice info %}}\n알림\n{{% /notice %}}", "그림 설명\n\n알림"),
        ("import { Chart } from '../chart'\nimport './a.css'\nexport const year = 2018\n\n글", "글"),
        ("중요한 import 문과 export const 문", "중요한 import 문과 export const 문"),
        ("<Chart year={year}\n  color=\"#fcb32c\" />\n\n글", "글"),
        ("> [!WARNING]\n> 경고 내용", "경고 내용"),
        ("> [!note]- 접힌 제목\n> 안", "접힌 제목\n안"),
        ("![[노트#절]] [[노트#절|별명]]을 보라 ^ref-1", "별명을 보라"),
        ("::: tip\n알아 둘 것\n:::", "알아 둘 것"),
        ("{% comment %}숨긴 {{ 글 }}{% endcomment %}보임", "보임"),
        ("![무대](a.png){: width=\"300\"}\n\n글{: .cls }", "무대\n\n글"),
        ("`{{ 변수 }}`와 ``{% raw %}``", "{{ 변수 }}와 {% raw %}"),
        ("~~지운 `코드`~~ <s>지운 글\n\n다음 문단", "다음 문단"),
        ("~~취소(했다)~~는 말", "취소(했다)는 말"),
        ("<details><summary>접기</summary>\n\n안의 글\n\n</details>", "접기\n\n안의 글"),
        ("글 <!-- 주석 --> 뒤\n\n<!-- 여러\n\n줄 -->\n\n끝", "글  뒤\n\n끝"),
        ("| 가 | 나 |\n|---|---|\n| 1 \\| 2 | 첫<br>둘 |", "가 | 나\n1 | 2 | 첫 둘"),
        ("용어\n: 뜻풀이", "용어\n뜻풀이"),
        ("H<sub>2</sub>O <kbd>Ctrl</kbd>", "H2O Ctrl"),
        ("[참조][1]\n\n[1]: https://example.com", "참조"),
        ("이모지 👍🏻 1️⃣ Day-1", "이모지 👍🏻 1️⃣ Day-1"),
    ];
    for (given, expected) in cases {
        let text = body("a.md", given).written.text;
        assert_eq!(text.trim(), expected, "{given:?}");
    }
}

/// Each block's kind and text.
type Blocks<'a> = &'a [(BlockKind, &'a str)];

#[test]
fn what_belongs_together_is_told() {
    use BlockKind::{Code, List, Table};
    #[rustfmt::skip]
    let cases: [(&str, &str, Blocks<'_>); 9] = [
        ("a.md", "앞\n\n| 이름 | 값 |\n|---|---|\n| 가 | 1 |\n\n뒤", &[(Table, "이름 | 값\n가 | 1")]),
        ("a.md", "- 하나\n  ```\n  code\n  ```\n- 둘\n  1. 셋\n\n글", &[(List, "• 하나\n\ncode\n\n• 둘\n1. 셋")]),
        ("a.md", "```rust\nlet a = 1;\n\nlet b;\n```\n글\n\n- 하나", &[(Code, "let a = 1;\n\nlet b;"), (List, "• 하나")]),
        ("a.md", "글만 있다.", &[]),
        ("a.md", "<table><tr><td>가<td>나</table>\n\n글", &[(Table, "가 | 나")]),
        ("a.html", "<p>앞<ul><li>하나<li><table><tr><td>가</table></ul><pre>a\n b</pre>뒤", &[(List, "• 하나\n• 가"), (Code, "a\n b")]),
        ("a.html", "<table><tr><td><h2>제목</h2>글</table><ol><li>하나", &[(List, "1. 하나")]),
        ("a.html", "</table><table></table></ul><p>글", &[]),
        ("a.txt", "- 하나\n- 둘", &[]),
    ];
    for (path, given, expected) in cases {
        let written = body(path, given).written;
        let told: Vec<_> = written.blocks.iter().map(|b| (b.kind, &written.text[b.range.clone()])).collect();
        assert_eq!(told, expected, "{given:?}");
    }
}

#[test]
fn html_pages() {
    let page = "<!doctype html><html><head><title>사내 &amp; 규정</title><style>p{}</style>\
        <meta property=\"article:published_time\" content=\"2024-05-16T00:00:00\"></head><body><nav>메뉴</nav>\
        <h1>규정</h1><p>첫째   문단은\n두 줄이다.</p><ul><li>하나<li>둘</ul>\
        <table><tr><th>이름<th>값<tr><td>가<td>1&nbsp;개</table><footer>바닥</footer></body></html>";
    let parsed = body("a.html", page);
    let expected = "규정\n\n첫째 문단은 두 줄이다.\n\n• 하나\n• 둘\n\n이름 | 값\n가 | 1 개";
    assert_eq!(parsed.written.text.trim(), expected);
    assert_eq!(parsed.front.title.as_deref(), Some("사내 & 규정"));
    assert_eq!(parsed.front.date.as_deref(), Some("2024-05-16T00:00:00"));
    let headings: Vec<_> = parsed.written.sections.iter().map(|s| s.heading.join("/")).collect();
    assert_eq!(headings, ["규정"]);
}

#[test]
fn pages_are_read_without_their_frame() {
    let long = "본문은 충분히 길어서 이 페이지가 무엇에 관한 것인지 알려 준다.";
    #[rustfmt::skip]
    let cases = [
        ("<body><header>로고</header><nav>메뉴</nav><p>LONG</p><aside>광고</aside><footer>바닥</footer>", "LONG"),
        ("<div>사이트 이름</div><main><h1>제목</h1><p>LONG</p></main><div>관련 글</div>", "제목\n\nLONG"),
        ("<div>위</div><article><header><h1>제목</h1></header><p>LONG</p><footer>공유</footer></article><div>아래</div>", "제목\n\nLONG"),
        ("<main></main><p>LONG</p>", "LONG"),
        ("<div id=\"cookie-banner\"><div>동의</div></div><div class=\"GDPR\">동의</div><p>LONG</p>", "LONG"),
        ("<div role=\"navigation\"><div>메뉴</div></div><p>LONG</p><p hidden>숨김<p style=\"display: none\">숨김</p>", "LONG"),
        ("<nav><nav>안</nav>밖</nav><p>LONG</p>", "LONG"),
        ("<p>LONG</p><input class=\"cookie\"><p>뒤</p>", "LONG\n\n뒤"),
        ("<p>LONG</p><script>var a = '<p>글</p>';</script><style>p{}</style><noscript>켜라</noscript>", "LONG"),
    ];
    for (page, expected) in cases {
        let text = body("a.html", &page.replace("LONG", long)).written.text;
        assert_eq!(text.trim(), expected.replace("LONG", long), "{page}");
    }
}

#[test]
fn character_references_keep_their_places() {
    let cases = [
        ("<p>가&ampt;r나", "가&t;r나", "r나"),
        ("<p>가&copy나&amp다", "가©나&다", "다"),
        ("<p>&#44032;나 &nope;다", "가나 &nope;다", "다"),
        ("<p>a&NotEqualTilde;나&semi;다", "a≂̸나;다", "다"),
        ("<p>A&#65a나", "AAa나", "a나"),
        ("<p>가</>나", "가나", "나"),
        ("<p>가</><2나다>라", "가<2나다>라", "나다"),
        ("<p>&amp;</></>나&lt;</>다", "&나<다", "다"),
    ];
    for (page, expected, word) in cases {
        let written = body("a.html", page).written;
        assert_eq!(written.text.trim(), expected, "{page}");
        let at = written.text.find(word).expect("there");
        assert_eq!(&page[written.offsets.original_range(at..at + word.len())], word, "{page}");
    }
}

#[test]
fn pages_say_what_they_are() {
    let page = "<html lang=\"ko-KR\"><head><title>제목 | 사이트</title><meta property=\"og:title\" content=\"제목\">\
        <meta name=author content=\"한지민\"><meta name=\"keywords\" content=\"가, 나\">\
        <link rel=canonical href=\"https://example.com/a\"><meta property=\"og:url\" content=\"https://example.com/b\">\
        <meta name=date content=2024-05-16></head><body><p>글 <time datetime=2020-01-01>옛날</time></p></body></html>";
    let front = body("a.html", page).front;
    let told =
        [&front.title, &front.owner, &front.url, &front.language, &front.date].map(|field| field.as_deref());
    let expected = ["제목", "한지민", "https://example.com/a", "ko", "2024-05-16"].map(Some);
    assert_eq!(told, expected);
    assert_eq!(front.tags, ["가", "나"]);
}

#[test]
fn front_matter_of_the_generators() {
    let jekyll = "---\nlayout: post\ntitle:  \"제목: 하나\"\ndate:   2023-12-10 14:13:00 +0900\ncategory: [Programming]\nthumbnail: \n---\n글";
    let gatsby =
        "---\nemoji: 🤔\ntitle: 제목\ndate: '2024-05-17'\nauthor: JH\ncategories: Retrospect\n---\n글";
    let house = "---\ntitle: 제목\naccess: [engineering]\ntags:\n  - 가\n  - 나\nowner: 팀\n---\n글";
    let parsed = body("a.md", jekyll);
    assert_eq!(parsed.front.title.as_deref(), Some("제목: 하나"));
    assert_eq!(parsed.front.date.as_deref(), Some("2023-12-10 14:13:00 +0900"));
    assert_eq!(body("a.md", gatsby).front.owner.as_deref(), Some("JH"));
    let parsed = body("a.md", house);
    assert_eq!(parsed.front.access, Some(vec!["engineering".to_owned()]));
    assert_eq!(parsed.front.tags, ["가", "나"]);
    for text in [jekyll, gatsby, house] {
        assert_eq!(body("a.md", text).written.text.trim(), "글");
        assert_eq!(body("a.md", text).warning, None);
    }
}

#[test]
fn broken_front_matter_is_told_with_its_line() {
    let parsed = body("a.md", "---\ntitle: ok\ntags: [a, b\n---\n글");
    let warning = parsed.warning.expect("a warning");
    assert!(warning.line.is_some_and(|line| (2..=5).contains(&line)), "{warning:?}");
    assert_eq!(parsed.written.text.trim(), "글");
}

#[test]
fn encodings() {
    let (legacy, _, _) = encoding_rs::EUC_KR.encode("안녕하세요. 시험 문서입니다.");
    let utf16: Vec<u8> =
        std::iter::once(0xfeff).chain("유티에프 16".encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let cases: [(&[u8], Option<&str>); 5] = [
        (&legacy, Some("안녕하세요. 시험 문서입니다.")),
        (&utf16, Some("유티에프 16")),
        ("\u{feff}표식".as_bytes(), Some("표식")),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", None),
        (b"\xfd broken \xc3\x28 \xa0\xa1", None),
    ];
    for (bytes, expected) in cases {
        let parsed = read("a.txt", bytes);
        assert_eq!(parsed.as_ref().ok().map(|p| p.written.text.as_str()), expected, "{bytes:?}");
    }
    let parsed = read("a.txt", &legacy).expect("Korean");
    let at = parsed.written.text.find("시험").expect("there");
    let range = parsed.written.offsets.original_range(at..at + "시험".len());
    let (word, _, _) = encoding_rs::EUC_KR.decode(&legacy[range]);
    assert_eq!(word, "시험");
}

#[test]
fn titles_come_from_the_only_leading_heading() {
    let cases = [
        ("# 하나\n\n글\n\n## 둘", Some("하나")),
        ("글\n\n# 하나", None),
        ("# 하나\n\n# 둘", None),
        ("## 둘\n\n글", None),
    ];
    for (text, expected) in cases {
        assert_eq!(body("a.md", text).title.as_deref(), expected, "{text:?}");
    }
}

proptest! {
    /// Whatever the markup: a letter of the text is the same letter at the place in the file that it points at.
    #[test]
    fn letters_point_at_themselves(text in "(\u{feff})?(# |## |- |1\\. |> |\\*\\*|~~|`|\r\n|\n\n|\\| |\\|-\\|-\\|\n|<table>|</table>|<pre>|</pre>|<ul>|<li>|</ul>|<h2>|</h2>|```\n|<b>|</b>|<br>|\\{% x %\\}|!\\[\\[a\\]\\]|[가-힣]{1,4}|[a-z]{1,4}|\u{1112}\u{1161}\u{11ab}|👍|&amp;|&ampt;|&copy|&nope;|&NotEqualTilde;|& | ){0,40}") {
        for path in ["a.md", "a.html", "a.txt"] {
            let written = read(path, text.as_bytes()).expect("text").written;
            for (at, c) in written.text.char_indices().filter(|(_, c)| c.is_alphabetic()) {
                let range = written.offsets.original_range(at..at + c.len_utf8());
                let source = siren_text::normalise(&text[range.clone()]).text;
                prop_assert!(source.contains(c), "{c:?} at {range:?} of {text:?} in {path}");
            }
            let mut end = 0;
            for section in &written.sections {
                prop_assert!(section.range.start >= end && section.range.end <= written.text.len());
                end = section.range.end;
            }
            let mut end = 0;
            for block in &written.blocks {
                prop_assert!(block.range.start >= end && !block.range.is_empty(), "{:?}", written.blocks);
                let holds = |s: &super::Section| s.range.start <= block.range.start && block.range.end <= s.range.end;
                prop_assert!(written.sections.iter().any(holds), "{block:?} in {:?} of {text:?}", written.sections);
                end = block.range.end;
            }
        }
    }
}
