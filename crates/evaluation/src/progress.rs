//! How far has a run come?

use std::sync::atomic::{AtomicUsize, Ordering};

/// Told after each question: how many are done, of how many. `&|_, _| {}` for nobody.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Send + Sync);

pub(crate) struct Counter<'a> {
    done: AtomicUsize,
    total: usize,
    tell: Progress<'a>,
}

impl<'a> Counter<'a> {
    pub(crate) fn new(total: usize, tell: Progress<'a>) -> Self {
        Self { done: AtomicUsize::new(0), total, tell }
    }

    pub(crate) fn one_more(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        (self.tell)(done, self.total);
    }
}
