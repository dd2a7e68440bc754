//! Logs of earlier runs: how many are kept, and how much of the disk they may have. What one log may have is
//! `session-system`.

use std::path::{Path, PathBuf};

use session_system::{LARGE_LOGS, names_own, remove_folder_own, remove_own};

/// Runs whose logs are kept.
const RUNS: usize = 200;
/// Bytes of all of them; the run that begins now may have 50 MB more.
const BYTES: u64 = 150 << 20;

/// Removes the oldest logs where there are too many, or too much stands in them. Sizes are added up only where a run has
/// left the mark that it logged much: all others together fit.
pub(crate) fn remove(folder: &Path) {
    remove_beyond(folder, RUNS, BYTES);
}

fn remove_beyond(folder: &Path, most: usize, bytes: u64) {
    let names = names_own(folder).unwrap_or_default();
    let mut runs: Vec<PathBuf> = names.into_iter().map(|name| folder.join(name)).collect();
    let mark = folder.join(LARGE_LOGS);
    let count = runs.len();
    runs.retain(|path| *path != mark);
    let marked = runs.len() < count;
    // Their names begin with the time.
    runs.sort_by(|a, b| b.cmp(a));
    let mut gone = runs.split_off(runs.len().min(most));
    if marked {
        let mut sum = 0;
        let fits = runs.iter().take_while(|run| {
            sum += size(run);
            sum <= bytes
        });
        gone.extend(runs.split_off(fits.count()));
    }
    for run in gone {
        let is_folder = run.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
        let removed = if is_folder { remove_folder_own(&run) } else { remove_own(&run) };
        if let Err(e) = removed {
            tracing::warn!(path = %run.display(), error = %e, "cannot remove an old log");
        }
    }
}

/// Of the files in a run's folder. Links count for nothing: they are not ours.
fn size(run: &Path) -> u64 {
    let names = names_own(run).unwrap_or_default();
    names.iter().filter_map(|name| run.join(name).symlink_metadata().ok()).map(|metadata| metadata.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .expect("read")
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_oldest_go_first_by_count_and_by_size() {
        let folder = tempfile::tempdir().expect("temp");
        let all = folder.path();
        for name in ["20260101-a", "20260102-b", "20260103-c", "20260104-d"] {
            std::fs::create_dir(all.join(name)).expect("made");
            std::fs::write(all.join(name).join("x.log"), vec![b'x'; 1000]).expect("written");
        }
        remove_beyond(all, 3, 1500);
        assert_eq!(names(all), ["20260102-b", "20260103-c", "20260104-d"], "no run left the mark of large logs");
        std::fs::write(all.join(LARGE_LOGS), "").expect("marked");
        remove_beyond(all, 3, 2500);
        assert_eq!(names(all), [LARGE_LOGS, "20260103-c", "20260104-d"]);
        remove_beyond(all, 0, 0);
        assert_eq!(names(all), [LARGE_LOGS]);
    }
}
