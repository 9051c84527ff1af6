//! The report for keeping and for customers: one HTML file that needs nothing else, no network and no script.
//!
//! Invariant: no element comes from data. All text passes `text.rs`, and a policy in the page forbids scripts and
//! everything from elsewhere, should that ever fail.
//! Invariant: the customer edition shows the groups and objectives that were named, and nothing else: no rules, no
//! paths, no columns, and no figure that others had a part in.

mod brand;
mod chart;
mod definitions;
mod document;
mod edition;
mod evidence;
mod objectives;
mod summary;
mod table;
mod template;
#[cfg(test)]
mod tests;
mod text;
mod violations;
mod words;

pub use brand::{Colour, Colours, Logo};
pub use template::Template;

use crate::model::Report;
use edition::View;
use std::io::{self, Write};

/// For whom, of what, and with whose face.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// For whom.
    pub audience: Audience,
    /// Columns of `by` and the values that are shown; empty for all.
    pub only: Vec<(String, Vec<String>)>,
    /// Names of the objectives that are shown; empty for all.
    pub objectives: Vec<String>,
    /// The page's title, instead of the agreements' names.
    pub title: Option<String>,
    /// The user's own.
    pub logo: Option<Logo>,
    /// The user's own.
    pub colours: Colours,
    /// The user's own page around the parts.
    pub template: Option<Template>,
    /// Why there is nothing to draw slices and values from, where that is known.
    pub no_charts: Option<String>,
}

/// For whom a report is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Audience {
    /// Those who know the rules and the data.
    #[default]
    Internal,
    /// Those who were promised something.
    Customer,
}

/// Writes the report as one HTML file. An error of kind `InvalidInput` says that there is nothing to show, or what is
/// wrong with the template.
pub fn write(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let view = View::new(report, options);
    // A report without results still tells why; to a customer it would be an empty sheet.
    let is_chosen = !view.is_internal() || !options.only.is_empty() || !options.objectives.is_empty();
    if view.promises.is_empty() && is_chosen {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, edition::nothing_in_view(options)));
    }
    // Nor may what is left of it read as if all had been kept.
    if let Some(why) = edition::not_known(report, options) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    let parts = document::Parts::of(&view);
    let page = match &options.template {
        None => document::page(&view, &parts),
        Some(template) => {
            template.page(&view, &parts).map_err(|why| io::Error::new(io::ErrorKind::InvalidInput, why))?
        }
    };
    out.write_all(page.as_bytes())
}
