//! A list that is copied by taking a reference.
//!
//! A search clones a world at every step and changes a few of its objects. The
//! items stand in chunks that clones share; a change copies one chunk of
//! references and the list of chunks, never the items. Nothing is ever taken
//! out, so that a number stays one thing for ever.

use std::sync::Arc;

/// Items in a chunk: a change copies as many references.
const CHUNK: usize = 32;

/// Items by number, shared between clones.
#[derive(Debug)]
pub(crate) struct Store<T> {
    chunks: Arc<Vec<Arc<Vec<Arc<T>>>>>,
    length: u32,
}

impl<T> Clone for Store<T> {
    fn clone(&self) -> Self {
        Self {
            chunks: Arc::clone(&self.chunks),
            length: self.length,
        }
    }
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        Self {
            chunks: Arc::default(),
            length: 0,
        }
    }
}

/// The chunk of a number, and its place there.
const fn place(index: u32) -> (usize, usize) {
    (index as usize / CHUNK, index as usize % CHUNK)
}

impl<T> Store<T> {
    /// How many items there are: the number that the next one gets.
    pub const fn count(&self) -> u32 {
        self.length
    }

    /// The item with this number.
    pub fn item(&self, index: u32) -> Option<&T> {
        let (chunk, at) = place(index);
        Some(self.chunks.get(chunk)?.get(at)?)
    }

    /// Adds an item; its number.
    pub fn push(&mut self, item: T) -> u32 {
        let (index, item) = (self.length, Arc::new(item));
        let chunks = Arc::make_mut(&mut self.chunks);
        match chunks.get_mut(place(index).0) {
            Some(chunk) => Arc::make_mut(chunk).push(item),
            None => chunks.push(Arc::new(vec![item])),
        }
        self.length += 1;
        index
    }

    /// Every item with its number.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (0..self.length).filter_map(|index| Some((index, self.item(index)?)))
    }
}

impl<T: Clone> Store<T> {
    /// The item with this number, to be changed: copied first if a clone has it too.
    pub fn item_mut(&mut self, index: u32) -> Option<&mut T> {
        let (chunk, at) = place(index);
        let chunk = Arc::make_mut(&mut self.chunks).get_mut(chunk)?;
        Some(Arc::make_mut(Arc::make_mut(chunk).get_mut(at)?))
    }
}

impl<T: PartialEq> PartialEq for Store<T> {
    fn eq(&self, other: &Self) -> bool {
        self.length == other.length
            && (Arc::ptr_eq(&self.chunks, &other.chunks) || self.chunks == other.chunks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_keeps_what_the_original_changes() {
        let mut store = Store::default();
        for number in 0..100_u32 {
            assert_eq!(store.push(number), number);
        }
        let before = store.clone();
        *store.item_mut(40).expect("is there") = 7;
        store.push(100);
        assert_eq!((before.length, before.item(40)), (100, Some(&40)));
        assert_eq!((store.length, store.item(40)), (101, Some(&7)));
        assert_eq!(store.item(41), Some(&41));
        assert_eq!(store.item(101), None);
        assert!(store != before && before == before.clone());
        assert_eq!(before.iter().count(), 100);
    }
}
