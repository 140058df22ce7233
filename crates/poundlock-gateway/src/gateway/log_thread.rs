//! A log that a thread of its own writes.
//!
//! Main type: [`LogThread`]. Whoever has a line never waits for the disk: when the thread cannot keep up, lines are dropped and
//! counted. It does not know what a line is, or where it goes.

use anyhow::{Context, Result};
use poundlock_observe::registry::Counter;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};

/// Where lines go.
pub(super) trait Output: Send + 'static {
    /// One line.
    type Line: Send + 'static;

    /// Takes a line.
    fn write(&mut self, line: Self::Line) -> io::Result<()>;

    /// Lets go of what was only taken so far.
    fn flush(&mut self) -> io::Result<()>;
}

/// The end of a log that takes lines, from any thread.
pub(super) struct LogThread<O: Output> {
    messages: SyncSender<Message<O>>,
    dropped: Counter,
}

enum Message<O: Output> {
    Line(O::Line),
    /// Everything before has been flushed when it is called.
    Change(Box<dyn FnOnce(&mut O) + Send>),
    Flush(SyncSender<()>),
}

impl<O: Output> LogThread<O> {
    /// Starts the thread, which lives as long as this. At most `queue` lines wait; `name` is the log's for people.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(super) fn start(name: &'static str, output: O, queue: usize, dropped: Counter) -> Result<Self> {
        let (messages, received) = sync_channel(queue);
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || write_all(name, &received, output))
            .with_context(|| format!("cannot start the thread of the {name}"))?;
        Ok(Self { messages, dropped })
    }

    /// Hands a line over, or drops it.
    pub(super) fn write(&self, line: O::Line) {
        if self.messages.try_send(Message::Line(line)).is_err() {
            self.dropped.inc();
        }
    }

    /// Changes the output between the lines before and those after.
    pub(super) fn change(&self, change: impl FnOnce(&mut O) + Send + 'static) {
        let _ = self.messages.send(Message::Change(Box::new(change)));
    }

    /// Waits until everything so far is written.
    pub(super) fn flush(&self) {
        let (done, wait) = sync_channel(1);
        if self.messages.send(Message::Flush(done)).is_ok() {
            let _ = wait.recv();
        }
    }

    /// How many lines were dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.get()
    }
}

/// Writes what comes; flushes whenever nothing is waiting.
fn write_all<O: Output>(name: &str, messages: &Receiver<Message<O>>, mut output: O) {
    let mut healthy = true;
    loop {
        let message = match messages.try_recv() {
            Ok(message) => message,
            Err(TryRecvError::Disconnected) => return,
            Err(TryRecvError::Empty) => {
                note(name, output.flush(), &mut healthy);
                let Ok(message) = messages.recv() else { return };
                message
            }
        };
        match message {
            Message::Line(line) => note(name, output.write(line), &mut healthy),
            Message::Change(change) => {
                note(name, output.flush(), &mut healthy);
                change(&mut output);
            }
            Message::Flush(done) => {
                note(name, output.flush(), &mut healthy);
                let _ = done.send(());
            }
        }
    }
}

/// Says once when writing begins to fail, and once when it works again.
fn note(name: &str, result: io::Result<()>, healthy: &mut bool) {
    match result {
        Err(error) if *healthy => {
            *healthy = false;
            tracing::error!(%error, "cannot write the {name}");
        }
        Ok(()) if !*healthy => {
            *healthy = true;
            tracing::info!("the {name} is being written again");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Barrier};

    /// Takes its first line when it may, and is quick from then on.
    struct Slow {
        busy: Arc<Barrier>,
        go_on: Arc<Barrier>,
        taken: Vec<&'static str>,
    }

    impl Output for Slow {
        type Line = &'static str;

        fn write(&mut self, line: &'static str) -> io::Result<()> {
            if self.taken.is_empty() {
                self.busy.wait();
                self.go_on.wait();
            }
            self.taken.push(line);
            Ok(())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_cannot_be_written_in_time_is_dropped_and_counted_and_nobody_waits() {
        let [busy, go_on] = [(); 2].map(|()| Arc::new(Barrier::new(2)));
        let output = Slow { busy: busy.clone(), go_on: go_on.clone(), taken: Vec::new() };
        let log = LogThread::start("log", output, 2, Counter::default()).unwrap();
        log.write("first");
        busy.wait();
        ["second", "third", "dropped", "dropped"].into_iter().for_each(|line| log.write(line));
        assert_eq!(log.dropped(), 2);
        go_on.wait();
        let (taken, seen) = sync_channel(1);
        log.change(move |output| taken.send(output.taken.clone()).unwrap());
        assert_eq!(seen.recv().unwrap(), ["first", "second", "third"]);
    }
}
