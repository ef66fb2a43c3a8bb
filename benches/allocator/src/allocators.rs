//! The allocators that are compared with the package's own: each is a feature, and without any it is the standard library's.

#[cfg(feature = "talc")]
mod talc {
    use ::talc::sync::TalcLock;
    use ::talc::wasm::{WasmBinning, WasmGrowAndClaim};

    // Its other source, which lets the last piece grow, is no `Send`.
    #[global_allocator]
    static ALLOCATOR: TalcLock<spinning_top::RawSpinlock, WasmGrowAndClaim, WasmBinning> =
        TalcLock::new(WasmGrowAndClaim);
}

#[cfg(feature = "lol_alloc")]
mod lol_alloc {
    use ::lol_alloc::{DefaultGrower, FreeListAllocator, LockedAllocator};

    #[global_allocator]
    static ALLOCATOR: LockedAllocator<FreeListAllocator<DefaultGrower>> =
        LockedAllocator::new(FreeListAllocator::new());
}

/// Which it is.
pub const NAME: &str = match () {
    () if cfg!(feature = "allocator") => "ours",
    () if cfg!(feature = "talc") => "talc",
    () if cfg!(feature = "lol_alloc") => "lol_alloc",
    () => "std",
};
