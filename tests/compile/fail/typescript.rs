//! Descriptions that cannot be made.
#![allow(unused)]

use perennial::TypeScript;

#[derive(TypeScript)]
struct Unknown {
    #[typescript(name = "x")]
    field: u8,
}

#[derive(TypeScript)]
union Union {
    field: u8,
}

fn main() {}
