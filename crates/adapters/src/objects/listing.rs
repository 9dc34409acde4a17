//! Every object below a prefix.

use std::sync::Arc;

use async_stream::try_stream;
use futures::stream::{BoxStream, StreamExt};
use object_store::path::Path as Key;
use object_store::{Error, ObjectMeta, ObjectStore};

use crate::files::is_hidden;

/// The objects, until the first error: then nobody knows what there is.
pub(super) fn objects(
    store: Arc<dyn ObjectStore>,
    prefix: Key,
    by_folder: bool,
) -> BoxStream<'static, Result<ObjectMeta, Error>> {
    match by_folder {
        // In pages, in order of the keys.
        false => store.list(Some(&prefix).filter(|prefix| !prefix.as_ref().is_empty())),
        true => folders(store, prefix),
    }
}

/// One request a folder: most WebDAV servers do not list a tree at once.
fn folders(store: Arc<dyn ObjectStore>, prefix: Key) -> BoxStream<'static, Result<ObjectMeta, Error>> {
    let stream = try_stream! {
        let mut open = vec![prefix];
        while let Some(folder) = open.pop() {
            let listed = Some(&folder).filter(|folder| !folder.as_ref().is_empty());
            let mut found = store.list_with_delimiter(listed).await?;
            found.objects.sort_by(|a, b| a.location.cmp(&b.location));
            for object in found.objects {
                yield object;
            }
            let shown = |folder: &Key| folder.filename().is_some_and(|name| !is_hidden(name.as_bytes()));
            // A server may list the folder itself among those in it.
            let mut inner: Vec<_> =
                found.common_prefixes.into_iter().filter(|inner| *inner != folder && shown(inner)).collect();
            inner.sort();
            open.extend(inner.into_iter().rev());
        }
    };
    stream.boxed()
}
