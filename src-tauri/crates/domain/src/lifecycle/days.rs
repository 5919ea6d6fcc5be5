//! Days of the calendar, UTC.
use super::DAY;
use crate::state::Timestamp;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// Year.
    pub year: i64,
    /// Month, from 1.
    pub month: i64,
    /// Day, from 1.
    pub day: i64,
}

/// Years are counted from March, so that a leap day is the last one of its year.
const DAYS_TO_1970: i64 = 719_468;
const ERA: i64 = 146_097;

impl Date {
    /// The day of a moment.
    #[must_use]
    pub const fn of(at: Timestamp) -> Self {
        let days = at.0.div_euclid(DAY) + DAYS_TO_1970;
        let (era, day) = (days.div_euclid(ERA), days.rem_euclid(ERA));
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let of_year = day - (365 * year + year / 4 - year / 100);
        let from_march = (5 * of_year + 2) / 153;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = year + era * 400 + if month <= 2 { 1 } else { 0 };
        Self { year, month, day: of_year - (153 * from_march + 2) / 5 + 1 }
    }

    /// Its midnight.
    #[must_use]
    pub const fn begins(self) -> Timestamp {
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let from_march = (self.month + 9).rem_euclid(12);
        let of_year = (153 * from_march + 2) / 5 + self.day - 1;
        let days = era * ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - DAYS_TO_1970;
        Timestamp(days.saturating_mul(DAY))
    }

    /// The first day of the month after its own.
    #[must_use]
    pub const fn next_month(self) -> Self {
        if self.month == 12 {
            Self { year: self.year + 1, month: 1, day: 1 }
        } else {
            Self { year: self.year, month: self.month + 1, day: 1 }
        }
    }
}

/// `1 March 2027`.
impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let month = usize::try_from(self.month - 1).ok().and_then(|at| MONTHS.get(at)).unwrap_or(&"");
        write!(f, "{} {month} {}", self.day, self.year)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_three_hundred_years_follows_the_one_before() {
        let length = |date: Date| match date.month {
            2 if date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let mut expected = Date { year: 1900, month: 1, day: 1 };
        let first = expected.begins();
        for number in 0..290 * 365 {
            let at = Timestamp(first.0 + number * DAY);
            assert_eq!(Date::of(at), expected);
            assert_eq!(expected.begins(), at);
            assert_eq!(Date::of(Timestamp(at.0 + DAY - 1)), expected);
            expected = if expected.day < length(expected) {
                Date { day: expected.day + 1, ..expected }
            } else {
                expected.next_month()
            };
        }
        assert_eq!(Date::of(Timestamp(0)), Date { year: 1970, month: 1, day: 1 });
        assert_eq!(Date::of(Timestamp(20_819 * DAY)).to_string(), "1 January 2027");
    }
}
