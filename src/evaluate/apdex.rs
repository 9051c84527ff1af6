//! The application performance index: (satisfied + tolerating / 2) / all requests (Apdex Technical Specification 1.1).

use super::gauge::{Fill, Fills, Gauge, Point, Setting, exactly, quantity, whole};
use super::phrase;
use super::view::View;
use crate::model::display::{count, counted};
use crate::model::{Measured, Rational};
use crate::plan::{Limit, Predicate};

/// Requests by how content they left their users.
pub(super) struct Apdex {
    satisfied: i128,
    tolerating: i128,
    frustrated: i128,
    unknown: i128,
}

impl Apdex {
    pub(super) fn new(
        view: View,
        satisfied: &Predicate,
        tolerating: &Predicate,
        missing: &Predicate,
    ) -> Apdex {
        let mut apdex = Apdex { satisfied: 0, tolerating: 0, frustrated: 0, unknown: 0 };
        for (code, rows) in view.codes() {
            let kind = match () {
                () if view.holds(missing, code) => &mut apdex.unknown,
                () if view.holds(satisfied, code) => &mut apdex.satisfied,
                () if view.holds(tolerating, code) => &mut apdex.tolerating,
                () => &mut apdex.frustrated,
            };
            *kind += i128::from(rows);
        }
        apdex
    }

    fn known(&self) -> i128 {
        self.satisfied + self.tolerating + self.frustrated
    }

    fn point(&self, fills: Fills) -> Point {
        let (low, high) = fills.rejected();
        let (missing_low, missing_high) = match fills.missing {
            Fill::Omit => (0, 0),
            Fill::Low => (self.unknown, 0),
            Fill::High => (0, self.unknown),
        };
        let (low, high) = (i128::from(low) + missing_low, i128::from(high) + missing_high);
        Point::share(2 * (self.satisfied + high) + self.tolerating, 2 * (self.known() + low + high))
            .unwrap_or(Point::nowhere(fills))
    }
}

impl Gauge for Apdex {
    fn samples(&self) -> u64 {
        whole(self.known())
    }

    fn missing(&self) -> u64 {
        whole(self.unknown)
    }

    fn within(&self, fills: Fills, limit: Limit) -> bool {
        self.point(fills).within(limit)
    }

    fn exact(&self, setting: &Setting) -> Option<Rational> {
        self.point(setting.fills).value()
    }

    fn measured(&self, setting: &Setting) -> Option<Measured> {
        exactly(self.exact(setting), setting.promise)
    }

    fn sentence(&self, setting: &Setting) -> String {
        let value = quantity(self.exact(setting).unwrap_or(Rational::ZERO), setting.promise);
        format!(
            "apdex {} over {}: {} satisfied, {} tolerating, {} frustrated; {}",
            phrase::value(value, setting.promise),
            counted(self.known(), setting.requests),
            count(self.satisfied),
            count(self.tolerating),
            count(self.frustrated),
            phrase::against(value, setting.promise)
        )
    }
}
