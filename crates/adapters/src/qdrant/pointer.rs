//! The pointer: an alias, replaced in one step, of the collection that is served.

use qdrant_client::qdrant::{CreateAlias, ListAliasesResponse};

use super::client::{Client, Trouble};
use super::names::Names;

fn named(aliases: ListAliasesResponse, names: &Names) -> Option<String> {
    let ours = aliases.aliases.into_iter().find(|alias| alias.alias_name == names.live());
    ours.map(|alias| alias.collection_name)
}

/// The collection that it names.
pub(super) async fn read(client: &Client, names: &Names) -> Result<Option<String>, Trouble> {
    let aliases = client.read(|node| async move { node.list_aliases().await });
    Ok(named(aliases.await?, names))
}

/// Lets it name a collection.
pub(super) async fn put(client: &Client, names: &Names, collection: &str) -> Result<(), Trouble> {
    let asked = CreateAlias { collection_name: collection.to_owned(), alias_name: names.live() };
    let put = client.write(|node| {
        let asked = asked.clone();
        async move { node.create_alias(asked).await }
    });
    match put.await {
        Ok(_) => Ok(()),
        // The answer was lost or came too late, as while a node is lost or its disk is full: what counts is where it is.
        Err(_) if is_agreed(client, names, collection).await => Ok(()),
        Err(trouble) => Err(trouble),
    }
}

/// Whether a node knows it to name this collection: what one knows, most have agreed upon, and the others are late.
async fn is_agreed(client: &Client, names: &Names, collection: &str) -> bool {
    for at in 0..client.nodes() {
        let aliases = client.read_at(at, |node| async move { node.list_aliases().await }).await;
        if aliases.is_ok_and(|aliases| named(aliases, names).as_deref() == Some(collection)) {
            return true;
        }
    }
    false
}
