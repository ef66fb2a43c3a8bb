//! A Rayon pool for the browser that outlives its memory.

pub mod coordinator;
mod value;
