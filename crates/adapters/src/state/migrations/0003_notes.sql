-- What servers have learnt, such as which scores are usual.
create table notes (
    name text primary key,
    content text not null
);
