//! Which of the module's instances this code runs in, and on what.

/// Where code runs: see [`role`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// The instance that the page, or a worker of yours, has made with `await init()`. The coordinator runs in it, and so do
    /// the exports that you call. No task ever does.
    Coordinator,
    /// A generation's instance, on its leader. Of your code only start functions run here; they must not block.
    Leader,
    /// A generation's instance, on a thread: tasks, `on_start`, and whatever they spawn on Rayon.
    Thread,
    /// No browser: tests, and other uses of the crate on the host.
    Native,
}

/// Says where this code runs. Works everywhere: in tasks, in `on_start`, in a `#[wasm_bindgen(start)]` function.
///
/// Costs a call into JavaScript in the browser, and nothing on the host.
///
/// # Start functions and statics
///
/// Every instance runs your whole module: one on the page, and one in each generation. So
///
/// - **a `#[wasm_bindgen(start)]` function runs once per instance**: on the page in `await init()`, and in each generation on
///   its leader, before the threads are there. It does not run on the threads;
/// - **a `static` is one per instance.** What the page sets no task ever sees. The threads of a generation share it, so what a
///   task sets the next one finds, until a recycle or a lost generation: then it is as the module was built;
/// - **a `thread_local!` is one per thread**, of the page, of the leader, of each Rayon thread.
///
/// What every generation has to have is set by an [`on_start`](macro@crate::on_start) function, from the `input` of
/// `Pool.start`. What only the page needs is kept out of the generations by asking for the role:
///
/// ```
/// use std::sync::OnceLock;
/// use perennial::{Bytes, Role, role, task};
///
/// static TITLE: OnceLock<String> = OnceLock::new();
/// static TABLE: OnceLock<Vec<u8>> = OnceLock::new();
///
/// // With #[wasm_bindgen(start)].
/// pub fn start() {
///     if role() == Role::Coordinator {
///         let _ = TITLE.set("set on the page, unset in every task".into());
///     }
/// }
///
/// #[perennial::on_start]
/// fn warm_up(input: Option<Bytes>, _snapshot: Option<Bytes>) {
///     let _ = TABLE.set(input.unwrap_or_default().to_vec());
/// }
///
/// #[task]
/// fn look_up(index: usize) -> Option<u8> {
///     TABLE.get()?.get(index).copied()
/// }
///
/// assert_eq!(role(), Role::Native);
/// ```
pub fn role() -> Role {
    #[cfg(target_arch = "wasm32")]
    return crate::web::role();
    #[cfg(not(target_arch = "wasm32"))]
    Role::Native
}
