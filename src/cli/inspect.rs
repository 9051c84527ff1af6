//! `sla inspect`: what is recognised in the data, and why.

use super::arguments::InspectArguments;
use super::{Outcome, options, run, servers, terminal};
use crate::model::InputMapping;
use crate::source;

pub(super) fn inspect(arguments: &InspectArguments) -> Outcome {
    let mut mapping = InputMapping::default();
    options::map_input(&arguments.input, &mut mapping)?;
    if let Some(connection) = servers::named(&arguments.data)? {
        return Ok(terminal::answer(&connection.inspect().map_err(|why| run::unusable(&why))?));
    }
    let names = source::expand(&arguments.data).map_err(|why| run::unusable(&why))?;
    if let Some(connection) = servers::saved(&names)? {
        return Ok(terminal::answer(&connection.inspect().map_err(|why| run::unusable(&why))?));
    }
    let opened: Result<Vec<_>, _> = names.iter().map(|name| source::open(name)).collect();
    let text =
        opened.and_then(|opened| source::inspect(&opened, &mapping)).map_err(|why| run::unusable(&why))?;
    Ok(terminal::answer(&text))
}
