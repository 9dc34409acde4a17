//! What things are called in Qdrant: collections, the pointer, points.

use qdrant_client::qdrant::PointId;
use siren_domain::ports::StoreError;

/// Letters of what makes a collection's name its writer's own.
const OWN: usize = 8;

/// The names that belong to one index. Several indexes may share a Qdrant under different prefixes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names {
    prefix: String,
}

impl Names {
    pub(super) fn new(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into() }
    }

    /// What is known about generations, their documents and records, and who may write.
    pub(super) fn meta(&self) -> String {
        format!("{}-meta", self.prefix)
    }

    /// The pointer: an alias of the collection that is served.
    pub(super) fn live(&self) -> String {
        format!("{}-live", self.prefix)
    }

    /// The collection of a generation. Two writers never write into the same one, whatever number they believe is next.
    pub(super) fn collection(&self, number: u64, own: &str) -> String {
        let hash = blake3::hash(own.as_bytes()).to_hex();
        format!("{}-{number}-{}", self.prefix, &hash[..OWN])
    }

    /// The generation that a collection holds; none for those of others.
    pub(super) fn number(&self, collection: &str) -> Option<u64> {
        let (number, own) = collection.strip_prefix(&self.prefix)?.strip_prefix('-')?.split_once('-')?;
        let ours = own.len() == OWN && own.bytes().all(|byte| byte.is_ascii_hexdigit());
        number.parse().ok().filter(|_| ours)
    }
}

/// The point of a thing: the same whenever it is written, so that writing twice is writing once.
pub(super) fn point(parts: &[&str]) -> PointId {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let hex = hasher.finalize().to_hex();
    let [a, b, c, d, e] = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32]];
    format!("{a}-{b}-{c}-{d}-{e}").into()
}

/// Stands for a document's id in memory: no two of an index ever share one.
pub(super) fn print(id: &str) -> u128 {
    let mut first = [0; 16];
    first.copy_from_slice(&blake3::hash(id.as_bytes()).as_bytes()[..16]);
    u128::from_le_bytes(first)
}

/// What cannot be read although it should be ours.
pub(super) fn damaged(what: &str, cause: &dyn std::fmt::Display) -> StoreError {
    StoreError::Failed { context: format!("{what} in Qdrant is damaged"), cause: cause.to_string() }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn a_collection_tells_its_generation() {
        let (ours, others) = (Names::new("siren"), Names::new("siren-1"));
        let cases = [
            (ours.collection(7, "x"), Some(7)),
            (ours.meta(), None),
            (ours.live(), None),
            (others.collection(7, "x"), None),
            ("siren-7-0123456z".into(), None),
            ("siren-7-01234567".into(), Some(7)),
            ("other-7-01234567".into(), None),
        ];
        for (collection, number) in cases {
            assert_eq!(ours.number(&collection), number, "{collection}");
        }
    }
}
