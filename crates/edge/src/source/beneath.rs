//! Opening a file so that it lies inside a folder after all links are resolved.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::{Mode, OFlags};

/// Whether an open may wait for the disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Patience {
    /// Only what the kernel has at hand; otherwise an error of kind `WouldBlock`.
    CachedOnly,
    /// May block: not for async threads.
    Blocking,
}

// Without O_NONBLOCK, opening a named pipe waits for a writer for ever.
const FLAGS: OFlags = OFlags::RDONLY
    .union(OFlags::NONBLOCK)
    .union(OFlags::CLOEXEC)
    .union(OFlags::NOCTTY);

/// Opens `path` if no part of it is a link, so that what is opened lies where its path says, and if the kernel has
/// at hand what that takes.
#[cfg(target_os = "linux")]
pub(super) fn open_plain(path: &Path) -> io::Result<File> {
    use rustix::fs::{CWD, ResolveFlags, openat2};

    let plain = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS | ResolveFlags::CACHED;
    Ok(File::from(openat2(CWD, path, FLAGS, Mode::empty(), plain)?))
}

/// Only Linux can be asked for that.
#[cfg(not(target_os = "linux"))]
pub(super) fn open_plain(_path: &Path) -> io::Result<File> {
    Err(io::ErrorKind::WouldBlock.into())
}

/// Opens `relative` below `folder`. Links inside are followed, links that lead out are refused.
#[cfg(target_os = "linux")]
pub(crate) fn open(folder: &Path, relative: &Path, patience: Patience) -> io::Result<File> {
    use rustix::fs::{CWD, ResolveFlags, openat2};
    use rustix::io::Errno;

    let cached = match patience {
        Patience::CachedOnly => ResolveFlags::CACHED,
        Patience::Blocking => ResolveFlags::empty(),
    };
    let anchor = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = openat2(CWD, folder, anchor, Mode::empty(), cached)?;
    let beneath = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS | cached;
    // The kernel answers EAGAIN when a rename elsewhere made it unsure; asking again settles it.
    let mut attempts_left = 8u8;
    loop {
        match openat2(&folder, relative, FLAGS, Mode::empty(), beneath) {
            Ok(file) => return Ok(File::from(file)),
            Err(Errno::AGAIN) if patience == Patience::Blocking && attempts_left > 0 => attempts_left -= 1,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Opens `relative` below `folder`: resolves all links first, then compares.
#[cfg(not(target_os = "linux"))]
pub(crate) fn open(folder: &Path, relative: &Path, patience: Patience) -> io::Result<File> {
    if patience == Patience::CachedOnly {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    let folder = folder.canonicalize()?;
    let target = folder.join(relative).canonicalize()?;
    if !target.starts_with(&folder) {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(File::from(rustix::fs::open(
        &target,
        FLAGS | OFlags::NOFOLLOW,
        Mode::empty(),
    )?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_followed_inside_the_folder_and_refused_when_they_lead_out() {
        let root = tempfile::tempdir().unwrap();
        let event = root.path().join("evt");
        fs::create_dir_all(event.join("a")).unwrap();
        fs::write(event.join("a/in.ts"), "in").unwrap();
        fs::write(root.path().join("out.ts"), "out").unwrap();
        symlink("a/in.ts", event.join("inside.ts")).unwrap();
        symlink("../out.ts", event.join("relative.ts")).unwrap();
        symlink(root.path().join("out.ts"), event.join("absolute.ts")).unwrap();
        symlink("..", event.join("folder")).unwrap();

        let at = |relative: &str| open(&event, Path::new(relative), Patience::Blocking);
        at("a/in.ts").unwrap();
        at("inside.ts").unwrap();
        for out in ["relative.ts", "absolute.ts", "folder/out.ts", "../out.ts"] {
            at(out).unwrap_err();
        }
    }
}
