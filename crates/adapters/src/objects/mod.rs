//! Which files an object store or a share holds.
//!
//! Reads; never writes, never shows a key or a password, never takes a store that fails for an empty one.

mod listing;
mod store;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_stream::stream;
use futures::future::{BoxFuture, ready};
use futures::stream::{BoxStream, Stream};
use futures::{FutureExt, StreamExt};
use object_store::path::Path as Key;
use object_store::{Error, ObjectMeta, ObjectStore, ObjectStoreExt};
use siren_domain::Fault;
use siren_domain::ports::{DocumentSource, Found, Known, SourceItem};

pub use self::store::{Azure, Gcs, ObjectPlace, S3, WebDav};
use crate::files::{FileSettings, Files, Trouble, is_hidden};
use crate::source_error::SourceError;

/// So many objects are fetched at once.
const AT_ONCE: usize = 8;
/// Times of change may be told in steps of two seconds.
const COARSE_S: i64 = 2;

/// What to read, and how it is shown.
#[derive(Clone)]
pub struct ObjectSettings {
    /// Which store, with its credentials.
    pub place: ObjectPlace,
    /// The folder within it, such as `notes/2024`; empty for all.
    pub prefix: String,
    /// So long one request may take. It is tried again a few times.
    pub timeout: Duration,
    /// Which of its files.
    pub files: FileSettings,
}

/// The objects of a store below a prefix.
pub struct ObjectSource {
    store: Arc<dyn ObjectStore>,
    prefix: Key,
    /// Whether the store lists one folder at a time.
    by_folder: bool,
    files: Files,
}

/// What came of asking for an object.
#[expect(clippy::large_enum_variant, reason = "few are held at a time, and nearly all are of the large kind")]
enum Fetched {
    Said(Result<Found, Box<Fault>>),
    /// The store fails: what else it holds is not known.
    Failed(Box<Fault>),
}

impl ObjectSource {
    /// A source over the store. Whether it can be reached is asked when it is read, not now.
    pub fn new(settings: ObjectSettings) -> Result<Self, SourceError> {
        let files = Files::new(settings.files)?;
        let name = &files.settings.name;
        let by_folder = matches!(settings.place, ObjectPlace::WebDav(_));
        let wrong = |key| move |error| SourceError::new(name, key, format!("this is no path: {error}"));
        let own = Key::parse(settings.prefix.trim_matches('/')).map_err(wrong("prefix"))?;
        // A share is asked from the root of its server, in whose paths it tells of its files.
        let root = Key::from_url_path(settings.place.root()).map_err(wrong("url"))?;
        let prefix = root.parts().chain(own.parts()).collect();
        let store = settings
            .place
            .connect(settings.timeout)
            .map_err(|(key, cause)| SourceError::new(name, key, cause))?;
        Ok(Self { store, prefix, by_folder, files })
    }

    /// The path of an object below the prefix; none for the folder itself.
    fn relative(&self, key: &Key) -> Option<String> {
        let parts: Vec<_> = key.prefix_match(&self.prefix)?.collect();
        let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
        (!parts.is_empty()).then(|| parts.join("/"))
    }

    fn wants(&self, relative: &str) -> bool {
        !relative.split('/').any(|part| is_hidden(part.as_bytes())) && self.files.wants(Path::new(relative))
    }

    /// What the listing alone tells of an object.
    fn listed(
        &self,
        known: &dyn Known,
        relative: &str,
        meta: &ObjectMeta,
    ) -> Option<Result<Found, Box<Fault>>> {
        if meta.size > self.files.settings.max_bytes {
            return Some(Err(self.files.too_large(Path::new(relative))));
        }
        let id = self.files.id(relative);
        let version = self.files.version(&state(meta)?);
        known.has(&id, &version).then_some(Ok(Found::Same(id)))
    }

    async fn fetch(&self, relative: String, meta: ObjectMeta) -> Fetched {
        let path = Path::new(&relative);
        let failed = |error: &Error| {
            let unreadable =
                |problem: &str, remedy| Fetched::Said(Err(self.files.one(path, problem, remedy)));
            match error {
                Error::NotFound { .. } => {
                    unreadable("it was listed, but is not there", "nothing, if it was taken away just now")
                }
                Error::PermissionDenied { .. } => unreadable(
                    "the store does not let this file be read",
                    "let the program read it, or leave it out with `exclude`",
                ),
                error => Fetched::Failed(self.files.whole(self.files.shown(path), trouble(error))),
            }
        };
        let given = match self.store.get(&meta.location).await {
            Ok(given) => given,
            Err(error) => return failed(&error),
        };
        let same = is_same(&meta, &given.meta);
        let version = state(&meta).filter(|_| same).map(|state| self.files.version(&state));
        let mut bytes =
            Vec::with_capacity(usize::try_from(given.meta.size.min(meta.size)).unwrap_or_default());
        let mut pieces = given.into_stream();
        while let Some(piece) = pieces.next().await {
            match piece {
                Ok(piece) => bytes.extend_from_slice(&piece),
                Err(error) => return failed(&error),
            }
            if bytes.len() as u64 > self.files.settings.max_bytes {
                return Fetched::Said(Err(self.files.too_large(path)));
            }
        }
        Fetched::Said(self.files.item(&relative, version, bytes).map(Found::Item))
    }

    /// What is to be done for each object, one after another.
    fn work(&self, known: Arc<dyn Known>) -> impl Stream<Item = BoxFuture<'_, Fetched>> {
        let objects = listing::objects(Arc::clone(&self.store), self.prefix.clone(), self.by_folder);
        objects.filter_map(move |listed| {
            let work = match listed {
                Err(error) => {
                    let place = self.files.shown(Path::new(""));
                    Some(ready(Fetched::Failed(self.files.whole(place, trouble(&error)))).boxed())
                }
                Ok(meta) => {
                    let relative = self.relative(&meta.location).filter(|relative| self.wants(relative));
                    relative.map(|relative| match self.listed(known.as_ref(), &relative, &meta) {
                        Some(found) => ready(Fetched::Said(found)).boxed(),
                        None => self.fetch(relative, meta).boxed(),
                    })
                }
            };
            ready(work)
        })
    }
}

/// What tells one state of an object from any other; none if it changed so lately that it may change again unseen.
fn state(meta: &ObjectMeta) -> Option<String> {
    let seconds = meta.last_modified.timestamp();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let settled = seconds + COARSE_S < i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    match &meta.e_tag {
        Some(tag) => (settled || !is_of_time(tag)).then(|| format!("{tag} {}", meta.size)),
        None => settled.then(|| format!("{seconds} {}", meta.size)),
    }
}

/// Whether a tag is made of time and size in hexadecimal, as web servers make it: `"6649f5a0-1b2"`. It tells no more than
/// those do. A hash of the content is longer, also with the number of its parts behind.
fn is_of_time(tag: &str) -> bool {
    const HASH: usize = 32;
    let tag = tag.trim_start_matches("W/").trim_matches('"');
    let parts = || tag.split('-');
    let is_number = |part: &str| part.len() < HASH && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    parts().count() > 1 && parts().all(is_number)
}

/// Whether an object is still what was listed, as far as both tell.
fn is_same(listed: &ObjectMeta, given: &ObjectMeta) -> bool {
    let tags = listed.e_tag.as_ref().zip(given.e_tag.as_ref());
    tags.is_none_or(|(one, other)| one == other)
        && listed.size == given.size
        && (tags.is_some() || listed.last_modified.timestamp() == given.last_modified.timestamp())
}

fn trouble(error: &Error) -> Trouble {
    let remedy = match error {
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            "check the credentials of this source, and that they may list and read"
        }
        Error::NotFound { .. } => "correct the bucket, container or address of this source",
        Error::InvalidPath { .. } => "rename the object: empty names and `..` cannot be read",
        _ => "check that the store runs, and the address of this source; then run it again",
    };
    Trouble::new(format!("the store failed: {}", told(error)), remedy)
}

/// What happened, without addresses and what the store wrote about it: both may hold keys and signatures.
fn told(error: &Error) -> String {
    let mut lowest: &dyn std::error::Error = error;
    while let Some(source) = lowest.source() {
        lowest = source;
    }
    let kind = match error {
        Error::NotFound { .. } => "not found",
        Error::PermissionDenied { .. } => "permission denied",
        Error::Unauthenticated { .. } => "not authenticated",
        _ => "no answer that can be used",
    };
    let text = lowest.to_string();
    let status = text.split_once("status code: ").map(|(_, rest)| rest.split(':').next().unwrap_or(rest));
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split("</Code>").next());
    let detail = match (status, code) {
        (Some(status), Some(code)) => format!("{status}, {code}"),
        (Some(status), None) => status.to_owned(),
        (None, _) => text,
    };
    format!("{kind} ({})", detail.trim())
}

impl DocumentSource for ObjectSource {
    fn name(&self) -> &str {
        &self.files.settings.name
    }

    fn event(&self, item: &SourceItem, title: &str) -> Option<String> {
        self.files.event(item, title)
    }

    fn items(&self, known: Arc<dyn Known>) -> BoxStream<'_, Result<Found, Fault>> {
        Box::pin(stream! {
            let mut work = self.work(known).buffered(AT_ONCE).boxed();
            let mut told = false;
            while let Some(done) = work.next().await {
                told = true;
                match done {
                    Fetched::Said(said) => yield said.map_err(|fault| *fault),
                    Fetched::Failed(fault) => {
                        yield Err(*fault);
                        return;
                    }
                }
            }
            if !told {
                yield Err(*self.files.nothing());
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::is_of_time;

    #[test]
    fn tags_that_are_made_of_times() {
        let cases = [
            ("\"6649f5a0-1b2\"", true),
            ("W/\"6649f5a0-1b2\"", true),
            ("\"1a2b3c-1b2-61879f1c8a5c0\"", true),
            ("\"d41d8cd98f00b204e9800998ecf8427e\"", false),
            ("\"d41d8cd98f00b204e9800998ecf8427e-12\"", false),
            ("\"0x8DC7A2F5E0B1C3D\"", false),
            ("CKjv8t6a3oYDEAE=", false),
            ("\"v-1\"", false),
        ];
        for (tag, expected) in cases {
            assert_eq!(is_of_time(tag), expected, "{tag}");
        }
    }
}
