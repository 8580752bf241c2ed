//! What `streamgate demo` shows: our own few seconds of media, once as a recording, looped as a live stream.

mod live_playlist;
mod live_stream;
mod media;

pub(crate) use live_stream::LiveStream;
pub(crate) use media::write_recording;
