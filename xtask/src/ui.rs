//! Lines for the reader. Set-up works on several things at once, so each line says whose it is.

use std::io::Write;
use std::time::Duration;

pub fn say(topic: &str, text: impl AsRef<str>) {
    // One write per line, so that lines of two threads do not mix; a reader who left is no reason to stop.
    let line = format!("{topic:>9} | {}\n", text.as_ref());
    let _ = std::io::stdout().lock().write_all(line.as_bytes());
}

pub fn seconds(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 99.95 {
        format!("{seconds:.1} s")
    } else {
        format!("{:.0} min {:02.0} s", (seconds / 60.0).floor(), (seconds % 60.0).floor())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_times() {
        assert_eq!(seconds(Duration::from_millis(1250)), "1.2 s");
        assert_eq!(seconds(Duration::from_secs(125)), "2 min 05 s");
    }
}
