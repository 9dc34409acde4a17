//! The forward pass of Universal Sentence Encoder multilingual 3: a table of pieces, three convolutions over
//! neighbours, an average, four dense layers.
//!
//! Many sentences go through at once, one below another, so that each matrix is read once for all of them.

use std::ops::Range;
use std::path::Path;

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, ArrayViewMut2, Axis, Slice};

use super::weights::{Arrays, MappedRows};

/// Numbers of a piece, and of the vector that comes out.
pub(super) const WIDTH: usize = 512;
const BRANCH: usize = 256;
const FEATURES: usize = WIDTH + BRANCHES.len() * BRANCH;
const HIDDEN: usize = 320;
/// The table of pieces is cut in so many: piece `n` is row `n / 17` of table `n % 17`.
const TABLES: usize = 17;
/// Neighbours that a branch sees, and how many of them stand before.
const BRANCHES: [(usize, usize); 3] = [(2, 0), (3, 1), (5, 2)];

pub(super) struct Network {
    tables: Vec<MappedRows>,
    scale: Array1<f32>,
    low: Array1<f32>,
    projection: Array2<f32>,
    projection_bias: Array1<f32>,
    branch_norm: Norm,
    branches: [Branch; 3],
    norm: Norm,
    output: Array2<f32>,
    output_bias: Array1<f32>,
    dense: [Array2<f32>; 4],
    shortcuts: [Array2<f32>; 2],
    epsilon: f32,
}

struct Branch {
    first: (Array2<f32>, Array1<f32>),
    second: (Array2<f32>, Array1<f32>),
}

struct Norm {
    gain: Array1<f32>,
    bias: Array1<f32>,
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network").finish_non_exhaustive()
    }
}

impl Network {
    pub(super) fn open(folder: &Path) -> Result<Self, String> {
        let arrays = Arrays::open(folder)?;
        let tables: Result<Vec<_>, _> = (1..=TABLES).map(|n| arrays.rows(&format!("q{n}"), WIDTH)).collect();
        let orders = BRANCHES.map(|(order, _)| order);
        let joined = |name: &str| -> Result<Array1<f32>, String> {
            let parts: Result<Vec<_>, _> =
                orders.iter().map(|order| arrays.vector(&format!("{name}{order}"), BRANCH)).collect();
            Ok(parts?.into_iter().flatten().collect())
        };
        let mut projection = Array2::zeros((WIDTH, BRANCHES.len() * BRANCH));
        for (at, order) in orders.iter().enumerate() {
            let part = arrays.matrix(&format!("proj{order}"), (WIDTH, BRANCH))?;
            columns_mut(&mut projection, at * BRANCH..(at + 1) * BRANCH).assign(&part);
        }
        let branch = |order: usize| -> Result<Branch, String> {
            let layer = |n: usize| -> Result<_, String> {
                let weights = arrays.matrix(&format!("w{n}_{order}"), (order * BRANCH, BRANCH))?;
                Ok((weights, arrays.vector(&format!("b{n}_{order}"), BRANCH)?))
            };
            Ok(Branch { first: layer(1)?, second: layer(2)? })
        };
        Ok(Self {
            tables: tables?,
            scale: arrays.vector("scale", TABLES)?,
            low: arrays.vector("lo", TABLES)?,
            projection,
            projection_bias: joined("proj_b")?,
            branch_norm: Norm { gain: joined("ln_g")?, bias: joined("ln_b")? },
            branches: [branch(orders[0])?, branch(orders[1])?, branch(orders[2])?],
            norm: Norm { gain: arrays.vector("ln_g", FEATURES)?, bias: arrays.vector("ln_b", FEATURES)? },
            output: arrays.matrix("cnn_W", (FEATURES, WIDTH))?,
            output_bias: arrays.vector("cnn_b", WIDTH)?,
            dense: [
                arrays.matrix("d0", (WIDTH, HIDDEN))?,
                arrays.matrix("d1", (HIDDEN, HIDDEN))?,
                arrays.matrix("d2", (HIDDEN, WIDTH))?,
                arrays.matrix("d3", (WIDTH, WIDTH))?,
            ],
            shortcuts: [arrays.matrix("p1", (WIDTH, HIDDEN))?, arrays.matrix("p3", (HIDDEN, WIDTH))?],
            epsilon: arrays.number("eps")?,
        })
    }

    /// How many pieces it knows.
    pub(super) fn pieces(&self) -> usize {
        self.tables.iter().map(MappedRows::len).sum()
    }

    /// A vector of length 1 for each sentence, given as piece numbers.
    pub(super) fn encode(&self, sentences: &[Vec<u32>]) -> Vec<Vec<f32>> {
        let ranges = ranges(sentences);
        let features = self.features(sentences, &ranges);
        let mut mean = Array2::zeros((ranges.len(), FEATURES));
        for (range, mut row) in ranges.iter().zip(mean.outer_iter_mut()) {
            row.assign(&features.slice_axis(Axis(0), Slice::from(range.clone())).sum_axis(Axis(0)));
        }
        let mut mean = mean.dot(&self.output);
        for (range, mut row) in ranges.iter().zip(mean.outer_iter_mut()) {
            let pieces = count(range.len());
            row.scaled_add(pieces, &self.output_bias);
            row /= pieces.sqrt();
        }
        let vectors = self.dense(&mean);
        vectors.outer_iter().map(|row| self.unit(&row)).collect()
    }

    /// Each piece with what its neighbours make of it.
    fn features(&self, sentences: &[Vec<u32>], ranges: &[Range<usize>]) -> Array2<f32> {
        let pieces = ranges.last().map_or(0, |range| range.end);
        let mut features = Array2::zeros((pieces, FEATURES));
        for (id, mut row) in sentences.iter().flatten().zip(features.outer_iter_mut()) {
            let (table, at) = (*id as usize % TABLES, *id as usize / TABLES);
            let (scale, low) = (self.scale[table], self.low[table]);
            for (out, byte) in row.iter_mut().zip(self.tables[table].row(at)) {
                *out = f32::from(*byte) * scale + low;
            }
        }
        let mut projected = columns(&features, 0..WIDTH).dot(&self.projection);
        projected += &self.projection_bias;
        self.normalise(&mut projected, &self.branch_norm);
        for (at, (branch, (order, before))) in self.branches.iter().zip(BRANCHES).enumerate() {
            let own = columns(&projected, at * BRANCH..(at + 1) * BRANCH).to_owned();
            let hidden = convolved(own, &branch.first, ranges, order, before);
            let out = convolved(hidden, &branch.second, ranges, order, before);
            let start = WIDTH + at * BRANCH;
            columns_mut(&mut features, start..start + BRANCH).assign(&out);
        }
        self.normalise(&mut features, &self.norm);
        features
    }

    fn dense(&self, mean: &Array2<f32>) -> Array2<f32> {
        let first = rectified(mean.dot(&self.dense[0]));
        let mut second = mean.dot(&self.shortcuts[0]);
        general_mat_mul(1.0, &first, &self.dense[1], 1.0, &mut second);
        let second = rectified(second);
        let third = rectified(second.dot(&self.dense[2]));
        let mut out = second.dot(&self.shortcuts[1]);
        general_mat_mul(1.0, &third, &self.dense[3], 1.0, &mut out);
        out.mapv_into(f32::tanh)
    }

    fn unit(&self, row: &ArrayView1<'_, f32>) -> Vec<f32> {
        let length = row.dot(row).max(self.epsilon).sqrt();
        row.iter().map(|x| x / length).collect()
    }

    /// Each row to mean 0 and variance 1, then as learnt.
    fn normalise(&self, rows: &mut Array2<f32>, norm: &Norm) {
        for mut row in rows.outer_iter_mut() {
            let width = count(row.len());
            let mean = row.sum() / width;
            row -= mean;
            let deviation = (row.dot(&row) / width + self.epsilon).sqrt();
            row /= deviation;
            row *= &norm.gain;
            row += &norm.bias;
        }
    }
}

fn columns(of: &Array2<f32>, range: Range<usize>) -> ArrayView2<'_, f32> {
    of.slice_axis(Axis(1), Slice::from(range))
}

fn columns_mut(of: &mut Array2<f32>, range: Range<usize>) -> ArrayViewMut2<'_, f32> {
    of.slice_axis_mut(Axis(1), Slice::from(range))
}

#[expect(clippy::cast_precision_loss, reason = "a count of pieces or columns is far below 2^24")]
fn count(of: usize) -> f32 {
    of as f32
}

/// Where each sentence's pieces stand.
fn ranges(sentences: &[Vec<u32>]) -> Vec<Range<usize>> {
    let mut start = 0;
    let mut range = |sentence: &Vec<u32>| {
        let range = start..start + sentence.len();
        start = range.end;
        range
    };
    sentences.iter().map(&mut range).collect()
}

/// Each row and what a layer makes of it and its neighbours. Beyond a sentence's ends there is nothing.
fn convolved(
    rows: Array2<f32>,
    (weights, bias): &(Array2<f32>, Array1<f32>),
    sentences: &[Range<usize>],
    order: usize,
    before: usize,
) -> Array2<f32> {
    let mut windows = Array2::zeros((rows.nrows(), order * BRANCH));
    for sentence in sentences {
        for at in sentence.clone() {
            for slot in 0..order {
                let Some(neighbour) = (at + slot).checked_sub(before).filter(|n| sentence.contains(n)) else {
                    continue;
                };
                let mut window = windows.row_mut(at);
                let slot = Slice::from(slot * BRANCH..(slot + 1) * BRANCH);
                window.slice_axis_mut(Axis(0), slot).assign(&rows.row(neighbour));
            }
        }
    }
    let mut out = windows.dot(weights);
    out += bias;
    rectified(out) + rows
}

fn rectified(mut rows: Array2<f32>) -> Array2<f32> {
    rows.mapv_inplace(|x| x.max(0.0));
    rows
}
