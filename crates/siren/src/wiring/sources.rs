//! Which adapter gives the documents of a `[[source]]`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use siren_adapters::files::{FileGiven, FileSettings};
use siren_adapters::folder::{FolderSettings, FolderSource};
use siren_adapters::objects::{Azure, Gcs, ObjectPlace, ObjectSettings, ObjectSource, S3, WebDav};
use siren_adapters::record_file::{RecordFileSettings, RecordFileSource, RecordFormat};
use siren_adapters::records::{Listed, RecordSettings};
use siren_adapters::sql::{SqlSettings, SqlSource, table_of};
use siren_adapters::{Secret, SourceError};
use siren_domain::ports::DocumentSource;

use crate::commands::Failure;
use crate::settings::{Effective, SourceKind, SourceSettings, Words};

pub(super) fn source(
    effective: &Effective,
    source: &SourceSettings,
    name: String,
) -> Result<Arc<dyn DocumentSource>, Failure> {
    let made = match source.kind {
        SourceKind::Folder => folder(effective, source, name),
        SourceKind::S3 | SourceKind::Gcs | SourceKind::Azblob | SourceKind::Webdav => objects(source, name),
        SourceKind::Sql => sql(effective, source, name),
        SourceKind::Csv | SourceKind::Jsonl => record_file(effective, source, name),
    };
    made.map_err(|error| Failure::usage(format!("{}: {error}", source.place.of(Some(error.key)))))
}

type Made = Result<Arc<dyn DocumentSource>, SourceError>;

fn folder(effective: &Effective, source: &SourceSettings, name: String) -> Made {
    let path = source.path.clone().unwrap_or_default();
    let root = effective.path(&path);
    Ok(Arc::new(FolderSource::new(FolderSettings { root, files: files(source, name, path) })?))
}

fn objects(source: &SourceSettings, name: String) -> Made {
    let prefix = source.prefix.clone().unwrap_or_default();
    let shown = match source.kind {
        SourceKind::S3 => format!("s3://{}", source.bucket.as_deref().unwrap_or_default()),
        SourceKind::Gcs => format!("gs://{}", source.bucket.as_deref().unwrap_or_default()),
        SourceKind::Azblob => format!("azblob://{}", source.container.as_deref().unwrap_or_default()),
        _ => source.url.clone().unwrap_or_default().trim_end_matches('/').to_owned(),
    };
    let shown = match prefix.trim_matches('/') {
        "" => shown,
        prefix => format!("{shown}/{prefix}"),
    };
    Ok(Arc::new(ObjectSource::new(ObjectSettings {
        place: place(source),
        prefix,
        timeout: Duration::from_secs(source.timeout_s()),
        files: files(source, name, shown),
    })?))
}

fn place(source: &SourceSettings) -> ObjectPlace {
    let text = |setting: &Option<String>| setting.clone().unwrap_or_default();
    let secret = |setting: &Option<String>| setting.as_deref().map(Secret::new);
    match source.kind {
        SourceKind::Gcs => ObjectPlace::Gcs(Gcs {
            bucket: text(&source.bucket),
            endpoint: source.endpoint.clone(),
            service_account_key: secret(&source.service_account_key),
        }),
        SourceKind::Azblob => ObjectPlace::Azure(Azure {
            account: text(&source.account),
            container: text(&source.container),
            endpoint: source.endpoint.clone(),
            account_key: secret(&source.account_key),
            sas_token: secret(&source.sas_token),
        }),
        SourceKind::Webdav => ObjectPlace::WebDav(WebDav {
            url: text(&source.url),
            login: source.user.clone().zip(secret(&source.password)),
            token: secret(&source.token),
        }),
        _ => ObjectPlace::S3(S3 {
            bucket: text(&source.bucket),
            region: source.region.clone(),
            endpoint: source.endpoint.clone(),
            key: secret(&source.access_key_id).zip(secret(&source.secret_access_key)),
            session_token: secret(&source.session_token),
        }),
    }
}

fn files(source: &SourceSettings, name: String, shown_as: String) -> FileSettings {
    FileSettings {
        name,
        shown_as,
        include: source.include(),
        exclude: source.exclude.clone().unwrap_or_default(),
        max_bytes: source.max_bytes(),
        given: FileGiven {
            access: source.access().list(),
            event: source.event.clone(),
            owner: source.owner.clone(),
            language: source.language.clone(),
            tags: source.tags.as_ref().map(Words::list).unwrap_or_default(),
            link: source.link.clone(),
        },
    }
}

fn sql(effective: &Effective, source: &SourceSettings, name: String) -> Made {
    let query = source.query.clone().unwrap_or_default();
    let (url, database) = database(effective, source.url.as_deref().unwrap_or_default());
    let table = table_of(&query).unwrap_or_else(|| name.clone());
    Ok(Arc::new(SqlSource::new(SqlSettings {
        url,
        query,
        timeout: Duration::from_secs(source.timeout_s()),
        time_zone: source.time_zone(),
        records: records(source, name, database, table),
    })?))
}

fn record_file(effective: &Effective, source: &SourceSettings, name: String) -> Made {
    let path = source.path.clone().unwrap_or_default();
    let stem = Path::new(&path).file_stem().and_then(|stem| stem.to_str()).unwrap_or(&name).to_owned();
    let format = match source.kind {
        SourceKind::Csv => RecordFormat::Csv(source.delimiter),
        _ => RecordFormat::JsonLines,
    };
    Ok(Arc::new(RecordFileSource::new(RecordFileSettings {
        path: effective.path(&path),
        format,
        max_bytes: source.max_bytes(),
        records: records(source, name, path, stem),
    })?))
}

fn records(source: &SourceSettings, name: String, database: String, table: String) -> RecordSettings {
    let listed = |words: Words| match words {
        Words::One(template) => Listed::Template(template),
        Words::Many(words) => Listed::Fixed(words),
    };
    RecordSettings {
        name,
        database,
        table: source.table.clone().unwrap_or(table),
        key: source.key.as_ref().map(Words::list).unwrap_or_default(),
        fields: source.fields.clone(),
        version: source.version.clone(),
        title: source.title.clone().unwrap_or_default(),
        text: source.text.clone().unwrap_or_default(),
        date: source.date.clone(),
        link: source.link.clone(),
        owner: source.owner.clone(),
        event: source.event.clone(),
        language: source.language.clone(),
        access: listed(source.access()),
        tags: source.tags.clone().map(listed).unwrap_or_default(),
    }
}

/// The address with its path made openable, and the database's name for people.
fn database(effective: &Effective, url: &str) -> (String, String) {
    let Some(path) = url.strip_prefix("sqlite:") else {
        let place = url.split('?').next().unwrap_or(url);
        // Nothing but the last part, and no part of the host, where user and password stand.
        let path = place
            .split_once("://")
            .and_then(|(_, rest)| rest.rsplit_once('@').map_or(rest, |(_, host)| host).split_once('/'));
        let name = path.map(|(_, name)| name.trim_matches('/')).filter(|name| !name.is_empty());
        return (url.to_owned(), name.unwrap_or("database").to_owned());
    };
    let path = path.strip_prefix("//").unwrap_or(path);
    let file = path.split('?').next().unwrap_or(path);
    // The address is read as a URL, in which these two characters mean something else.
    let escaped = effective.path(file).display().to_string().replace('%', "%25").replace('?', "%3F");
    (format!("sqlite:{escaped}"), file.to_owned())
}
