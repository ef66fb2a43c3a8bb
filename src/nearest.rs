//! What a mistyped name was meant to be.

/// The nearest of `names`, if `given` is near enough to be a slip: one letter in three may be wrong, and case does not
/// count, but of letters beyond ASCII: its tables would be larger than all of this.
pub fn nearest<'a>(given: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // The distance takes the product of both lengths.
    if given.len() > 64 {
        return None;
    }
    let given = given.to_ascii_lowercase();
    let slips_max = given.chars().count().max(3) / 3;
    names
        .filter(|name| name.len() <= 64)
        .map(|name| (strsim::osa_distance(&given, &name.to_ascii_lowercase()), name))
        .filter(|(slips, _)| *slips <= slips_max)
        .min()
        .map(|(_, name)| name)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_other_names_are_not() {
        let names = ["timeout", "queueTimeout", "priority", "signal"];
        for (given, expected) in [
            ("timeOut", Some("timeout")),
            ("tiemout", Some("timeout")),
            ("singal", Some("signal")),
            ("QUEUETIMEOUT", Some("queueTimeout")),
            ("retries", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(nearest(given, names.into_iter()), expected, "{given}");
        }
        assert_eq!(nearest(&"timeout".repeat(1000), names.into_iter()), None);
    }
}
