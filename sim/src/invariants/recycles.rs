//! A recycle happens because somebody wants it or memory, age or jobs call for it, ends once, and takes no more than its
//! share of the time.

use perennial::coordinator::{Event, GenerationId, Reason};

use super::{Verdict, must};
use crate::adapter;
use crate::page::Page;

const LOOP: &str = "6: planned recycles are bounded";
const ENDS: &str = "1: a recycle ends once";

#[derive(Debug, Default)]
pub struct Recycles {
    under_way: Option<UnderWay>,
    /// Of the recycles that nobody asked for: when the first began, how long they took, and the longest.
    automatic: Option<Automatic>,
}

#[derive(Debug)]
struct UnderWay {
    from: GenerationId,
    reason: Reason,
    since_ms: f64,
}

#[derive(Debug)]
struct Automatic {
    since_ms: f64,
    spent_ms: f64,
    longest_ms: f64,
}

impl Recycles {
    pub fn heard(&mut self, now_ms: f64, event: &Event, page: &Page) -> Verdict {
        match event {
            Event::RecycleStarted { from, to, reason } => {
                must(self.under_way.is_none(), ENDS, || format!("{from} to {to} begins while {:?}", self.under_way))?;
                must(to > from, ENDS, || format!("it goes from {from} to {to}"))?;
                self.under_way = Some(UnderWay { from: *from, reason: *reason, since_ms: now_ms });
                match reason {
                    Reason::Requested => must(!page.recycling.is_empty(), LOOP, || format!("nobody asked for {to}"))?,
                    Reason::Hang => {}
                    _ => self.begin_automatic(now_ms)?,
                }
            }
            Event::RecycleEnded(recycled) => {
                must(self.under_way.is_some(), ENDS, || format!("{recycled:?} ends and never began"))?;
                must(recycled.pause_ms <= recycled.total_ms, ENDS, || format!("{recycled:?}"))?;
                self.end(now_ms);
            }
            // Else it is the wish for the next one that comes to nothing.
            Event::RecycleFailed { from, .. } => {
                if self.under_way.as_ref().is_some_and(|under_way| under_way.from == *from) {
                    self.end(now_ms);
                }
            }
            Event::Exited => must(self.under_way.is_none(), ENDS, || format!("{:?} never ends", self.under_way))?,
            _ => {}
        }
        Ok(())
    }

    fn begin_automatic(&mut self, now_ms: f64) -> Verdict {
        let automatic = self.automatic.get_or_insert(Automatic { since_ms: now_ms, spent_ms: 0.0, longest_ms: 0.0 });
        let may = (now_ms - automatic.since_ms) * adapter::share() + automatic.longest_ms;
        must(automatic.spent_ms <= may + 1.0, LOOP, || format!("{automatic:?}: more than its share"))
    }

    fn end(&mut self, now_ms: f64) {
        let Some(UnderWay { reason, since_ms, .. }) = self.under_way.take() else { return };
        if let Some(automatic) = &mut self.automatic
            && !matches!(reason, Reason::Requested | Reason::Hang)
        {
            automatic.spent_ms += now_ms - since_ms;
            automatic.longest_ms = automatic.longest_ms.max(now_ms - since_ms);
        }
    }
}
