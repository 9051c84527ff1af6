//! What charts need: objectives slice by slice, and how values are spread. Nothing here decides a verdict.

use super::results::benches;
use super::{Context, Item};
use crate::model::{Bar, Distribution, Indicator, Rational, Shape, Trend, bucket_range};
use crate::plan::{Measure, Number, Rank};

/// Every objective of an item over time, by objective and group. The item's agreement has the slices as its periods.
pub fn trends(item: &Item, context: &Context) -> Vec<Trend> {
    let readable =
        benches(item, 0, context).filter_map(|(bench, reading)| Some((bench, reading.as_ref().ok()?)));
    readable.flat_map(|(bench, reading)| bench.trends(reading)).collect()
}

/// The distributions behind the percentiles of an item, by objective and group. The item's period is all of the input.
pub fn distributions(item: &Item, bars: usize) -> Vec<Distribution> {
    let mut found = Vec::new();
    for (objective, reading) in item.agreement.objectives.iter().zip(&item.plan.readings) {
        let (Ok(reading), Indicator::Percentile { column, .. }) = (reading, &objective.indicator) else {
            continue;
        };
        if found.iter().any(|known: &Distribution| known.column == column.0) {
            continue;
        }
        let Measure::Rank { rank: Rank::Nearest(_), shown, .. } = reading.measure else { continue };
        let (Some(table), Some(tally)) =
            (item.plan.tables.get(reading.table), item.tallies.tables.get(reading.table))
        else {
            continue;
        };
        let number = table.shapes.get(shown).and_then(|(number, _)| item.plan.numbers.get(*number));
        let Some(step) = number.and_then(Number::step) else { continue };
        let columns = super::groups::columns(item, objective);
        for (group, cells) in &tally.cells {
            let mut shape = Shape::default();
            cells
                .values()
                .filter_map(|cell| cell.shapes.get(shown))
                .cloned()
                .for_each(|part| shape.merge(part));
            let bars = summarised(&shape, bars, step);
            if !bars.is_empty() {
                found.push(Distribution {
                    column: column.0.clone(),
                    group: columns.iter().map(|column| column.0.clone()).zip(group.iter().cloned()).collect(),
                    dimension: objective.target.quantity.dimension,
                    bars,
                    edges: Vec::new(),
                });
            }
        }
    }
    found
}

/// The shape in at most so many bars: neighbours are put together, as evenly as the number of different values allows.
fn summarised(shape: &Shape, bars: usize, step: Rational) -> Vec<Bar> {
    let values: Vec<(i64, i64, u64)> = match shape {
        Shape::Exact(values) => values.iter().map(|(value, count)| (*value, *value, *count)).collect(),
        Shape::Buckets(buckets) => buckets
            .iter()
            .map(|(bucket, count)| {
                let (low, high) = bucket_range(*bucket);
                (low, high, *count)
            })
            .collect(),
    };
    let each = values.len().div_ceil(bars.max(1)).max(1);
    values
        .chunks(each)
        .filter_map(|part| {
            let ((from, ..), (_, to, _)) = (part.first()?, part.last()?);
            Some(Bar {
                from: step.times(Rational::integer(*from))?,
                to: step.times(Rational::integer(*to))?,
                count: part.iter().map(|(.., count)| count).sum(),
            })
        })
        .collect()
}
