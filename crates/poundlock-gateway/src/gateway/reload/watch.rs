//! Notices that a file has changed, however it was written.
//!
//! Main item: [`changes`]. It watches the folder, because editors and Kubernetes replace files
//! instead of writing them, and compares contents, because a folder has other files. It does not know what is in the file.

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, channel};

/// Writers often write several times: wait until nothing has happened for this long.
const QUIET: Duration = Duration::from_millis(100);

/// The changes of one file.
pub(in crate::gateway) struct Changes {
    file: PathBuf,
    content: Vec<u8>,
    events: Receiver<()>,
    _watcher: RecommendedWatcher,
}

/// Starts watching a file that had this content when it was last read.
///
/// # Errors
/// The system cannot watch the folder.
pub(super) fn changes(file: &Path, content: &[u8]) -> notify::Result<Changes> {
    let (sender, events) = channel(1);
    // It may have changed since it was read.
    let _ = sender.try_send(());
    let mut watcher = notify::recommended_watcher(move |_| {
        // One event that has not been looked at stands for all that follow.
        let _ = sender.try_send(());
    })?;
    let folder = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    watcher.watch(folder, RecursiveMode::NonRecursive)?;
    Ok(Changes { file: file.to_owned(), content: content.to_vec(), events, _watcher: watcher })
}

impl Changes {
    /// Waits for the next change of the content; false when there will be none.
    pub(super) async fn next(&mut self) -> bool {
        while self.events.recv().await.is_some() {
            while tokio::time::timeout(QUIET, self.events.recv()).await.is_ok_and(|event| event.is_some()) {}
            // A file that is gone for a moment is being replaced.
            let Ok(now) = std::fs::read(&self.file) else { continue };
            if now != self.content {
                self.content = now;
                return true;
            }
        }
        false
    }
}
