//! Tickets as CSV (RFC 4180), safe to open in a spreadsheet.

use streamgate_contract::time::UnixMillis;

use super::queries::TitledTicket;
use super::{TicketStatus, status};

/// The first line.
pub(super) const HEADER: &str = "Code,Event Title,Expires At,Label,Status\r\n";

/// Appends a ticket's line.
pub(super) fn push_line(csv: &mut String, titled: &TitledTicket, now: UnixMillis) {
    let ticket = &titled.ticket;
    let cells = [
        ticket.code.as_str(),
        &titled.event_title,
        &ticket.expires_at.to_iso(),
        ticket.label.as_deref().unwrap_or_default(),
        word(status(ticket, now)),
    ];
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            csv.push(',');
        }
        push_cell(csv, cell);
    }
    csv.push_str("\r\n");
}

/// Appends a cell; a spreadsheet would take one that begins like a formula for one, so it gets a `'` in front.
fn push_cell(csv: &mut String, cell: &str) {
    let guard = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        "'"
    } else {
        ""
    };
    if cell.contains([',', '"', '\r', '\n']) {
        csv.push('"');
        csv.push_str(guard);
        csv.push_str(&cell.replace('"', "\"\""));
        csv.push('"');
    } else {
        csv.push_str(guard);
        csv.push_str(cell);
    }
}

const fn word(status: TicketStatus) -> &'static str {
    match status {
        TicketStatus::Revoked => "revoked",
        TicketStatus::Expired => "expired",
        TicketStatus::Redeemed => "redeemed",
        TicketStatus::Unused => "unused",
    }
}

/// Returns the `Content-Disposition` of an event's export (RFC 6266): a name in ASCII for every client, and the
/// whole title for those that read the extended form.
pub(super) fn content_disposition(title: &str) -> String {
    let plain: String = title
        .chars()
        .map(|character| match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' => character,
            _ => '_',
        })
        .collect();
    // No character that a file system or a shell gives a meaning.
    let whole: String = title
        .chars()
        .map(|character| match character {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
            character if character.is_control() => '_',
            character => character,
        })
        .collect();
    let whole = percent_encoding::utf8_percent_encode(&whole, percent_encoding::NON_ALPHANUMERIC);
    format!("attachment; filename=\"tickets-{plain}.csv\"; filename*=UTF-8''tickets-{whole}.csv")
}

#[cfg(test)]
mod tests {
    use super::{content_disposition, push_cell};

    fn cell(text: &str) -> String {
        let mut csv = String::new();
        push_cell(&mut csv, text);
        csv
    }

    // I-05
    #[test]
    fn a_cell_is_never_a_formula_and_never_breaks_its_line() {
        for (text, expected) in [
            ("plain", "plain"),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("\rx", "\"'\rx\""),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("=cmd|' /C calc'!A0,\"", "\"'=cmd|' /C calc'!A0,\"\"\""),
            ("a\r\nb", "\"a\r\nb\""),
            ("", ""),
            ("a=b", "a=b"),
        ] {
            assert_eq!(cell(text), expected);
        }
    }

    // I-07
    #[test]
    fn a_file_name_is_plain_ascii_and_whole_in_its_extended_form() {
        assert_eq!(
            content_disposition("Fête \"★\"/..\r\nX"),
            "attachment; filename=\"tickets-F_te_________X.csv\"; \
             filename*=UTF-8''tickets-F%C3%AAte%20%5F%E2%98%85%5F%5F%2E%2E%5F%5FX.csv"
        );
    }
}
