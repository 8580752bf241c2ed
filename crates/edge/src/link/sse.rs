//! Server-sent events: bytes in, whole events out.

// A snapshot of a very large audience fits; a stream without line ends does not eat the memory.
const EVENT_BYTES_MAX: usize = 256 * 1024 * 1024;

/// One event as it stands in the stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct SseEvent {
    pub(super) name: String,
    pub(super) data: String,
}

/// An event is larger than any that the contract knows, or no text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Unusable;

/// Cuts a byte stream into events, wherever its pieces begin and end.
#[derive(Debug, Default)]
pub(super) struct SseParser {
    line: Vec<u8>,
    after_return: bool,
    name: String,
    data: String,
}

impl SseParser {
    /// Takes the next piece and returns the events that it completes.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<Vec<SseEvent>, Unusable> {
        let mut events = Vec::new();
        for byte in piece {
            let follows_return = std::mem::take(&mut self.after_return);
            match byte {
                b'\n' if follows_return => {}
                b'\n' | b'\r' => {
                    self.after_return = *byte == b'\r';
                    let line = std::mem::take(&mut self.line);
                    events.extend(self.end_line(std::str::from_utf8(&line).map_err(|_| Unusable)?));
                }
                _ => self.line.push(*byte),
            }
        }
        if self.line.len() + self.data.len() > EVENT_BYTES_MAX {
            return Err(Unusable);
        }
        Ok(events)
    }

    fn end_line(&mut self, line: &str) -> Option<SseEvent> {
        if line.is_empty() {
            let name = std::mem::take(&mut self.name);
            let data = std::mem::take(&mut self.data);
            return (!data.is_empty()).then_some(SseEvent { name, data });
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => {
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                self.data.push_str(value);
            }
            // Comments, ids and retry times mean nothing here.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_out_whole_wherever_the_stream_is_cut() {
        let stream = b": hello\nevent: head\ndata: {\"a\":1}\n\nid: 4\r\nevent:record\r\ndata:x\r\ndata: y\r\n\r\n\ndata\n\n";
        let expected = [
            SseEvent {
                name: "head".to_owned(),
                data: "{\"a\":1}".to_owned(),
            },
            SseEvent {
                name: "record".to_owned(),
                data: "x\ny".to_owned(),
            },
        ];
        for cut in 0..stream.len() {
            let mut parser = SseParser::default();
            let mut events = parser.push(&stream[..cut]).unwrap();
            events.extend(parser.push(&stream[cut..]).unwrap());
            assert_eq!(events, expected, "{cut}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_break_the_stream() {
        assert_eq!(SseParser::default().push(b"data: \xff\n\n"), Err(Unusable));
    }
}
