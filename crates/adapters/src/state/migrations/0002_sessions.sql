-- Browsers that are signed in. What a browser shows is not here, only a hash of it.
create table sessions (
    hash text primary key,
    name text not null,
    member_of text not null,
    roles text not null,
    known_by text not null,
    created bigint not null,
    expires bigint not null
);
create index sessions_by_end on sessions (expires);
