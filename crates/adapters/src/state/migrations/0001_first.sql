-- Both systems read this: types are those that both know; {NUMBERED} is a key that the database counts up itself.
create table conversations (
    id text primary key,
    owner text not null,
    title text not null,
    created bigint not null,
    updated bigint not null
);
create index conversations_of on conversations (owner, updated);
create index conversations_by_age on conversations (updated);
create table answers (
    id text primary key,
    conversation text references conversations (id) on delete cascade,
    owner text not null,
    at bigint not null,
    question text not null,
    open bigint not null,
    told text not null,
    basis text
);
create index answers_of on answers (conversation, at);
create index answers_by_age on answers (at);
create index answers_open on answers (open, at);
create table feedback (
    answer text not null references answers (id) on delete cascade,
    said_by text not null,
    at bigint not null,
    thumb text not null,
    reason text,
    corrected text,
    primary key (answer, said_by)
);
create index feedback_by_age on feedback (at);
create table jobs (
    id text primary key,
    kind text not null,
    asked_by text not null,
    lease text not null,
    holder text not null,
    fence bigint not null,
    started bigint not null,
    ended bigint,
    state text not null,
    progress text not null,
    outcome text not null,
    cancel_asked bigint not null
);
create index jobs_by_age on jobs (started);
create table audit (
    number {NUMBERED},
    at bigint not null,
    principal text not null,
    action text not null,
    outcome text not null,
    subject text,
    rule text,
    cited text not null,
    detail text
);
create index audit_by_age on audit (at);
create table usage (
    day text not null,
    principal text not null,
    model text not null,
    answers bigint not null,
    prompt_tokens bigint not null,
    completion_tokens bigint not null,
    cost_micros bigint not null,
    primary key (day, principal, model)
);
create table api_keys (
    id text primary key,
    hash text not null,
    name text not null,
    member_of text not null,
    roles text not null,
    created bigint not null,
    expires bigint,
    revoked bigint,
    last_used bigint
);
create table leases (
    name text primary key,
    holder text not null,
    fence bigint not null,
    until bigint not null
);
