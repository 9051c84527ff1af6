//! Columns that name things by numbers, known by their headers: no target makes sense for them.

/// Last words of such headers.
const WORDS: [&str; 24] = [
    "id",
    "ids",
    "uuid",
    "guid",
    "key",
    "hash",
    "trace",
    "ticket",
    "order",
    "invoice",
    "number",
    "no",
    "nr",
    "num",
    "serial",
    "ref",
    "reference",
    "code",
    "port",
    "pid",
    "tid",
    "instance",
    "index",
    "year",
];

/// Whether the last word of a header says that the cells name something: `trace_id`, `userId`, `Ticket`.
pub(super) fn is_one(header: &str) -> bool {
    let mut last = String::new();
    let mut previous = ' ';
    for next in header.trim().chars() {
        let begins = next.is_uppercase() && previous.is_lowercase();
        if begins || (next.is_alphanumeric() && !previous.is_alphanumeric()) {
            last.clear();
        }
        if next.is_alphanumeric() {
            last.extend(next.to_lowercase());
        }
        previous = next;
    }
    WORDS.contains(&last.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_by_the_last_word() {
        for header in
            ["id", "ID", "trace_id", "userId", "requestID", "Ticket", "order number", "trace", "responseCode"]
        {
            assert!(is_one(header), "{header}");
        }
        for header in ["paid", "id_count", "valid", "bytes", "number_of_users", "queue depth", "cpu_pct", ""]
        {
            assert!(!is_one(header), "{header}");
        }
    }
}
