//! The user's own page: a minijinja template that places the parts, or makes its own of the values.
//!
//! Invariant: everything a template prints is escaped, except for the parts that this module made; and a template
//! reads no other file.

use super::document::Parts;
use super::edition::View;
use super::{objectives, summary, words};
use crate::model::Verdict;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};

/// A template that was found sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    name: String,
    text: String,
}

impl Template {
    /// Takes the text of a template; tells what is wrong with it, and where.
    pub fn new(name: &str, text: &str) -> Result<Template, String> {
        let template = Template { name: name.to_owned(), text: text.to_owned() };
        template.environment().map(|_| ()).map_err(|why| why.to_string())?;
        Ok(template)
    }

    fn environment(&self) -> Result<Environment<'_>, minijinja::Error> {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.add_template(&self.name, &self.text)?;
        Ok(environment)
    }

    /// The page; or what is wrong with the template.
    pub(super) fn page(&self, view: &View<'_>, parts: &Parts) -> Result<String, String> {
        let environment = self.environment().map_err(|why| why.to_string())?;
        let template = environment.get_template(&self.name).map_err(|why| why.to_string())?;
        template.render(values(view, parts)).map_err(|why| why.to_string())
    }
}

/// What a template gets; README.md lists it. Text is plain and gets escaped, parts are markup.
fn values(view: &View<'_>, parts: &Parts) -> Value {
    let (lines, rest) = summary::lines(view);
    let services: Vec<Value> = lines
        .iter()
        .map(|line| {
            context! { service => visible(&line.service), verdict => line.verdict.word(), sentence => visible(&line.sentence) }
        })
        .collect();
    let promises: Vec<Value> = view
        .promises
        .iter()
        .map(|promise| {
            let worst = promise.worst();
            context! {
                agreement => view.report.agreements.get(promise.agreement).map(|agreement| visible(&agreement.name)),
                service => visible(&promise.label()),
                promise => visible(&objectives::capital(&view.objective(promise.about))),
                verdict => promise.verdict.word(),
                measured => words::measured(worst),
                promised => super::chart::promised(promise.about),
                period => words::period(view, worst),
                periods => promise.results.len(),
                periods_breached => promise.periods(Verdict::Breached),
                why => visible(&words::explanation(view, worst)),
            }
        })
        .collect();
    let markup = |text: &String| Value::from_safe_string(text.clone());
    context! {
        title => visible(&words::title(view)),
        logo => view.options.logo.as_ref().map(super::Logo::address),
        covered => words::covered(view.report),
        now => words::now(view.report),
        tool => concat!("sla ", env!("CARGO_PKG_VERSION")),
        verdict => view.verdict.word(),
        sentence => words::whole(view),
        counts => context! {
            met => view.summary.met,
            warning => view.summary.warning,
            undecided => view.summary.undecided,
            breached => view.summary.breached,
        },
        services => services,
        services_rest => rest,
        promises => promises,
        head => markup(&parts.head),
        header => markup(&parts.header),
        parts => context! {
            summary => markup(&parts.summary),
            promises => markup(&parts.table),
            violations => markup(&parts.violations),
            objectives => markup(&parts.objectives),
            evidence => markup(&parts.evidence),
        },
    }
}

/// Text that cannot reorder or hide what stands beside it.
fn visible(text: &str) -> String {
    crate::render::text::visible(text).into_owned()
}
