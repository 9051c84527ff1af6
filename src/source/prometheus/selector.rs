//! Selectors and expressions, as far as we must understand them: `name{label="value"}` is a selector, everything else
//! an expression that only a server can read. A name that has other signs than the usual ones stands in quotes between
//! the braces, `{"my.metric", label="value"}`; servers are asked for it as `{__name__="my.metric"}`, which older ones
//! understand, too.

use regex::Regex;

/// The label that holds a metric's name.
const NAME: &str = "__name__";

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Metric {
    /// A metric by its name, perhaps by some of its labels.
    Selector(Selector),
    /// PromQL, taken as it is.
    Expression(String),
}

/// `http_requests_total{code=~"5.."}`
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Selector {
    pub(super) name: String,
    pub(super) matchers: Vec<Matcher>,
}

/// `code=~"5.."`
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Matcher {
    pub(super) label: String,
    pub(super) relation: Relation,
    pub(super) value: String,
}

/// How a label is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Relation {
    Is,
    IsNot,
    Matches,
    MatchesNot,
}

impl Relation {
    /// What selects everything else.
    pub(super) fn opposite(self) -> Relation {
        match self {
            Relation::Is => Relation::IsNot,
            Relation::IsNot => Relation::Is,
            Relation::Matches => Relation::MatchesNot,
            Relation::MatchesNot => Relation::Matches,
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Relation::Is => "=",
            Relation::IsNot => "!=",
            Relation::Matches => "=~",
            Relation::MatchesNot => "!~",
        }
    }
}

impl Matcher {
    /// The same, or the label is not there; `None` where no matcher says so, as of everything.
    pub(super) fn or_nothing(&self) -> Option<Matcher> {
        let value = match self.relation {
            Relation::Is => format!("{}|", regex::escape(&self.value)),
            Relation::Matches => format!("(?:{})|", self.value),
            Relation::IsNot | Relation::MatchesNot => return None,
        };
        Some(Matcher { label: self.label.clone(), relation: Relation::Matches, value })
    }

    /// Its pattern, of a whole value as in PromQL, if it has one; the message names one that cannot be read.
    pub(super) fn pattern(&self) -> Result<Option<Regex>, String> {
        match self.relation {
            Relation::Is | Relation::IsNot => Ok(None),
            Relation::Matches | Relation::MatchesNot => Regex::new(&format!("^(?s:{})$", self.value))
                .map(Some)
                .map_err(|_| format!("`{}` is no pattern that can be read", self.value)),
        }
    }

    /// Whether a value is selected; empty where a series has no such label.
    pub(super) fn selects(&self, value: &str, pattern: Option<&Regex>) -> bool {
        let matches = || pattern.is_some_and(|pattern| pattern.is_match(value));
        match self.relation {
            Relation::Is => value == self.value,
            Relation::IsNot => value != self.value,
            Relation::Matches => matches(),
            Relation::MatchesNot => !matches(),
        }
    }
}

impl Metric {
    /// From what somebody wrote.
    pub(super) fn of(text: &str) -> Metric {
        match Selector::parse(text) {
            Some(selector) => Metric::Selector(selector),
            None => Metric::Expression(text.trim().to_owned()),
        }
    }
}

impl Selector {
    /// By name alone.
    pub(super) fn named(name: impl Into<String>) -> Selector {
        Selector { name: name.into(), matchers: Vec::new() }
    }

    /// `None` for anything else than a name with matchers.
    pub(super) fn parse(text: &str) -> Option<Selector> {
        let text = text.trim();
        let end = text.find(|c: char| !is_name(c)).unwrap_or(text.len());
        let (name, mut rest) = text.split_at(end);
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let mut name = name.to_owned();
        let mut matchers = Vec::new();
        rest = rest.trim_start();
        if !rest.is_empty() {
            rest = rest.strip_prefix('{')?.trim_start();
            if let Some((quoted, after)) = string(rest).filter(|_| name.is_empty()) {
                name = quoted;
                rest = after.trim_start();
                rest = match rest.strip_prefix(',') {
                    Some(next) => next.trim_start(),
                    None if rest.starts_with('}') => rest,
                    None => return None,
                };
            }
            while let Some(after) = matcher(rest, &mut matchers) {
                rest = after.trim_start();
                let Some(next) = rest.strip_prefix(',') else { break };
                rest = next.trim_start();
            }
            if rest.strip_prefix('}')?.trim() != "" {
                return None;
            }
        }
        let is_name = |matcher: &Matcher| matcher.label == NAME && matcher.relation == Relation::Is;
        if let Some(at) = matchers.iter().position(is_name).filter(|_| name.is_empty()) {
            name = matchers.remove(at).value;
        }
        (!name.is_empty()).then_some(Selector { name, matchers })
    }

    /// Whether it names what a rule recorded of a counter as `job:http_requests:rate5m`
    /// (<https://prometheus.io/docs/practices/rules/#naming>), which rises and falls.
    pub(super) fn is_recorded_rate(&self) -> bool {
        let Some((_, operations)) = self.name.rsplit_once(':') else { return false };
        let mut operations = operations.split('_').map(|operation| {
            operation.trim_end_matches(|sign: char| sign.is_ascii_digit() || "smhdwy".contains(sign))
        });
        operations.any(|operation| ["rate", "irate", "increase", "delta", "idelta"].contains(&operation))
    }

    /// The same with another name.
    pub(super) fn renamed(&self, name: String) -> Selector {
        Selector { name, matchers: self.matchers.clone() }
    }

    /// The same with one more condition.
    #[must_use]
    pub(super) fn and(mut self, label: &str, relation: Relation, value: &str) -> Selector {
        self.matchers.push(Matcher { label: label.to_owned(), relation, value: value.to_owned() });
        self
    }

    /// The same with one more matcher.
    #[must_use]
    pub(super) fn with(mut self, matcher: &Matcher) -> Selector {
        self.matchers.push(matcher.clone());
        self
    }

    /// As PromQL.
    pub(super) fn text(&self) -> String {
        let matchers = self
            .matchers
            .iter()
            .map(|matcher| format!("{}{}{}", matcher.label, matcher.relation.sign(), quoted(&matcher.value)));
        if !is_plain(&self.name) {
            let name = format!("{NAME}={}", quoted(&self.name));
            return format!("{{{}}}", [name].into_iter().chain(matchers).collect::<Vec<_>>().join(","));
        }
        if self.matchers.is_empty() {
            return self.name.clone();
        }
        format!("{}{{{}}}", self.name, matchers.collect::<Vec<_>>().join(","))
    }

    /// Whether a series is selected; the matchers' patterns are those of `patterns`.
    pub(super) fn selects(&self, labels: &[(String, String)], patterns: &[Option<Regex>]) -> bool {
        let value = |name: &str| {
            labels.iter().find(|(label, _)| label == name).map_or("", |(_, value)| value.as_str())
        };
        value("__name__") == self.name
            && self
                .matchers
                .iter()
                .zip(patterns)
                .all(|(matcher, pattern)| matcher.selects(value(&matcher.label), pattern.as_ref()))
    }

    /// The patterns of its matchers, whole values as in PromQL; the message names one that is none.
    pub(super) fn patterns(&self) -> Result<Vec<Option<Regex>>, String> {
        self.matchers.iter().map(Matcher::pattern).collect()
    }
}

fn matcher<'a>(text: &'a str, into: &mut Vec<Matcher>) -> Option<&'a str> {
    let end = text.find(|c: char| !is_name(c)).filter(|end| *end > 0)?;
    let (label, rest) = text.split_at(end);
    let rest = rest.trim_start();
    let (relation, rest) = [
        ("=~", Relation::Matches),
        ("!~", Relation::MatchesNot),
        ("!=", Relation::IsNot),
        ("=", Relation::Is),
    ]
    .into_iter()
    .find_map(|(sign, relation)| Some((relation, rest.strip_prefix(sign)?)))?;
    let (value, rest) = string(rest.trim_start())?;
    into.push(Matcher { label: label.to_owned(), relation, value });
    Some(rest)
}

/// A quoted string and what follows it.
fn string(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|quote| ['"', '\'', '`'].contains(quote))?;
    let mut value = String::new();
    let mut signs = text[1..].char_indices();
    while let Some((at, sign)) = signs.next() {
        match sign {
            _ if sign == quote => return Some((value, &text[1 + at + sign.len_utf8()..])),
            '\\' if quote != '`' => match signs.next()?.1 {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                sign @ ('\\' | '"' | '\'') => value.push(sign),
                _ => return None,
            },
            _ => value.push(sign),
        }
    }
    None
}

/// Whether a metric can be named without quotes.
pub(super) fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(is_name) && !name.starts_with(|sign: char| sign.is_ascii_digit())
}

fn is_name(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || sign == '_' || sign == ':'
}

/// A string of PromQL.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for sign in text.chars() {
        match sign {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            sign => quoted.push(sign),
        }
    }
    quoted.push('"');
    quoted
}

/// A pattern that matches exactly these values.
pub(super) fn any_of(values: &[String]) -> String {
    values.iter().map(|value| regex::escape(value)).collect::<Vec<_>>().join("|")
}

/// Whether a name can be a label of a series.
pub(super) fn is_label(name: &str) -> bool {
    !name.is_empty()
        && name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_')
        && !name.starts_with(|sign: char| sign.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_and_expressions() {
        for (text, again) in [
            ("http_requests_total", Some("http_requests_total")),
            (" a:b{code=~\"5..\" , job!='x',} ", Some("a:b{code=~\"5..\",job!=\"x\"}")),
            ("a{}", Some("a")),
            ("a{x=\"q\\\"\\\\\"}", Some("a{x=\"q\\\"\\\\\"}")),
            ("a{x=\"ü}\"}", Some("a{x=\"ü}\"}")),
            ("{\"my.metric\"}", Some("{__name__=\"my.metric\"}")),
            ("{'my.metric', x=\"1\"}", Some("{__name__=\"my.metric\",x=\"1\"}")),
            ("{\"a\",}", Some("a")),
            ("{x=\"1\",__name__=\"my.metric\"}", Some("{__name__=\"my.metric\",x=\"1\"}")),
            ("{x=\"1\"}", None),
            ("{__name__=~\"a|b\"}", None),
            ("{\"a\" x=\"1\"}", None),
            ("a{\"b\"}", None),
            ("{}", None),
            ("", None),
            ("rate(a[5m])", None),
            ("a[5m]", None),
            ("a offset 5m", None),
            ("a + b", None),
            ("100", None),
            ("a{x}", None),
            ("a{x=\"", None),
        ] {
            assert_eq!(Selector::parse(text).map(|found| found.text()).as_deref(), again, "{text}");
        }
    }

    #[test]
    fn selecting_follows_the_whole_value() {
        let selector = Selector::parse("a{code=~\"5..|0\",job!~\"x.*\"}").unwrap();
        let patterns = selector.patterns().unwrap();
        let series = |code: &str, job: &str| {
            vec![
                ("__name__".to_owned(), "a".to_owned()),
                ("code".to_owned(), code.to_owned()),
                ("job".to_owned(), job.to_owned()),
            ]
        };
        for (code, job, is) in [
            ("503", "y", true),
            ("5031", "y", false),
            ("0", "", true),
            ("503", "xy", false),
            ("", "y", false),
        ] {
            assert_eq!(selector.selects(&series(code, job), &patterns), is, "{code} {job}");
        }
    }
}
