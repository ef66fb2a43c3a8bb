//! What the simulator found, each as a story.

use super::*;

#[test]
fn a_recycle_that_ends_has_begun() {
    let mut pool = Pool::serving(json!({}));
    pool.inner.config.snapshots = true;
    pool.give(Input::Recycle(Reason::Requested));
    let outputs = pool.say(1, Message::Died { cause: "trap".into() });
    let begun = Event::RecycleStarted { from: GenerationId(1), to: GenerationId(2), reason: Reason::Requested };
    assert!(outputs.contains(&Output::Emit(begun)), "{outputs:?}");
}
