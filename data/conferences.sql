-- Siren 견본 지식베이스: 사내 참가 후기에서 뽑은 컨퍼런스 정보 (SQLite).
-- 후기에 적혀 있지 않은 값은 추측하지 않고 NULL로 둔다.
-- data/conferences.sqlite는 이 파일로 만든다:
--   python3 -c "import sqlite3,pathlib;sqlite3.connect('data/conferences.sqlite').executescript(pathlib.Path('data/conferences.sql').read_text(encoding='utf-8'))"

PRAGMA foreign_keys = ON;

DROP TABLE IF EXISTS figures;
DROP TABLE IF EXISTS sessions;
DROP TABLE IF EXISTS companies;
DROP TABLE IF EXISTS days;
DROP TABLE IF EXISTS events;

-- 행사
CREATE TABLE events (
  id             INTEGER PRIMARY KEY,
  name           TEXT NOT NULL,     -- 공식 이름(영문)
  name_ko        TEXT NOT NULL,     -- 한글로 읽은 이름
  year           INTEGER NOT NULL,  -- 개최 연도
  venue          TEXT,              -- 장소, 모르면 NULL
  starts_on      TEXT,              -- 시작일(ISO 8601), 모르면 NULL
  ends_on        TEXT,              -- 종료일(ISO 8601), 모르면 NULL
  period_note    TEXT,              -- 날짜를 정확히 모를 때의 설명
  attendees_note TEXT,              -- 참가 규모나 참가 방식에 대한 설명
  order_note     TEXT               -- sessions.position이 무엇의 순서인지
);

-- 행사의 날짜별 정보(며칠째인지 후기에 나오는 행사만)
CREATE TABLE days (
  id         INTEGER PRIMARY KEY,
  event_id   INTEGER NOT NULL REFERENCES events(id),
  day_number INTEGER NOT NULL,      -- 1 = 첫째 날
  held_on    TEXT,                  -- 날짜(ISO 8601), 모르면 NULL
  UNIQUE (event_id, day_number)
);

-- 발표했거나 소개된 회사와 기관
CREATE TABLE companies (
  id       INTEGER PRIMARY KEY,
  name_ko  TEXT NOT NULL,           -- 한글 이름
  name_en  TEXT,                    -- 영문 이름, 모르면 NULL
  industry TEXT                     -- 분야, 모르면 NULL
);

-- 세션(기조연설, 교훈, 강연, 서비스 소개, 부스)
CREATE TABLE sessions (
  id         INTEGER PRIMARY KEY,
  event_id   INTEGER NOT NULL REFERENCES events(id),
  day_number INTEGER,               -- 며칠째인지, 모르면 NULL
  position   INTEGER,               -- 후기에 적힌 순서(1부터), 순서가 없으면 NULL
  title      TEXT NOT NULL,         -- 제목(후기에 제목이 없으면 내용을 줄여 붙인 이름)
  company_id INTEGER REFERENCES companies(id),
  track      TEXT,                  -- 분야(트랙), 모르면 NULL
  kind       TEXT NOT NULL CHECK (kind IN ('keynote','lesson','talk','demo','booth')),
  note       TEXT                   -- 덧붙일 사실, 없으면 NULL
);

-- 행사에서 언급되었거나 후기에 기록된 수치
CREATE TABLE figures (
  id           INTEGER PRIMARY KEY,
  event_id     INTEGER NOT NULL REFERENCES events(id),
  company_id   INTEGER REFERENCES companies(id),
  subject      TEXT NOT NULL,       -- 무엇에 대한 값인지
  value        TEXT NOT NULL,       -- 언급된 그대로의 표기
  value_number REAL,                -- 숫자로 바꾼 값, 바꿀 수 없으면 NULL
  unit         TEXT,                -- 단위, 없거나 모르면 NULL
  as_of        TEXT,                -- 기준 시점, 모르면 NULL
  note         TEXT                 -- 덧붙일 설명, 없으면 NULL
);

INSERT INTO events (id, name, name_ko, year, venue, starts_on, ends_on, period_note, attendees_note, order_note) VALUES
  (1, 'AWS Summit Seoul 2019', 'AWS 서밋 서울 2019', 2019, NULL, NULL, NULL,
      '참가 메모는 2019년 4월 17일에 작성되었다', NULL, '참가자가 적은 청강 목록에서'),
  (2, 'AWS Industry Week 2022', 'AWS 인더스트리 위크 2022', 2022, '코엑스', NULL, NULL,
      '2022년 11월 초에 열렸다', NULL, '금융 및 핀테크 분야의 발표 가운데'),
  (3, 'AWS Industry Week 2023', 'AWS 인더스트리 위크 2023', 2023, NULL, NULL, NULL,
      '참가 후기는 2023년 12월 10일에 작성되었다', '후기를 쓴 사람은 팀원 3명과 함께 참가했다', NULL),
  (4, 'AWS Summit Seoul 2024', 'AWS 서밋 서울 2024', 2024, '코엑스 컨벤션 센터 3층 D홀', '2024-05-16', '2024-05-17',
      NULL, '29,000명 이상이 참가를 신청했다', '참가자가 그날 들은 것 가운데'),
  (5, 'AWS Summit Seoul 2025', 'AWS 서밋 서울 2025', 2025, NULL, NULL, NULL,
      '후기는 2일차 내용만 다룬다', NULL, '2일차 기조연설 안에서');

INSERT INTO days (id, event_id, day_number, held_on) VALUES
  (1, 4, 1, '2024-05-16'),
  (2, 4, 2, '2024-05-17'),
  (3, 5, 1, NULL),
  (4, 5, 2, NULL);

INSERT INTO companies (id, name_ko, name_en, industry) VALUES
  ( 1, '아마존웹서비스',   'AWS, Amazon Web Services',          '클라우드'),
  ( 2, 'NASA JPL',         NULL,                                NULL),
  ( 3, '서울대학병원',     'Seoul National University Hospital', '의료'),
  ( 4, '베스핀글로벌',     'Bespin Global',                     NULL),
  ( 5, '핀다',             'Finda',                             '핀테크'),
  ( 6, 'KB국민카드',       'KB Kookmin Card',                   '금융'),
  ( 7, '당근마켓',         'Danggeun Market',                   NULL),
  ( 8, '교보정보통신',     NULL,                                NULL),
  ( 9, '스타벅스',         'Starbucks',                         '식음료'),
  (10, '센드버드',         'Sendbird',                          '챗봇 서비스'),
  (11, '케이뱅크',         'K bank',                            '은행'),
  (12, '인프랩',           'Inflab',                            NULL),
  (13, '데이터독',         'Datadog',                           '모니터링'),
  (14, '삼성전자',         'Samsung Electronics',               NULL),
  (15, '티맵 모빌리티',    'TMAP Mobility',                     '모빌리티'),
  (16, '포자랩스',         'Pozalabs',                          'AI 음원 제작'),
  (17, '수퍼톤',           'Supertone',                         '음성 더빙'),
  (18, '스케치랩',         'Sketch Lab',                        '이미지와 만화 생성');

-- 2019년: position은 참가자가 적은 청강 목록의 순서이다.
INSERT INTO sessions (id, event_id, day_number, position, title, company_id, track, kind, note) VALUES
  ( 1, 1, NULL,  1, '신입 개발자가 스타트업에서 AWS로 살아남는 이야기', NULL, NULL, 'talk',
      '자리가 다 차서 참가자가 듣지 못했다'),
  ( 2, 1, NULL,  2, '기조연설', NULL, NULL, 'keynote', NULL),
  ( 3, 1, NULL,  3, '클라우드가 제품과 비즈니스 모델 혁신에 주는 도움', NULL, NULL, 'talk', NULL),
  ( 4, 1, NULL,  4, '게임 아키텍처에 맞는 AWS 신규 서비스 적용과 지속적 개선', NULL, NULL, 'talk', NULL),
  ( 5, 1, NULL,  5, 'NASA JPL의 AWS 클라우드 기반 재해 대응 서비스', 2, NULL, 'talk', NULL),
  ( 6, 1, NULL,  6, '의료 IT의 미래: 서울대학병원 정밀의학 데이터 플랫폼 도입 사례', 3, NULL, 'talk', NULL),
  ( 7, 1, NULL,  7, '클라우드 세상에서 CIO로 살아남기', NULL, NULL, 'talk', NULL),
  ( 8, 1, NULL,  8, '성능과 확장을 보장하는 마이크로서비스 패턴 데이터베이스 구현', NULL, NULL, 'talk', NULL),
  ( 9, 1, NULL,  9, 'AWS Lambda 내부 동작 방식과 활용 방법', NULL, NULL, 'talk',
      '람다 세션에 사람이 가장 많았다'),
  (10, 1, NULL, 10, 'AWS로 데이터 마이그레이션을 위한 방안과 옵션', NULL, NULL, 'talk', NULL),
  (11, 1, NULL, 11, 'AWS 기반의 지속 가능한 데이터 분석 플랫폼 구축', NULL, NULL, 'talk', NULL),
  (12, 1, NULL, 12, 'Elasticsearch로 전문 검색(Full-Text)과 로그 분석 통찰력 키우기', NULL, NULL, 'talk', NULL);

-- 2022년: 금융 및 핀테크 분야의 발표 순서이다.
INSERT INTO sessions (id, event_id, day_number, position, title, company_id, track, kind, note) VALUES
  (13, 2, NULL, 1, '알수록 쉬워지는 금융 클라우드의 규제와 이용', 1, '금융 및 핀테크', 'talk', NULL),
  (14, 2, NULL, 2, '마이데이터 사업자의 AWS 인프라 구축과 고도화 사례', 5, '금융 및 핀테크', 'talk', NULL),
  (15, 2, NULL, 3, '금융 혁신을 위한 코어 시스템 현대화 전략과 사례', 1, '금융 및 핀테크', 'talk', NULL),
  (16, 2, NULL, 4, 'KB국민카드의 앱 모더나이제이션 여정', 6, '금융 및 핀테크', 'talk', NULL),
  (17, 2, NULL, 5, '당근페이의 AWS를 활용한 인프라 구축 사례', 7, '금융 및 핀테크', 'talk',
      '사람이 많이 몰렸다'),
  (18, 2, NULL, 6, '2022년 금융 고객사가 가장 사랑한 AWS 클라우드 서비스', 1, '금융 및 핀테크', 'talk',
      '클라우드 구성용으로 VPC, Direct Connect, Transit Gateway를, 그 밖에 EKS와 머신러닝 서비스를 소개했다'),
  (19, 2, NULL, NULL, '스마트 팩토리와 로봇 체험 부스', NULL, '제조', 'booth',
      'AWS를 활용해 간단한 공정을 구현해 보였다');

-- 2023년: 후기의 사진 설명에 나온 강연과 부스이다.
INSERT INTO sessions (id, event_id, day_number, position, title, company_id, track, kind, note) VALUES
  (20, 3, NULL, NULL, '오프닝 강연', NULL, NULL, 'keynote', NULL),
  (21, 3, NULL, NULL, '리테일 분야 기술 트렌드', NULL, '리테일', 'talk', NULL),
  (22, 3, NULL, NULL, '교보정보통신 부스', 8, NULL, 'booth', NULL),
  (23, 3, NULL, NULL, '하이테크 분야 부스', NULL, '하이테크', 'booth', NULL);

-- 2024년: position은 그날 참가자가 들은 순서이다.
INSERT INTO sessions (id, event_id, day_number, position, title, company_id, track, kind, note) VALUES
  (24, 4, 1, 1, '첫째 날 기조연설: 클라우드의 10년과 생성형 AI', NULL, NULL, 'keynote', NULL),
  (25, 4, 1, 2, '스타벅스 인공지능 챗봇 더사이렌포탈(The Siren Portal)', 9, NULL, 'talk', NULL),
  (26, 4, 1, 3, '센드버드의 생성형 AI 기반 글로벌 챗봇(Chatbot) 서비스', 10, NULL, 'talk', NULL),
  (27, 4, 1, 4, '케이뱅크의 클라우드 도입 여정(빅데이터·채널·마이크로서비스·AI·ML)', 11, NULL, 'talk',
      '첫째 날 참가자가 마지막으로 들은 세션이다'),
  (28, 4, 2, 1, '둘째 날 기조연설: 비즈니스에 맞는 아키텍처와 비용 절감', NULL, NULL, 'keynote',
      '이동욱 CTO가 연사로 참여했다'),
  (29, 4, 2, 2, '다양한 측면에서 보는 옵저버빌리티(Observability)', 13, NULL, 'talk', NULL),
  (30, 4, 2, 3, '서버리스(Serverless) 활용: 스타트업의 효율적 개발 환경 구축', NULL, NULL, 'talk',
      '두 기업의 개발자가 나와 발표했다');

-- 2025년: position은 2일차 기조연설 안에서 진행된 순서이다.
INSERT INTO sessions (id, event_id, day_number, position, title, company_id, track, kind, note) VALUES
  (31, 5, 2,  1, '교훈 1: 시스템의 진화 가능성을 염두에 두기', 1, '심플렉시티(Simplexity)', 'lesson', NULL),
  (32, 5, 2,  2, '교훈 2: 복잡성을 작은 조각으로 나누기', 1, '심플렉시티(Simplexity)', 'lesson', NULL),
  (33, 5, 2,  3, '교훈 3: 조직을 아키텍처에 맞게 재구성하기', 1, '심플렉시티(Simplexity)', 'lesson', NULL),
  (34, 5, 2,  4, '교훈 4: 셀 단위로 영향 범위를 최소화하기', 1, '심플렉시티(Simplexity)', 'lesson', NULL),
  (35, 5, 2,  5, '교훈 5: 예측 가능한 시스템으로 설계하기', 1, '심플렉시티(Simplexity)', 'lesson', NULL),
  (36, 5, 2,  6, '교훈 6: 가능한 모든 것을 자동화하기', 1, '심플렉시티(Simplexity)', 'lesson', NULL),
  (37, 5, 2,  7, '삼성전자 MX사업부의 클라우드 운영과 핀옵스(FinOps)', 14, NULL, 'keynote',
      '삼성전자는 전날에 이어 이틀째 발표했다'),
  (38, 5, 2,  8, 'AWS 컴퓨팅 환경과 자체 개발 하드웨어', 1, NULL, 'keynote',
      '자체 개발한 하드웨어로 고성능과 저비용을 이뤘다고 소개했다'),
  (39, 5, 2,  9, 'AWS 데이터베이스와 분석 도구', 1, NULL, 'keynote',
      'S3 Table도 함께 소개되었다'),
  (40, 5, 2, 10, '세이지메이커(SageMaker) 소개', 1, NULL, 'keynote',
      'SQL 기반 쿼리와 노트북 기반 데이터 엔지니어링을 보여 주었다'),
  (41, 5, 2, 11, '티맵 모빌리티의 클라우드 마이그레이션', 15, NULL, 'keynote', NULL),
  (42, 5, 2, 12, '베드록(Bedrock) 소개', 1, NULL, 'keynote', '전날에 이어 다시 소개되었다'),
  (43, 5, 2, 13, '아마존 Q 디벨로퍼(Amazon Q Developer) 소개', 1, NULL, 'keynote', NULL),
  (44, 5, 2, 14, 'AI 광고 제작 서비스', NULL, '생성형 AI', 'demo', NULL),
  (45, 5, 2, 15, '포자랩스의 AI 음원 제작 서비스', 16, '생성형 AI', 'demo', NULL),
  (46, 5, 2, 16, '수퍼톤의 실시간 음성 더빙 서비스', 17, '생성형 AI', 'demo', NULL),
  (47, 5, 2, 17, '스케치랩의 이미지 생성 서비스', 18, '생성형 AI', 'demo', NULL),
  (48, 5, 2, 18, '스케치랩의 만화 제작 서비스', 18, '생성형 AI', 'demo',
      '기조연설의 마지막 순서였다');

INSERT INTO figures (id, event_id, company_id, subject, value, value_number, unit, as_of, note) VALUES
  -- 2019
  ( 1, 1, NULL, '어느 클라우드 회사의 현재 사원 수', '500명', 500, '명', '2019년', '회사 이름은 메모에 적혀 있지 않다'),
  ( 2, 1, NULL, '어느 클라우드 회사의 추가 채용 계획 인원', '1000명', 1000, '명', '2019년', '현재 사원이 500명인 회사가 더 뽑겠다고 밝힌 인원이다'),
  ( 3, 1, NULL, '참가자가 적은 청강 목록의 강연 수', '12개', 12, '개', '2019년', '자리가 차서 듣지 못한 강연 1개를 포함한다'),
  -- 2022
  ( 4, 2, NULL, '체험 부스의 수', '10개 미만', NULL, '개', '2022년 11월', NULL),
  ( 5, 2, NULL, '입장이 가능해진 시각', '12시', 12, '시', '2022년 11월', '체험 부스를 먼저 둘러볼 수 있었다'),
  ( 6, 2, NULL, '컨퍼런스가 시작된 시각', '2시', 2, '시', '2022년 11월', NULL),
  ( 7, 2, NULL, '행사가 열리는 주기', '1년에 한 번', NULL, NULL, '2022년 11월', NULL),
  ( 8, 2, 7,    '당근페이가 가장 많이 받은 질문의 수', '4가지', 4, '가지', '2022년 11월', '환경 분리, 서버 접근, 모니터링, 외부 연동에 관한 질문이다'),
  -- 2023
  ( 9, 3, NULL, '후기를 쓴 사람과 함께 간 팀원 수', '3명', 3, '명', '2023년', NULL),
  -- 2024
  (10, 4, NULL, '참가 신청 인원', '29,000명 이상', 29000, '명', '2024-05', '참가자가 행사 뒤에 들은 숫자이다'),
  (11, 4, NULL, 'AWS Summit의 개최 주년', '10주년', 10, '주년', '2024-05-16', NULL),
  (12, 4, NULL, '참가 신청을 받은 기간', '3월 말에서 4월 초', NULL, NULL, '2024년', '참가자의 기억에 따른 것이다'),
  (13, 4, NULL, '점심 식권을 나누어 준 날의 수', '이틀', 2, '일', '2024-05', '행사 기간 내내 주었고 첫째 날에는 선착순으로 나누어 주었다'),
  (14, 4, 9,    '더사이렌포탈을 이루는 구성 요소의 수', '4가지', 4, '가지', '2024-05-16', '인덱스 파이프라인, 검색 증강, 평가 파이프라인, 애플리케이션이다'),
  (15, 4, 11,   '클라우드 인프라 구축을 결정한 시점', '2021년 9월', NULL, NULL, '2024-05-16', NULL),
  (16, 4, 11,   '클라우드 전환을 완료한 시점', '2023년 5월', NULL, NULL, '2024-05-16', '모든 서비스의 마이그레이션을 마쳤다'),
  (17, 4, 11,   '클라우드 전환에 걸린 기간', '2년 미만', NULL, '년', '2024-05-16', '2021년 9월에 결정해 2023년 5월에 완료했다'),
  (18, 4, 11,   '고성능 GPU 서버의 구매 대기 기간', '1년 이상', NULL, '년', '2024-05-16', '머신러닝에 쓰는 서버를 온프레미스용으로 살 때의 이야기이다'),
  (19, 4, 12,   'AWS 비용', '연 3억 가량', 300000000, NULL, '2024-05-17', '참가자가 어림으로 적은 값이며 통화 단위는 적혀 있지 않다'),
  (20, 4, 13,   '골든 시그널(Golden Signals)의 요소 수', '4가지', 4, '가지', '2024-05-17', '줄여서 LETS라고 부른다'),
  (21, 4, NULL, '서버리스 스타트업 세션에서 발표한 기업 수', '2곳', 2, '곳', '2024-05-17', '기업 이름은 후기에 적혀 있지 않다'),
  -- 2025
  (22, 5, 1,    '복잡성을 관리하는 교훈(Lesson)의 수', '6가지', 6, '가지', '2025년', NULL),
  (23, 5, 14,   '월간 사용자 수', '5억 명 이상', 500000000, '명', '2025년', 'MX사업부가 밝힌 규모이다'),
  (24, 5, 14,   '활성화된 디바이스 수', '10억 개 이상', 1000000000, '개', '2025년', 'MX사업부가 밝힌 규모이다'),
  (25, 5, 14,   '하루 API 호출 수', '400억 건', 40000000000, '건', '2025년', 'MX사업부가 밝힌 규모이며 매일 400억 번 불린다는 뜻이다'),
  (26, 5, 14,   '핀옵스(FinOps) 파일럿 과제의 수', '2개', 2, '개', '2025년', '비용을 가시화하는 전략을 시험하려고 골랐다'),
  (27, 5, 18,   '소개된 생성형 AI 서비스의 수', '2개', 2, '개', '2025년', '이미지 생성 서비스와 만화 제작 서비스이다');

-- Views that siren.toml reads: one row for each record, told in words that fit a sentence.

CREATE VIEW event_records AS
SELECT
  e.id AS id,
  coalesce(e.starts_on, CAST(e.year AS TEXT)) AS date,
  e.name AS event_name,
  e.name_ko AS event_name_ko,
  e.year AS year,
  e.venue AS venue,
  CAST(substr(e.starts_on, 1, 4) AS INTEGER) || '년 ' || CAST(substr(e.starts_on, 6, 2) AS INTEGER) || '월 ' || CAST(substr(e.starts_on, 9, 2) AS INTEGER) || '일' AS starts_on_ko,
  CAST(substr(e.ends_on, 1, 4) AS INTEGER) || '년 ' || CAST(substr(e.ends_on, 6, 2) AS INTEGER) || '월 ' || CAST(substr(e.ends_on, 9, 2) AS INTEGER) || '일' AS ends_on_ko,
  e.period_note AS period_note,
  e.attendees_note AS attendees_note,
  (SELECT count(*) FROM sessions s WHERE s.event_id = e.id) AS session_count
FROM events e
ORDER BY e.id;

CREATE VIEW session_records AS
SELECT
  s.id AS id,
  coalesce(d.held_on, CAST(e.year AS TEXT)) AS date,
  e.name AS event_name,
  e.name_ko AS event_name_ko,
  e.year AS year,
  s.day_number AS day_number,
  CAST(substr(d.held_on, 1, 4) AS INTEGER) || '년 ' || CAST(substr(d.held_on, 6, 2) AS INTEGER) || '월 ' || CAST(substr(d.held_on, 9, 2) AS INTEGER) || '일' AS held_on_ko,
  e.order_note AS order_note,
  s.position AS position,
  s.title AS title,
  c.name_ko AS company_ko,
  c.name_en AS company_en,
  s.track AS track,
  CASE s.kind WHEN 'keynote' THEN '기조연설' WHEN 'lesson' THEN '기조연설의 교훈' WHEN 'talk' THEN '강연' WHEN 'demo' THEN '서비스 소개' WHEN 'booth' THEN '부스' END AS kind_ko,
  s.note AS note
FROM sessions s
JOIN events e ON e.id = s.event_id
LEFT JOIN days d ON d.event_id = s.event_id AND d.day_number = s.day_number
LEFT JOIN companies c ON c.id = s.company_id
ORDER BY s.id;

CREATE VIEW company_records AS
SELECT
  c.id AS id,
  c.name_ko AS company_ko,
  c.name_en AS company_en,
  c.industry AS industry,
  (SELECT count(*) FROM sessions s WHERE s.company_id = c.id) AS session_count,
  (SELECT group_concat(x.line, ', ')
     FROM (SELECT e.name || '의 ‘' || s.title || '’' AS line
             FROM sessions s JOIN events e ON e.id = s.event_id
            WHERE s.company_id = c.id
            ORDER BY s.id) x) AS session_list,
  (SELECT group_concat(x.name, ', ')
     FROM (SELECT DISTINCT e.name AS name
             FROM figures f JOIN events e ON e.id = f.event_id
            WHERE f.company_id = c.id
            ORDER BY e.id) x) AS figure_events
FROM companies c
ORDER BY c.id;

CREATE VIEW figure_records AS
SELECT
  f.id AS id,
  coalesce(f.as_of, CAST(e.year AS TEXT)) AS date,
  e.name AS event_name,
  e.name_ko AS event_name_ko,
  e.year AS year,
  c.name_ko AS company_ko,
  c.name_en AS company_en,
  f.subject AS subject,
  CASE WHEN substr(f.subject, -1) BETWEEN '가' AND '힣'
       THEN CASE WHEN (unicode(substr(f.subject, -1)) - 44032) % 28 = 0 THEN '는' ELSE '은' END
       ELSE '은(는)' END AS subject_josa,
  f.value AS value,
  CASE WHEN substr(f.value, -1) BETWEEN '가' AND '힣'
       THEN CASE WHEN (unicode(substr(f.value, -1)) - 44032) % 28 IN (0, 8) THEN '로' ELSE '으로' END
       ELSE '(으)로' END AS value_josa,
  f.unit AS unit,
  CASE WHEN f.as_of GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'
       THEN substr(f.as_of, 1, 4) || '년 ' || CAST(substr(f.as_of, 6, 2) AS INTEGER) || '월 ' || CAST(substr(f.as_of, 9, 2) AS INTEGER) || '일'
       WHEN f.as_of GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]'
       THEN substr(f.as_of, 1, 4) || '년 ' || CAST(substr(f.as_of, 6, 2) AS INTEGER) || '월'
       ELSE f.as_of END AS as_of_ko,
  f.note AS note
FROM figures f
JOIN events e ON e.id = f.event_id
LEFT JOIN companies c ON c.id = f.company_id
ORDER BY f.id;
