//! Items in batches of bounded size: memory is in proportion to a batch, never to the corpus.

use futures::StreamExt;
use futures::stream::{BoxStream, Stream};
use siren_domain::Fault;
use siren_domain::ports::Found;

/// At most so many items that are to be made.
const MADE: usize = 128;
/// At most so many of all kinds: where nothing is new there is next to nothing to do for each.
const MET: usize = 4096;
/// No further item once there are so many bytes.
const BYTES: usize = 4 << 20;

type Met = Result<Found, Fault>;

/// The stream's items, several at a time, in order.
pub(super) fn batches(items: BoxStream<'_, Met>) -> impl Stream<Item = Vec<Met>> + '_ {
    futures::stream::unfold(items, |mut items| async move {
        let mut batch = Vec::new();
        let (mut made, mut bytes) = (0, 0);
        while batch.len() < MET && made < MADE && bytes < BYTES {
            let Some(met) = items.next().await else { break };
            made += usize::from(matches!(met, Ok(Found::Item(_))));
            bytes += size(&met);
            batch.push(met);
        }
        (!batch.is_empty()).then_some((batch, items))
    })
}

fn size(met: &Met) -> usize {
    match met {
        Ok(Found::Item(item)) => item.body.bytes(),
        Ok(Found::Same(_)) | Err(_) => 0,
    }
}
