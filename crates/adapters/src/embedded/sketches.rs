//! The nearest vectors without comparing them all.
//!
//! Where there are few, every vector is compared. Where there are many, the signs of their numbers are compared first, a
//! bit each: two vectors that point the same way differ in few signs. Only those with the fewest differences are then
//! compared in full. Unlike a graph of neighbours, this heeds every filter, is the same on every run, and follows segments
//! that come and go without any work.

use std::sync::{Arc, OnceLock};

use tantivy::{DocAddress, DocId, Searcher, SegmentReader};

use super::allowed::Allowed;
use super::search::Best;
use super::vectors::{Beside, Rounded, SKETCH};

/// Up to so many vectors are compared one by one.
const EXACT: usize = 20_000;
/// So many times what is wanted is compared in full, at least this many, and one chunk in so many.
const WIDER: usize = 20;
const LEAST: usize = 1_000;
const ONE_IN: usize = 100;

/// The vectors of a generation.
#[derive(Debug)]
pub(super) struct Vectors {
    /// Up to so many are compared one by one.
    exact: usize,
    /// The signs of all, read when first needed.
    signs: OnceLock<Arc<Vec<Signs>>>,
}

impl Default for Vectors {
    fn default() -> Self {
        Self { exact: EXACT, signs: OnceLock::new() }
    }
}

/// The signs of a segment's vectors.
#[derive(Debug)]
struct Signs {
    /// Values of one sketch.
    width: usize,
    /// By chunk; what has no vector has no place here.
    bits: Vec<u64>,
    /// Of each sketch, its chunk.
    chunks: Vec<DocId>,
}

impl Signs {
    fn read(segment: &SegmentReader) -> tantivy::Result<Self> {
        let column = segment.fast_fields().u64(SKETCH)?;
        let width = (0..segment.max_doc()).map(|chunk| column.index.value_row_ids(chunk).len()).max();
        let width = width.unwrap_or_default();
        let mut out = Self { width, bits: Vec::new(), chunks: Vec::new() };
        for chunk in 0..segment.max_doc() {
            let rows = column.index.value_row_ids(chunk);
            if width > 0 && rows.len() == width {
                let start = out.bits.len();
                out.bits.resize(start + width, 0);
                column.values.get_range(u64::from(rows.start), &mut out.bits[start..]);
                out.chunks.push(chunk);
            }
        }
        Ok(out)
    }

    /// In how many signs each allowed chunk differs.
    fn differences<'s>(
        &'s self,
        wanted: &'s [u64],
        allowed: &'s Allowed,
        ordinal: usize,
    ) -> impl Iterator<Item = (DocId, u16)> + 's {
        let fits = self.width == wanted.len();
        let sketches = self.bits.chunks_exact(self.width.max(1)).filter(move |_| fits);
        self.chunks.iter().zip(sketches).filter(move |(chunk, _)| allowed.has(ordinal, **chunk)).map(
            move |(chunk, bits)| {
                let differing = bits.iter().zip(wanted).map(|(a, b)| (a ^ b).count_ones());
                (*chunk, u16::try_from(differing.sum::<u32>()).unwrap_or(u16::MAX))
            },
        )
    }
}

impl Vectors {
    /// The nearest of the allowed chunks with their cosines, in no order.
    pub(super) fn nearest(
        &self,
        wanted: &Rounded,
        searcher: &Searcher,
        allowed: &Allowed,
        most: usize,
    ) -> tantivy::Result<Vec<(f32, DocAddress)>> {
        let candidates: Vec<Vec<DocId>> = if allowed.count <= self.exact {
            (0..searcher.segment_readers().len()).map(|at| allowed.of_segment(at).collect()).collect()
        } else {
            let most = (most * WIDER).max(LEAST).max(allowed.count / ONE_IN);
            self.likely(wanted, searcher, allowed, most)?
        };
        let mut best = Best::new(most);
        for (ordinal, chunks) in (0..).zip(candidates) {
            let mut beside = Beside::open(wanted, searcher.segment_reader(ordinal))?;
            for chunk in chunks {
                if let Some(cosine) = beside.cosine(chunk) {
                    best.push(cosine, DocAddress::new(ordinal, chunk));
                }
            }
        }
        Ok(best.into_all().collect())
    }

    /// About `most` chunks that differ in the fewest signs, by segment; of equal ones the first.
    fn likely(
        &self,
        wanted: &Rounded,
        searcher: &Searcher,
        allowed: &Allowed,
        most: usize,
    ) -> tantivy::Result<Vec<Vec<DocId>>> {
        let signs = self.signs(searcher)?;
        let sketch = wanted.sketch();
        let differences: Vec<Vec<(DocId, u16)>> = signs
            .iter()
            .enumerate()
            .map(|(ordinal, signs)| signs.differences(&sketch, allowed, ordinal).collect())
            .collect();
        let mut counts = vec![0_usize; sketch.len() * u64::BITS as usize + 1];
        differences.iter().flatten().for_each(|(_, differing)| counts[usize::from(*differing)] += 1);
        let mut left = most;
        let mut last = 0_u16;
        for count in &counts {
            if *count > left {
                break;
            }
            left -= count;
            last += 1;
        }
        let mut taken = |differing: u16| {
            let at_last = differing == last && left > 0;
            left -= usize::from(at_last);
            differing < last || at_last
        };
        let mut of = |differences: Vec<(DocId, u16)>| -> Vec<DocId> {
            differences
                .into_iter()
                .filter(|(_, differing)| taken(*differing))
                .map(|(chunk, _)| chunk)
                .collect()
        };
        Ok(differences.into_iter().map(&mut of).collect())
    }

    fn signs(&self, searcher: &Searcher) -> tantivy::Result<Arc<Vec<Signs>>> {
        if let Some(signs) = self.signs.get() {
            return Ok(Arc::clone(signs));
        }
        let signs: tantivy::Result<Vec<Signs>> = searcher.segment_readers().iter().map(Signs::read).collect();
        let signs = Arc::new(signs?);
        Ok(Arc::clone(self.signs.get_or_init(|| signs)))
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};
    use tantivy::query::{AllQuery, TermQuery};
    use tantivy::schema::{FAST, IndexRecordOption, STRING, Schema};
    use tantivy::{DocAddress, Index, Searcher, TantivyDocument, Term};

    use super::{Allowed, Rounded, SKETCH, Vectors};
    use crate::embedded::vectors::VECTOR;

    const DIMENSIONS: usize = 128;

    type Random = ChaCha8Rng;

    /// Vectors lie in clouds, as those of texts do.
    fn vector(random: &mut Random, cloud: &[f32]) -> Vec<f32> {
        let mut out: Vec<f32> = cloud.iter().map(|x| x + random.random_range(-1.0..1.0_f32)).collect();
        let length = out.iter().map(|x| x * x).sum::<f32>().sqrt();
        out.iter_mut().for_each(|x| *x /= length);
        out
    }

    fn clouds(random: &mut Random) -> Vec<Vec<f32>> {
        (0..20).map(|_| (0..DIMENSIONS).map(|_| random.random_range(-1.0..1.0_f32)).collect()).collect()
    }

    /// Two segments; every third chunk is for nobody, every tenth has no vector.
    fn index(random: &mut Random, clouds: &[Vec<f32>]) -> Searcher {
        let mut schema = Schema::builder();
        let vectors = schema.add_u64_field(VECTOR, FAST);
        let sketches = schema.add_u64_field(SKETCH, FAST);
        let groups = schema.add_text_field("groups", STRING);
        let index = Index::create_in_ram(schema.build());
        let mut writer = index.writer_with_num_threads(1, 20 << 20).unwrap();
        for segment in 0..2 {
            for chunk in 0..2_500 {
                let mut out = TantivyDocument::default();
                let rounded = Rounded::new(&vector(random, &clouds[(chunk + segment) % clouds.len()]));
                if chunk % 10 != 0 {
                    rounded.values().for_each(|value| out.add_u64(vectors, value));
                    rounded.sketch().into_iter().for_each(|value| out.add_u64(sketches, value));
                }
                out.add_text(groups, if chunk % 3 == 0 { "nobody" } else { "all" });
                writer.add_document(out).unwrap();
            }
            writer.commit().unwrap();
        }
        index.reader().unwrap().searcher()
    }

    #[test]
    fn few_comparisons_find_nearly_what_all_find() {
        let mut random = Random::seed_from_u64(7);
        let clouds = clouds(&mut random);
        let searcher = index(&mut random, &clouds);
        let groups = searcher.schema().get_field("groups").unwrap();
        let readable = TermQuery::new(Term::from_field_text(groups, "all"), IndexRecordOption::Basic);
        let allowed = Allowed::new(&searcher, &readable).unwrap();
        let everything = Allowed::new(&searcher, &AllQuery).unwrap();
        assert!(allowed.count > 3_000 && everything.count == 5_000, "{} {}", allowed.count, everything.count);
        let few = || Vectors { exact: 0, ..Vectors::default() };
        let (mut found, mut wanted) = (0, 0);
        for cloud in &clouds {
            let question = Rounded::new(&vector(&mut random, cloud));
            let by = |vectors: &Vectors, allowed| -> Vec<DocAddress> {
                let mut nearest = vectors.nearest(&question, &searcher, allowed, 10).unwrap();
                nearest.sort_by(|(a, x), (b, y)| b.total_cmp(a).then(x.cmp(y)));
                nearest.into_iter().map(|(_, at)| at).collect()
            };
            let exact = by(&Vectors::default(), &allowed);
            let quick = by(&few(), &allowed);
            assert_eq!(quick, by(&few(), &allowed), "the same on every run");
            assert!(quick.iter().all(|at| allowed.has(at.segment_ord as usize, at.doc_id)), "{quick:?}");
            assert_eq!((exact.len(), quick.len()), (10, 10));
            found += quick.iter().filter(|at| exact.contains(at)).count();
            wanted += exact.len();
        }
        assert!(found * 100 >= wanted * 97, "{found} of {wanted}");
    }

    #[test]
    fn vectors_of_another_length_are_not_compared() {
        let mut random = Random::seed_from_u64(8);
        let clouds = clouds(&mut random);
        let searcher = index(&mut random, &clouds);
        let everything = Allowed::new(&searcher, &AllQuery).unwrap();
        for exact in [0, 100_000] {
            let vectors = Vectors { exact, ..Vectors::default() };
            let found = vectors.nearest(&Rounded::new(&[1.0; 64]), &searcher, &everything, 10).unwrap();
            assert!(found.is_empty(), "{exact}: {found:?}");
        }
    }
}
