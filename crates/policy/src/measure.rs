//! Sizes and times as people write them: `8GiB`, `30m`, `1h30m`.
//!
//! A number without a unit is refused where it could mean two things: `30` is
//! seconds to one and minutes to another. Sizes may be plain bytes.

use std::time::Duration;

/// Longest time: a year. More is a slip, and timers overflow.
pub const TIME_LIMIT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Reads a time such as `500ms`, `30s`, `5m`, `1h30m`, `2d`.
///
/// # Errors
///
/// What is wrong with it.
pub fn time(text: &str) -> Result<Duration, &'static str> {
    const UNITS: [(&str, u64); 5] = [
        ("ms", 1),
        ("s", 1000),
        ("m", 60_000),
        ("h", 3_600_000),
        ("d", 86_400_000),
    ];
    const WRONG: &str = "write a time with its unit, as `30s`, `5m`, `1h30m` or `2d`";
    let mut total = 0_u64;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(WRONG);
    }
    while !rest.is_empty() {
        let (number, behind) = split_number(rest).ok_or(WRONG)?;
        let end = behind
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(behind.len());
        let (unit, after) = behind.split_at(end);
        let unit = UNITS.iter().find(|(name, _)| *name == unit).ok_or(WRONG)?.1;
        let more = number.checked_mul(unit).ok_or("it is too long")?;
        total = total.checked_add(more).ok_or("it is too long")?;
        rest = after;
    }
    match Duration::from_millis(total) {
        Duration::ZERO => Err("it is no time at all"),
        time if time > TIME_LIMIT => Err("it is longer than a year"),
        time => Ok(time),
    }
}

/// Reads a size such as `4096`, `64KiB`, `8GiB`, `500MB`.
///
/// # Errors
///
/// What is wrong with it.
pub fn size(text: &str) -> Result<u64, &'static str> {
    const UNITS: [(&str, u64); 14] = [
        ("", 1),
        ("b", 1),
        ("k", 1 << 10),
        ("kib", 1 << 10),
        ("kb", 1000),
        ("m", 1 << 20),
        ("mib", 1 << 20),
        ("mb", 1_000_000),
        ("g", 1 << 30),
        ("gib", 1 << 30),
        ("gb", 1_000_000_000),
        ("t", 1 << 40),
        ("tib", 1 << 40),
        ("tb", 1_000_000_000_000),
    ];
    const WRONG: &str = "write a size with its unit, as `64KiB`, `512MiB` or `8GiB`";
    let (number, unit) = split_number(text.trim()).ok_or(WRONG)?;
    let unit = unit.trim().to_ascii_lowercase();
    let unit = UNITS.iter().find(|(name, _)| *name == unit).ok_or(WRONG)?.1;
    number.checked_mul(unit).ok_or("it is too large")
}

/// Reads a plain number.
///
/// # Errors
///
/// What is wrong with it.
pub fn count(text: &str) -> Result<u64, &'static str> {
    match split_number(text.trim()) {
        Some((number, "")) => Ok(number),
        _ => Err("write a number"),
    }
}

/// The digits at the front as a number, and what follows them.
fn split_number(text: &str) -> Option<(u64, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, behind) = text.split_at(end);
    digits.parse().ok().map(|number| (number, behind))
}

/// A time in the largest units that lose nothing: `1h30m`.
#[must_use]
pub fn show_time(time: Duration) -> String {
    const UNITS: [(&str, u128); 5] = [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1000),
        ("ms", 1),
    ];
    let mut rest = time.as_millis();
    let mut shown = String::new();
    for (name, unit) in UNITS {
        if rest >= unit {
            shown += &(rest / unit).to_string();
            shown += name;
            rest %= unit;
        }
    }
    if shown.is_empty() {
        "0ms".to_owned()
    } else {
        shown
    }
}

/// A size in the largest binary unit that loses nothing: `8GiB`.
#[must_use]
pub fn show_size(bytes: u64) -> String {
    const UNITS: [(&str, u32); 4] = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    for (name, shift) in UNITS {
        if bytes > 0 && bytes.trailing_zeros() >= shift {
            return format!("{}{name}", bytes >> shift);
        }
    }
    bytes.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_read_as_they_are_shown() {
        for (text, seconds) in [("30s", 30), ("5m", 300), ("1h30m", 5400), ("2d", 172_800)] {
            assert_eq!(time(text), Ok(Duration::from_secs(seconds)));
            assert_eq!(show_time(Duration::from_secs(seconds)), text);
        }
        assert_eq!(time("500ms"), Ok(Duration::from_millis(500)));
        for (text, bytes) in [("4095", 4095), ("64KiB", 65_536), ("8GiB", 8 << 30)] {
            assert_eq!(size(text), Ok(bytes));
            assert_eq!(show_size(bytes), text);
        }
        assert_eq!(size("500MB"), Ok(500_000_000));
        assert_eq!(size("1g"), Ok(1 << 30));
    }

    #[test]
    fn what_could_mean_two_things_or_overflows_is_refused() {
        for bad in [
            "",
            "30",
            "m",
            "1x",
            "-1s",
            "0s",
            "366d",
            "99999999999999999999s",
            "1h 30m",
            "1.5h",
        ] {
            assert!(time(bad).is_err(), "{bad}");
        }
        for bad in ["", "GiB", "1.5GiB", "-1", "1XiB", "99999999999TiB"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }
}
