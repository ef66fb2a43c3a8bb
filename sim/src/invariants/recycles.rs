//! A recycle happens because somebody wants it or memory, age or jobs call for it, ends once, and takes no more than its
//! share of the time.

use perennial::coordinator::{Event, GenerationId, Reason};

use super::{Verdict, must};
use crate::page::Page;

const LOOP: &str = "6: planned recycles are bounded";
const ENDS: &str = "1: a recycle ends once";
/// A retirement rests while it lasts, so a little more than the share is spent.
const TOLERANCE: f64 = 1.4;

#[derive(Debug)]
pub struct Recycles {
    share: f64,
    under_way: Option<UnderWay>,
    planned: Option<Planned>,
}

#[derive(Debug)]
struct UnderWay {
    from: GenerationId,
    to: GenerationId,
}

/// Of the recycles that nobody asked for: when the first began, how long they took, and the longest.
#[derive(Debug)]
struct Planned {
    since_ms: f64,
    spent_ms: f64,
    longest_ms: f64,
}

impl Recycles {
    pub fn new(share: f64) -> Self {
        Recycles { share, under_way: None, planned: None }
    }

    /// `spent_ms` is what a recycle took that ends here.
    pub fn heard(&mut self, now_ms: f64, event: &Event, page: &Page, spent_ms: f64) -> Verdict {
        match event {
            Event::RecycleStarted { from, to, reason } => {
                must(self.under_way.is_none(), ENDS, || format!("{from} to {to} begins while {:?}", self.under_way))?;
                must(to > from, ENDS, || format!("it goes from {from} to {to}"))?;
                self.under_way = Some(UnderWay { from: *from, to: *to });
                match reason {
                    Reason::Requested => must(!page.recycling.is_empty(), LOOP, || format!("nobody asked for {to}"))?,
                    Reason::Hang => {}
                    _ => self.begin_planned(now_ms)?,
                }
            }
            Event::RecycleEnded(recycled) => {
                let under_way = self.under_way.take();
                let began = under_way.as_ref().is_some_and(|way| way.from == recycled.from && way.to <= recycled.to);
                must(began, ENDS, || format!("{recycled:?} ends, and under way was {under_way:?}"))?;
                must(recycled.pause_ms <= recycled.total_ms, ENDS, || format!("{recycled:?}"))?;
                if let Some(planned) = &mut self.planned
                    && recycled.reason.is_planned()
                {
                    planned.spent_ms += spent_ms;
                    planned.longest_ms = planned.longest_ms.max(spent_ms);
                }
            }
            // Else it is the wish for the next one that comes to nothing.
            Event::RecycleFailed { from, .. } => {
                self.under_way.take_if(|way| way.from == *from);
            }
            Event::Exited => must(self.under_way.is_none(), ENDS, || format!("{:?} never ends", self.under_way))?,
            _ => {}
        }
        Ok(())
    }

    fn begin_planned(&mut self, now_ms: f64) -> Verdict {
        let planned = self.planned.get_or_insert(Planned { since_ms: now_ms, spent_ms: 0.0, longest_ms: 0.0 });
        let may = (now_ms - planned.since_ms) * self.share * TOLERANCE + 2.0 * planned.longest_ms;
        must(planned.spent_ms <= may + 1.0, LOOP, || format!("at {now_ms} ms {planned:?}: more than {}", self.share))
    }
}
