//! For whom HTML reports are and what they look like: the command line over `reports:` of the project file, with the
//! files that these name.

use super::arguments::{Audience, ReportArguments};
use super::stop::Stop;
use crate::config::{self, Edition};
use crate::deliver;
use crate::render::html::{self, Colour, Logo, Template};
use std::fs;
use std::path::Path;

/// Reads what it takes; `wanted` tells whether a report of that kind is asked for.
pub(super) fn options(said: &ReportArguments, wanted: bool) -> Result<html::Options, Stop> {
    if !wanted {
        return if said.audience == Audience::Internal && said.only.is_empty() {
            Ok(html::Options::default())
        } else {
            Err(Stop::usage("--audience and --only shape HTML and PDF reports, and none is asked for")
                .hint("add --output report.html"))
        };
    }
    let project = config::find_project(Path::new("")).map_err(Stop::diagnostics)?;
    let editions = project.as_ref().map(|project| project.reports.clone()).unwrap_or_default();
    let (edition, audience) = match said.audience {
        Audience::Internal => (editions.internal, html::Audience::Internal),
        Audience::Customer => (editions.customer, html::Audience::Customer),
    };
    let mut stop = Stop::usage_if_any();
    let mut options = styled(&edition, &mut stop);
    options.audience = audience;
    options.only = edition.only;
    if !said.only.is_empty() {
        options.only = said.only.iter().filter_map(|text| only(text, &mut stop)).collect();
    }
    if audience == html::Audience::Customer && options.only.is_empty() && said.only.is_empty() {
        stop.add("--audience customer: nothing says what the customer may see; name it with --only service=checkout,login, \
                  or in sla.yaml: {reports: {customer: {only: {service: [checkout, login]}}}}".to_owned());
    }
    stop.check()?;
    Ok(options)
}

/// `service=checkout,login`
fn only(text: &str, stop: &mut Stop) -> Option<(String, Vec<String>)> {
    let parts = text.split_once('=').map(|(column, values)| (column.trim(), values));
    let Some((column, values)) = parts.filter(|(column, values)| !column.is_empty() && !values.is_empty())
    else {
        stop.add(format!(
            "--only {text}: write a column of `by` and its values, as in --only service=checkout,login"
        ));
        return None;
    };
    Some((column.to_owned(), values.split(',').map(str::to_owned).collect()))
}

/// Title, logo, colours and template; all that is wrong with them is told.
fn styled(edition: &Edition, stop: &mut Stop) -> html::Options {
    let mut options = html::Options {
        objectives: edition.objectives.clone(),
        title: edition.title.clone(),
        ..html::Options::default()
    };
    if let Some(file) = &edition.logo {
        let logo = fs::read(file).map_err(|why| deliver::sentence(&why)).and_then(Logo::new);
        options.logo = kept(logo, |why| format!("the logo {}: {why}", file.display()), stop);
    }
    if let Some(file) = &edition.template {
        let name = file.display().to_string();
        let template = fs::read_to_string(file)
            .map_err(|why| deliver::sentence(&why))
            .and_then(|text| Template::new(&name, &text));
        options.template = kept(template, |why| format!("the template {name}: {why}"), stop);
    }
    for (name, value) in &edition.colours {
        let colour = kept(Colour::new(value), |why| format!("the colour `{name}` of reports: {why}"), stop);
        if let Some(place) = options.colours.named(name) {
            *place = colour;
        }
    }
    options
}

fn kept<T>(found: Result<T, String>, told: impl Fn(&str) -> String, stop: &mut Stop) -> Option<T> {
    found.map_err(|why| stop.add(told(&why))).ok()
}
