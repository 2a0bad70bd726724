//! From least to most: what an autoscaler may make of a service.

use std::ops::{Add, AddAssign, Mul, Sub};

/// A quantity, or US dollars, between two ends; mostly they are the same.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Range {
    /// The least.
    pub low: f64,
    /// The most.
    pub high: f64,
}

impl Range {
    /// From `low` to `high`.
    pub fn new(low: impl Into<f64>, high: impl Into<f64>) -> Self {
        Self {
            low: low.into(),
            high: high.into(),
        }
    }

    /// One value.
    pub fn of(value: impl Into<f64>) -> Self {
        let value = value.into();
        Self {
            low: value,
            high: value,
        }
    }

    /// Both ends to whole cents; never a negative zero.
    #[must_use]
    pub fn cents(self) -> Self {
        let round = |value: f64| (value * 100.0).round() / 100.0 + 0.0;
        Self::new(round(self.low), round(self.high))
    }
}

impl Add for Range {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::new(self.low + other.low, self.high + other.high)
    }
}

impl AddAssign for Range {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// End by end: what becomes of the least, and of the most.
impl Sub for Range {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self::new(self.low - other.low, self.high - other.high)
    }
}

impl Mul<f64> for Range {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        Self::new(self.low * factor, self.high * factor)
    }
}

impl std::iter::Sum for Range {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}
