//! Maps that cost a page little.
//!
//! The standard library's ordered map is some 10 kB of WebAssembly for each type that is in one. [`Order`] has the only one of
//! them; what is few, or comes and goes in its order, is as well kept in a [`Sorted`].

use std::collections::{BTreeSet, HashMap, VecDeque};

use rustc_hash::FxBuildHasher;

/// A map by numbers that the driver gives, rising: nobody can choose them so that they collide.
pub(super) type Numbered<K, V> = HashMap<K, V, FxBuildHasher>;

/// A map in the order of its keys. To add at its end and to remove near either end costs little; elsewhere half of it may have to
/// move.
#[derive(Clone, Debug)]
pub(super) struct Sorted<K, V>(VecDeque<(K, V)>);

impl<K, V> Default for Sorted<K, V> {
    fn default() -> Self {
        Sorted(VecDeque::new())
    }
}

impl<K: Ord + Copy, V> Sorted<K, V> {
    /// In place of an earlier value of the same key.
    pub fn insert(&mut self, key: K, value: V) {
        match self.find(key) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (key, value)),
        }
    }

    pub fn remove(&mut self, key: K) -> Option<V> {
        let at = self.find(key).ok()?;
        self.0.remove(at).map(|(_, value)| value)
    }

    pub fn get(&self, key: K) -> Option<&V> {
        self.find(key).ok().map(|at| &self.0[at].1)
    }

    pub fn get_mut(&mut self, key: K) -> Option<&mut V> {
        self.find(key).ok().map(|at| &mut self.0[at].1)
    }

    /// The value of a key, which is a new one if there was none.
    pub fn get_or_insert(&mut self, key: K, value: V) -> &mut V {
        let at = self.find(key).unwrap_or_else(|at| {
            self.0.insert(at, (key, value));
            at
        });
        &mut self.0[at].1
    }

    pub fn first(&self) -> Option<(K, &V)> {
        self.iter().next()
    }

    pub fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        self.0.iter().map(|(key, value)| (*key, value))
    }

    pub fn keys(&self) -> impl Iterator<Item = K> {
        self.0.iter().map(|(key, _)| *key)
    }

    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }

    pub fn contains_key(&self, key: K) -> bool {
        self.find(key).is_ok()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Most are the newest, new, or the oldest.
    #[inline(never)]
    fn find(&self, key: K) -> Result<usize, usize> {
        match self.0.back() {
            Some((last, _)) if *last == key => Ok(self.0.len() - 1),
            Some((last, _)) if *last > key => self.find_before(key),
            _ => Err(self.0.len()),
        }
    }

    #[inline(never)] // called from everywhere
    fn find_before(&self, key: K) -> Result<usize, usize> {
        match self.0.front() {
            Some((first, _)) if *first == key => Ok(0),
            _ => self.0.binary_search_by(|(there, _)| there.cmp(&key)),
        }
    }
}

/// What an [`Order`] holds: a kind, and a number.
pub(super) type Item = (u64, u64);

/// Items by their places, each once; at one place, by themselves.
#[derive(Debug, Default)]
pub(super) struct Order {
    order: BTreeSet<(u64, Item)>,
    places: Numbered<Item, u64>,
}

impl Order {
    /// Moves it there, if it was elsewhere.
    pub fn set(&mut self, item: Item, place: u64) {
        self.remove(item);
        self.places.insert(item, place);
        self.order.insert((place, item));
    }

    /// Where it was.
    pub fn remove(&mut self, item: Item) -> Option<u64> {
        let place = self.places.remove(&item)?;
        self.order.remove(&(place, item));
        Some(place)
    }

    pub fn get(&self, item: Item) -> Option<u64> {
        self.places.get(&item).copied()
    }

    pub fn first(&self) -> Option<(u64, Item)> {
        self.order.first().copied()
    }

    /// The next one after it. None also if it is not there.
    pub fn after(&self, item: Item) -> Option<(u64, Item)> {
        let place = *self.places.get(&item)?;
        self.order.range((place, (item.0, item.1.saturating_add(1)))..).next().copied()
    }

    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub fn iter(&self) -> impl Iterator<Item = (u64, Item)> {
        self.order.iter().copied()
    }

    pub fn len(&self) -> usize {
        self.places.len()
    }

    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub fn clear(&mut self) {
        self.order.clear();
        self.places.clear();
    }

    /// Takes all of them out, in their order.
    pub fn take(&mut self) -> Vec<(u64, Item)> {
        let all = self.order.iter().copied().collect();
        self.clear();
        all
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_sorted_map_is_as_the_standard_librarys(steps in prop::collection::vec((0u8..4, 0u32..40, any::<u32>()), 0..200)) {
            let (mut map, mut model) = (Sorted::default(), BTreeMap::new());
            for (step, key, value) in steps {
                match step {
                    0 | 1 => {
                        map.insert(key, value);
                        model.insert(key, value);
                    }
                    2 => prop_assert_eq!(map.remove(key), model.remove(&key)),
                    _ => prop_assert_eq!(map.get_or_insert(key, value), model.entry(key).or_insert(value)),
                }
                prop_assert_eq!(map.get(key), model.get(&key));
                prop_assert_eq!(map.get_mut(key), model.get_mut(&key));
                prop_assert_eq!(map.contains_key(key), model.contains_key(&key));
                prop_assert_eq!((map.len(), map.is_empty()), (model.len(), model.is_empty()));
                prop_assert_eq!(map.first(), model.iter().next().map(|(&key, value)| (key, value)));
            }
            prop_assert!(map.iter().eq(model.iter().map(|(&key, value)| (key, value))));
            prop_assert!(map.keys().eq(model.keys().copied()) && map.values().eq(model.values()));
        }

        #[test]
        fn an_order_is_that_of_its_places(steps in prop::collection::vec((any::<bool>(), 0u64..3, 0u64..20, 0u64..10), 0..120)) {
            let (mut order, mut model) = (Order::default(), BTreeMap::new());
            for (removes, kind, number, place) in steps {
                let item = (kind, number);
                if removes {
                    prop_assert_eq!(order.remove(item), model.remove(&item));
                } else {
                    order.set(item, place);
                    model.insert(item, place);
                }
                let mut sorted: Vec<_> = model.iter().map(|(&item, &place)| (place, item)).collect();
                sorted.sort();
                let after = sorted.iter().position(|&(_, there)| there == item);
                prop_assert_eq!(order.after(item), after.and_then(|at| sorted.get(at + 1).copied()));
                prop_assert_eq!(order.get(item).is_some(), after.is_some());
                prop_assert_eq!(order.first(), sorted.first().copied());
                prop_assert_eq!((order.len(), order.is_empty()), (sorted.len(), sorted.is_empty()));
                prop_assert!(order.iter().eq(sorted));
            }
            let all: Vec<_> = order.iter().collect();
            prop_assert_eq!(order.take(), all);
            prop_assert!(order.is_empty() && order.first().is_none());
        }
    }
}
