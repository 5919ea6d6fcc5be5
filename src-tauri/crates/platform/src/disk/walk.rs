//! The walk over a tree, in the order of the paths' bytes, so that it can be merged with what the journal knows.
use std::cmp::Ordering;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use windlass_domain::RelPath;
use windlass_ports::{FsErrorKind, ScanItem, Scanned};

use super::ignored::Rules;
use super::stream::{Out, Stop};
use crate::error::{because, fs, root as root_error};
use crate::folder::{Entry, Folder, Found, Kind, Listing};
use crate::names;

/// Each level holds a descriptor. An S3 key has at most 1,024 bytes, so a deeper tree could not be uploaded anyway.
const DEEPEST: usize = 200;

/// How a folder is listed. Tests put failing disks here.
type Lister<'l> = &'l dyn Fn(&Folder, &str) -> Listing;

/// Takes each finding.
type Sink<'s> = &'s mut dyn FnMut(Told) -> Result<(), Stop>;

/// What the walk hands on: a finding, or a moment to see whether anybody still listens.
pub(super) enum Told {
    Item(Scanned),
    Breath,
}

/// The scan of a root, or of what is below (or at) `under`.
pub(super) fn scan(root: &Path, under: Option<&RelPath>, out: &mut Out<Scanned>) -> Result<(), Stop> {
    scan_with(root, under, &|folder, _| folder.list(), &mut |found| match found {
        Told::Item(item) => out.put(item),
        Told::Breath => out.breathe(),
    })
}

pub(super) fn scan_with(
    root: &Path,
    under: Option<&RelPath>,
    lister: Lister<'_>,
    sink: Sink<'_>,
) -> Result<(), Stop> {
    let failed = |error| Stop::Failed(root_error(root, error));
    let folder = Folder::open(root).map_err(failed)?;
    let identity = folder.identity().map_err(failed)?;
    let mut walk = Walk { lister, sink, rules: Some(Rules::default()), path: String::new(), top: 0 };
    match under {
        None => {
            let listing = (walk.lister)(&folder, "");
            walk.root(root, &folder, listing)?;
        }
        Some(under) if names::is_ours(under.as_str()) => {}
        Some(under) => walk.descend(root, folder, under)?,
    }
    // The walk kept to the folder it opened. If another one (or none) has the root's name by now, what was found says
    // nothing about it (hazard HA10).
    match Folder::open(root).and_then(|now| now.identity()) {
        Ok(now) if now == identity => Ok(()),
        Ok(_) => {
            Err(Stop::Failed(because(FsErrorKind::RootMissing, root, "the folder was replaced meanwhile")))
        }
        Err(error) => Err(Stop::Failed(root_error(root, error))),
    }
}

/// A dropped file, or everything in a dropped folder. A person pointed at it, so no ignore file counts.
pub(super) fn dropped(path: &Path, out: &mut Out<(PathBuf, Scanned)>) -> Result<(), Stop> {
    let failed = |error| Stop::Failed(fs(path, error));
    let whole = std::path::absolute(path).map_err(failed)?;
    let (Some(above), Some(name)) = (whole.parent(), whole.file_name()) else {
        return Err(Stop::Failed(because(FsErrorKind::Other, path, "it has no name to upload it under")));
    };
    let above_folder = Folder::open(above).map_err(failed)?;
    let found = above_folder.examine(name).map_err(failed)?;
    let found = found.ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
    let mut sink = |found: Told| match found {
        Told::Item(item) => {
            let place = item.path.as_ref().map_or_else(|| whole.clone(), |p| above.join(p.as_str()));
            out.put((place, item))
        }
        Told::Breath => out.breathe(),
    };
    let lister: Lister<'_> = &|folder, _| folder.list();
    let mut walk = Walk { lister, sink: &mut sink, rules: None, path: String::new(), top: 1 };
    match (found.kind, name.to_str()) {
        (Kind::Folder, Some(text)) => {
            let folder = above_folder.child(name).map_err(failed)?;
            drop(above_folder);
            walk.path.push_str(text);
            walk.path.push('/');
            walk.folder(&folder, 1)
        }
        (Kind::Folder, None) => walk.bad_name(name),
        (Kind::File | Kind::Link | Kind::Special, _) => walk.leaf(name, &found),
    }
}

/// The state of one walk. `path` is where it is: empty at the root, else ending with a slash.
struct Walk<'w> {
    lister: Lister<'w>,
    sink: Sink<'w>,
    /// `None` when no ignore file counts.
    rules: Option<Rules>,
    path: String,
    /// How deep the folder lies in which `.windlass` is ours.
    top: usize,
}

impl Walk<'_> {
    /// A root that cannot be listed at all is an error; one that breaks off half way is like any folder.
    fn root(&mut self, root: &Path, folder: &Folder, mut listing: Listing) -> Result<(), Stop> {
        if listing.entries.is_empty()
            && let Some(error) = listing.broken.take()
        {
            return Err(Stop::Failed(root_error(root, error)));
        }
        let entered = match &mut self.rules {
            Some(rules) => rules.enter(folder, 0),
            None => Ok(false),
        };
        let ignore_file = |error| Stop::Failed(fs(&root.join(names::IGNORE), error));
        entered.map_err(ignore_file)?;
        let broken = listing.broken.take();
        self.entries(folder, listing, 0)?;
        // The root has no path of its own, so what is missing in it can only be told as a failure of the whole.
        broken.map_or(Ok(()), |error| Err(Stop::Failed(root_error(root, error))))
    }

    /// Goes down to `under`, name by name, through the same rules as a whole walk.
    fn descend(&mut self, root: &Path, mut folder: Folder, under: &RelPath) -> Result<(), Stop> {
        let mut rest = under.as_str();
        let mut depth = 0;
        loop {
            let entered = match &mut self.rules {
                Some(rules) => rules.enter(&folder, self.path.len()),
                None => Ok(false),
            };
            if let Err(error) = entered {
                return if self.path.is_empty() {
                    Err(Stop::Failed(fs(&root.join(names::IGNORE), error)))
                } else {
                    self.unreadable_here(&error)
                };
            }
            let (name, below) =
                rest.split_once('/').map_or((rest, None), |(name, below)| (name, Some(below)));
            let found = match folder.examine(OsStr::new(name)) {
                Ok(Some(found)) => found,
                Ok(None) => return Ok(()),
                Err(error) => return self.item(name, ScanItem::Unreadable(error.to_string())),
            };
            let is_folder = found.kind == Kind::Folder;
            if self.leaves_out(name, is_folder) {
                return Ok(());
            }
            if !is_folder {
                // Nothing can be below a file or a link.
                return if below.is_some() { Ok(()) } else { self.leaf(OsStr::new(name), &found) };
            }
            let child = match folder.child(OsStr::new(name)) {
                Ok(child) => child,
                Err(error) => return self.item(name, ScanItem::Unreadable(error.to_string())),
            };
            self.path.push_str(name);
            self.path.push('/');
            depth += 1;
            match below {
                None => return self.folder(&child, depth),
                Some(below) => (folder, rest) = (child, below),
            }
        }
    }

    /// Everything in a folder; `self.path` is its path with a slash.
    fn folder(&mut self, folder: &Folder, depth: usize) -> Result<(), Stop> {
        (self.sink)(Told::Breath)?;
        if depth > DEEPEST {
            return self.unreadable_here(&io::Error::other("the folders are nested too deep"));
        }
        let mut listing = (self.lister)(folder, self.path.trim_end_matches('/'));
        let broken = listing.broken.take();
        if let Some(error) = &broken {
            // Told before its children: a merge then takes no missing one for absent (hazard HA9), and the order holds.
            self.unreadable_here(error)?;
        }
        let base = self.path.len();
        let may_have_rules = broken.is_some() || listing.entries.iter().any(|e| e.name == names::IGNORE);
        let entered = match &mut self.rules {
            Some(rules) if may_have_rules => rules.enter(folder, base),
            _ => Ok(false),
        };
        match entered {
            Ok(entered) => {
                self.entries(folder, listing, depth)?;
                if let (true, Some(rules)) = (entered, &mut self.rules) {
                    rules.leave();
                }
                Ok(())
            }
            Err(error) => self.unreadable_here(&error),
        }
    }

    fn entries(&mut self, folder: &Folder, listing: Listing, depth: usize) -> Result<(), Stop> {
        let mut known = Vec::with_capacity(listing.entries.len());
        for Entry { name, kind } in listing.entries {
            let kind = match kind {
                Some(kind) => kind,
                None => match folder.examine(&name) {
                    Ok(Some(found)) => found.kind,
                    Ok(None) => continue,
                    // A leaf is examined again, and then tells its error.
                    Err(_) => Kind::File,
                },
            };
            // A broken name stands where its readable form would.
            let readable = name.to_str().is_none().then(|| name.to_string_lossy().into_owned());
            known.push(Named { name, kind, readable });
        }
        known.sort_unstable_by(path_order);
        let base = self.path.len();
        for Named { name, kind, .. } in known {
            self.path.truncate(base);
            if names::is_temp(name.as_encoded_bytes()) || (depth == self.top && name == names::OURS) {
                continue;
            }
            let Some(text) = name.to_str() else {
                self.bad_name(&name)?;
                continue;
            };
            if self.leaves_out(text, kind == Kind::Folder) {
                continue;
            }
            match kind {
                Kind::Folder => self.child(folder, text, depth)?,
                Kind::Link => self.item(text, ScanItem::Link)?,
                Kind::Special => self.item(text, ScanItem::Special)?,
                Kind::File => match folder.examine(&name) {
                    Ok(Some(found)) => self.leaf(&name, &found)?,
                    // Gone since it was listed.
                    Ok(None) => {}
                    Err(error) => self.item(text, ScanItem::Unreadable(error.to_string()))?,
                },
            }
        }
        self.path.truncate(base);
        Ok(())
    }

    fn child(&mut self, folder: &Folder, name: &str, depth: usize) -> Result<(), Stop> {
        match folder.child(OsStr::new(name)) {
            Ok(child) => {
                self.path.push_str(name);
                self.path.push('/');
                self.folder(&child, depth + 1)
            }
            // Gone since it was listed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => self.item(name, ScanItem::Unreadable(error.to_string())),
        }
    }

    fn leaves_out(&mut self, name: &str, is_folder: bool) -> bool {
        let Some(rules) = &self.rules else { return false };
        let base = self.path.len();
        self.path.push_str(name);
        let left_out = rules.leave_out(&self.path, is_folder);
        self.path.truncate(base);
        left_out
    }

    fn leaf(&mut self, name: &OsStr, found: &Found) -> Result<(), Stop> {
        let Some(text) = name.to_str() else { return self.bad_name(name) };
        self.item(
            text,
            match found.kind {
                Kind::File => ScanItem::File(found.state.clone()),
                Kind::Link => ScanItem::Link,
                Kind::Special => ScanItem::Special,
                Kind::Folder => ScanItem::Unreadable("it became a folder while it was looked at".to_owned()),
            },
        )
    }

    fn item(&mut self, name: &str, item: ScanItem) -> Result<(), Stop> {
        let base = self.path.len();
        self.path.push_str(name);
        let parsed = RelPath::parse(&self.path);
        self.path.truncate(base);
        match parsed {
            Ok(path) => (self.sink)(Told::Item(Scanned { path: Some(path), item })),
            Err(_) => self.bad_name(OsStr::new(name)),
        }
    }

    fn bad_name(&mut self, name: &OsStr) -> Result<(), Stop> {
        let item = ScanItem::BadName(name.to_string_lossy().into_owned());
        let path = RelPath::parse(self.path.trim_end_matches('/')).ok();
        (self.sink)(Told::Item(Scanned { path, item }))
    }

    /// The folder at `self.path` could not be read.
    fn unreadable_here(&mut self, error: &io::Error) -> Result<(), Stop> {
        let path = RelPath::parse(self.path.trim_end_matches('/')).ok();
        (self.sink)(Told::Item(Scanned { path, item: ScanItem::Unreadable(error.to_string()) }))
    }
}

/// A name on its way into order.
struct Named {
    name: OsString,
    kind: Kind,
    /// For a name that is not text.
    readable: Option<String>,
}

/// The order of whole paths: what is in a folder sorts as the folder's name and a slash, so `a.txt` comes before `a/b`.
fn path_order(one: &Named, other: &Named) -> Ordering {
    let (a, b) = (one.sorts_as(), other.sorts_as());
    let common = a.len().min(b.len());
    a.get(..common).cmp(&b.get(..common)).then_with(|| one.byte_at(common).cmp(&other.byte_at(common)))
}

impl Named {
    fn sorts_as(&self) -> &[u8] {
        self.readable.as_ref().map_or_else(|| self.name.as_encoded_bytes(), |text| text.as_bytes())
    }

    fn byte_at(&self, at: usize) -> Option<u8> {
        let slash = self.kind == Kind::Folder && self.readable.is_none();
        self.sorts_as().get(at).copied().or(slash.then_some(b'/'))
    }
}
