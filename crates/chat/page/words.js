// What the page says, in Korean and in English.

const KOREAN = {
  searching: "기록을 검색하는 중…",
  writing: "답을 쓰는 중…",
  answered: (n) => (n ? `답이 끝났습니다. 출처 ${n}개.` : "답이 끝났습니다."),
  missing: "찾지 못했습니다",
  ruled: "안내",
  refused: "답하지 않는 질문입니다",
  sources: (n) => `출처 ${n}`,
  source: (n, title) => `출처 ${n}, ${title}, 원문에서 보기`,
  readAt: (title) => `원문에서 보기: ${title}`,
  nearest: "가까운 문서",
  further: "이어서 묻기",
  about: (topic) => `${topic}에 대해 더 알려 주세요`,
  undated: "날짜 없음",
  owner: (name) => `담당 ${name}`,
  open: "원본 열기",
  row: "키",
  column: "열",
  extractive: "문서의 문장을 그대로 옮긴 답입니다",
  model: (name) => `${name}이(가) 쓴 답입니다. 중요한 내용은 출처를 확인하세요`,
  generation: (n) => `색인 ${n}세대`,
  stopped: "멈췄습니다.",
  cut: "답이 중간에 끊겼습니다. 위의 글은 온전한 답이 아닙니다.",
  offline: "인터넷에 연결되어 있지 않습니다. 연결을 확인한 뒤 다시 시도하세요.",
  unreachable: "서버에 닿지 못했습니다. 잠시 뒤 다시 시도하세요.",
  login: "로그인이 필요합니다.",
  toLogin: "로그인하기",
  account: (name) => `${name} · 로그인 정보와 나가기`,
  again: "다시 시도",
  send: "보내기",
  stop: "멈추기",
  reading: "문서를 여는 중…",
  unreadable: "이 문서를 열 수 없습니다. 지워졌거나 볼 수 있는 권한이 없습니다.",
  quoteGone: "문서가 바뀌어 인용한 자리를 찾지 못했습니다. 인용문은 다음과 같습니다.",
  helpful: "도움이 되었나요?",
  yes: "도움이 됐어요",
  no: "아쉬워요",
  why: "무엇이 아쉬웠나요?",
  reasons: { wrong: "틀린 내용", incomplete: "빠진 내용", outdated: "오래된 내용", source: "출처가 맞지 않음", other: "그 밖에" },
  correct: "바른 답을 아시면 적어 주세요 (선택)",
  tell: "보내기",
  thanks: "고맙습니다. 다음 답에 참고하겠습니다.",
  feedbackLost: "의견을 보내지 못했습니다. 다시 눌러 주세요.",
  renameOf: (title) => `이름 바꾸기: ${title}`,
  exportOf: (title) => `내려받기: ${title}`,
  deleteOf: (title) => `지우기: ${title}`,
  deleteWords: (title) => `“${title}” 대화와 그 답을 모두 지웁니다. 되돌릴 수 없습니다.`,
  talkLost: "이 대화를 열지 못했습니다.",
  codes: {
    too_many_answers: "지금 질문이 많습니다. 잠시 뒤 다시 시도하세요.",
    queue_timeout: "지금 질문이 많습니다. 잠시 뒤 다시 시도하세요.",
    rate_limit_exceeded: "짧은 시간에 많이 물으셨습니다. 잠시 뒤 다시 시도하세요.",
    not_ready: "아직 답할 준비가 되지 않았습니다. 관리자가 색인을 만들면 답할 수 있습니다.",
    unavailable: "지금은 답을 만들지 못했습니다. 잠시 뒤 다시 시도하세요.",
    shutting_down: "서버가 다시 시작하는 중입니다. 잠시 뒤 다시 시도하세요.",
    timeout: "답이 너무 오래 걸려 그만두었습니다. 질문을 좁혀 보세요.",
    question_too_long: "질문이 너무 깁니다. 줄여서 다시 보내 주세요.",
    request_too_large: "대화가 너무 길어졌습니다. 새 대화를 시작해 주세요.",
    missing_credential: "로그인이 필요합니다.",
    invalid_api_key: "로그인이 만료되었습니다. 다시 로그인해 주세요.",
    forbidden: "이 일을 할 권한이 없습니다.",
    internal_error: "서버에 문제가 생겼습니다. 계속되면 관리자에게 알려 주세요.",
  },
  unknown: "서버에 문제가 생겼습니다.",
  pageTitle: "Siren — 컨퍼런스 요점을 근거와 함께",
  other: "English",
  page: {
    skip: "질문 칸으로 가기",
    fresh: "새 대화",
    title: "컨퍼런스에서 듣고 온 것을 근거와 함께 찾아 드립니다",
    lead: "동료들이 남긴 글과 세션 기록만 읽고 답합니다. 문장마다 출처가 붙고, 기록에 없으면 없다고 말합니다.",
    examples: "이렇게 물어보세요",
    label: "질문",
    placeholder: "컨퍼런스에서 들은 것을 물어보세요",
    hint: "Enter로 보내고 Shift+Enter로 줄을 바꿉니다. 이어서 물으면 앞의 대화를 함께 읽습니다.",
    conversations: "대화",
    noConversations: "아직 나눈 대화가 없습니다.",
    document: "원문",
    close: "닫기",
    rename: "이름 바꾸기",
    name: "대화 이름",
    cancel: "그만두기",
    save: "저장",
    remove: "대화 지우기",
    delete: "지우기",
  },
};

const ENGLISH = {
  searching: "Searching the notes…",
  writing: "Writing the answer…",
  answered: (n) => (n ? `Answer complete, ${n} ${n === 1 ? "source" : "sources"}.` : "Answer complete."),
  missing: "Not found",
  ruled: "Notice",
  refused: "Not answered here",
  sources: (n) => (n === 1 ? "1 source" : `${n} sources`),
  source: (n, title) => `Source ${n}, ${title}, show in the document`,
  readAt: (title) => `Show in the document: ${title}`,
  nearest: "Nearest documents",
  further: "Ask further",
  about: (topic) => `Tell me more about ${topic}`,
  undated: "no date",
  owner: (name) => `kept by ${name}`,
  open: "Open the original",
  row: "key",
  column: "column",
  extractive: "This answer repeats the documents' own sentences",
  model: (name) => `Written by ${name}; check the sources for what matters`,
  generation: (n) => `index ${n}`,
  stopped: "Stopped.",
  cut: "The answer broke off. What stands above is not a whole answer.",
  offline: "You are offline. Check your connection and try again.",
  unreachable: "The server cannot be reached. Try again shortly.",
  login: "You need to sign in.",
  toLogin: "Sign in",
  account: (name) => `${name} · account and signing out`,
  again: "Try again",
  send: "Send",
  stop: "Stop",
  reading: "Opening the document…",
  unreadable: "This document cannot be opened: it is gone, or not for you to read.",
  quoteGone: "The document has changed, and the place that was quoted is not found. The quote was:",
  helpful: "Was this helpful?",
  yes: "Helpful",
  no: "Not quite",
  why: "What was wrong?",
  reasons: { wrong: "Wrong", incomplete: "Incomplete", outdated: "Out of date", source: "Wrong source", other: "Something else" },
  correct: "The right answer, if you know it (optional)",
  tell: "Send",
  thanks: "Thank you. It helps the next answers.",
  feedbackLost: "That could not be sent. Press again.",
  renameOf: (title) => `Rename: ${title}`,
  exportOf: (title) => `Download: ${title}`,
  deleteOf: (title) => `Delete: ${title}`,
  deleteWords: (title) => `This deletes the conversation “${title}” and all its answers for good.`,
  talkLost: "This conversation could not be opened.",
  codes: {
    too_many_answers: "Many questions are being answered right now. Try again shortly.",
    queue_timeout: "Many questions are being answered right now. Try again shortly.",
    rate_limit_exceeded: "You have asked a lot in a short time. Try again shortly.",
    not_ready: "There is nothing to answer from yet. The operator has to make the index first.",
    unavailable: "The answer could not be made just now. Try again shortly.",
    shutting_down: "The server is restarting. Try again shortly.",
    timeout: "The answer took too long and was given up. Ask something narrower.",
    question_too_long: "The question is too long. Shorten it and send it again.",
    request_too_large: "This conversation has become too long. Start a new one.",
    missing_credential: "You need to sign in.",
    invalid_api_key: "Your session has ended. Sign in again.",
    forbidden: "You may not do that.",
    internal_error: "Something went wrong in the server. If it goes on, tell the operator.",
  },
  unknown: "Something went wrong in the server.",
  pageTitle: "Siren — conference takeaways, with sources",
  other: "한국어",
  page: {
    skip: "Go to the question",
    fresh: "New conversation",
    title: "What colleagues heard at conferences, with its source",
    lead: "Answers come only from colleagues' notes and session records. Every sentence has its source, and what is not on record is said to be missing.",
    examples: "Questions to try",
    label: "Question",
    placeholder: "Ask about what was said at a conference",
    hint: "Enter sends, Shift+Enter breaks the line. A follow-up is read together with what came before.",
    conversations: "Conversations",
    noConversations: "No conversations yet.",
    document: "Document",
    close: "Close",
    rename: "Rename",
    name: "Name of the conversation",
    cancel: "Cancel",
    save: "Save",
    remove: "Delete the conversation",
    delete: "Delete",
  },
};

const KEPT = "siren.language";

function kept() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

export const isKorean = (kept() || navigator.language || "ko").toLowerCase().startsWith("ko");

export const WORDS = isKorean ? KOREAN : ENGLISH;

/** Takes the other language from now on. */
export function switchLanguage() {
  try {
    localStorage.setItem(KEPT, isKorean ? "en" : "ko");
  } catch {
    return;
  }
  location.reload();
}

/** Puts the words into the page as it was sent, which is in Korean. */
export function translate() {
  document.documentElement.lang = isKorean ? "ko" : "en";
  document.title = WORDS.pageTitle;
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = WORDS.page[element.dataset.t];
  for (const element of document.querySelectorAll("[data-p]")) element.placeholder = WORDS.page[element.dataset.p];
  for (const element of document.querySelectorAll("[data-a]")) {
    element.setAttribute("aria-label", WORDS.page[element.dataset.a]);
  }
}
