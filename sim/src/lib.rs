//! Random lives of the coordinator in virtual time, with faults. `README.md` has the words and the checks.
pub mod adapter;
pub mod faults;
pub mod generation;
pub mod invariants;
pub mod life;
pub mod many;
pub mod network;
pub mod page;
pub mod plan;
pub mod random;
pub mod report;
pub mod shrink;
pub mod trace;
pub mod user;
pub mod world;
