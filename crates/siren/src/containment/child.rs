//! The child's side: reads what it is given until nobody asks any more.

use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use rlimit::Resource;
use siren_index::read::{DirectReader, Reader, Unreadable};

use super::Bounds;
use super::message::{self, Answer};

/// The exit code of a child that ran out of time.
pub(super) const SLOW: u8 = 86;

/// What is bounded is the room for addresses, and the allocator sets more of it aside than it uses.
const SET_ASIDE: u64 = 384 << 20;

type Document = (String, Vec<u8>);

/// Reads documents from standard input and answers on standard output, within the bounds.
pub(crate) fn read_documents(bounds: Bounds) -> ExitCode {
    let room = (bounds.megabytes << 20) + SET_ASIDE;
    // A core file of a crash would hold the document.
    let bounded = Resource::AS.set(room, room).and_then(|()| Resource::CORE.set(0, 0));
    if bounded.is_err() {
        return ExitCode::FAILURE;
    }
    match serve(bounds, DirectReader, &mut io::stdin().lock(), &mut io::stdout().lock()) {
        Ok(code) => code,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Reading happens on a thread of its own, so that this one can keep the time even when its parent is gone.
fn serve(
    bounds: Bounds,
    reader: impl Reader + 'static,
    from: &mut impl Read,
    to: &mut impl Write,
) -> io::Result<ExitCode> {
    let (give, given) = sync_channel::<Document>(0);
    let (tell, told) = sync_channel::<Answer>(0);
    std::thread::Builder::new()
        .name("reader".into())
        .stack_size(STACK)
        .spawn(move || read_each(&reader, &given, &tell))?;
    while let Some(document) = message::asked(from)? {
        if give.send(document).is_err() {
            return Ok(ExitCode::FAILURE);
        }
        let answer = match told.recv_timeout(Duration::from_secs(bounds.seconds)) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => return Ok(ExitCode::from(SLOW)),
            Err(RecvTimeoutError::Disconnected) => Err(Unreadable::crashed()),
        };
        message::answer(to, &answer)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Deep enough for documents as people make them. Those made to overflow it end the process.
const STACK: usize = 16 << 20;

fn read_each(reader: &impl Reader, given: &Receiver<Document>, tell: &SyncSender<Answer>) {
    while let Ok((path, bytes)) = given.recv() {
        if tell.send(reader.read(&path, &bytes)).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::ExitCode;

    use siren_index::read::{DirectReader, Parsed, Reader, Unreadable};

    use super::super::{Bounds, message};
    use super::{SLOW, serve};

    /// Never comes to an end with one of the documents.
    struct StuckAt(&'static str);

    impl Reader for StuckAt {
        fn read(&self, path: &str, bytes: &[u8]) -> Result<Parsed, Unreadable> {
            if path != self.0 {
                return DirectReader.read(path, bytes);
            }
            loop {
                std::thread::park();
            }
        }
    }

    /// What the child answers to these documents, and its exit code.
    fn served(reader: StuckAt, documents: &[(&str, &[u8])]) -> (Vec<message::Answer>, ExitCode) {
        let (mut asked, mut told) = (Vec::new(), Vec::new());
        for (path, bytes) in documents {
            message::ask(&mut asked, path, bytes).expect("written");
        }
        let bounds = Bounds { seconds: 2, megabytes: 1024 };
        let code = serve(bounds, reader, &mut asked.as_slice(), &mut told).expect("served");
        let mut from = told.as_slice();
        let answers = std::iter::from_fn(|| message::answered(&mut from).ok()).collect();
        (answers, code)
    }

    #[test]
    fn documents_are_answered_in_order_and_one_that_takes_too_long_ends_it() {
        let documents: [(&str, &[u8]); 3] =
            [("a.md", "# 하나".as_bytes()), ("b.pdf", b"none"), ("c.txt", b"three")];
        let (answers, code) = served(StuckAt("none"), &documents);
        let texts: Vec<_> =
            answers.iter().map(|a| a.as_ref().ok().map(|parsed| parsed.written.text.trim())).collect();
        assert_eq!(texts, [Some("하나"), None, Some("three")]);
        assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::SUCCESS));

        let (answers, code) = served(StuckAt("b.pdf"), &documents);
        assert_eq!(answers.len(), 1, "what came before is answered");
        assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::from(SLOW)));
    }
}
