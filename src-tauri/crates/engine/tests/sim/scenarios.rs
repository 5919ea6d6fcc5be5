//! Canonical scenarios as data. Every one is a test in `named.rs`: undisturbed, and with a death at every step.
use windlass_domain::Mode;
use windlass_testkit::{Act, DiskOptions, Fault, Profile};

use crate::script::{Journal, Plan};

const MIB: usize = 1024 * 1024;
/// Bytes of a file that needs several parts.
const LARGE: usize = 17 * MIB + 1234;

fn ingest(name: &str) -> Plan {
    Plan::new(name, Mode::Ingest)
}

fn rename(from: &str, to: &str) -> Act {
    Act::Rename(from.to_owned(), to.to_owned())
}

fn delete(path: &str) -> Act {
    Act::Delete(path.to_owned())
}

fn remove(path: &str) -> Act {
    Act::Remove(path.to_owned())
}

fn some_files(count: u64) -> impl Iterator<Item = Act> {
    (0..count).map(|n| Act::write(&format!("shoot/{n:02}.jpg"), 100 + n, 20 + n as usize))
}

fn objects(count: u64) -> impl Iterator<Item = Act> {
    (0..count).map(|n| Act::put(&format!("shoot/{n:02}.jpg"), 100 + n, 20 + n as usize))
}

/// A disk that takes names for one which differ in capital letters or in how their letters are composed.
fn insensitive() -> DiskOptions {
    DiskOptions { insensitive: true, ..DiskOptions::default() }
}

/// Objects that such a disk cannot hold all of.
fn twins() -> impl Iterator<Item = Act> {
    ["A.jpg", "a.jpg", "Photos/x.jpg", "photos/x.jpg", "photos/y.jpg", "photos/z/one.jpg", "b.jpg"]
        .into_iter()
        .enumerate()
        .map(|(n, path)| Act::put(path, 200 + n as u64, 20 + n))
}

/// Those that need nothing but ingest.
pub(crate) fn for_ingest() -> Vec<Plan> {
    vec![
        ingest("three-files").acts([
            Act::write("a.jpg", 1, 40),
            Act::write("b/c.jpg", 2, 0),
            Act::write("b/d.jpg", 3, 5000),
        ]),
        // HA1: a recorder that appends.
        ingest("ha1-growing").acts((1..6).map(|n| Act::Grow {
            path: "clip.mov".to_owned(),
            tag: 1,
            len: n * 700,
            last: n == 5,
        })),
        // HA2, HB5: a file of several parts.
        ingest("large").acts([Act::write("clip.mov", 1, LARGE)]),
        // HB24: the answer that named the id is lost, after the clock was set back since the upload was queued.
        ingest("hb24-clock-set-back")
            .faults([("open_upload", Fault::Expired), ("open_upload", Fault::NetAfter)])
            .acts([Act::write("clip.mov", 1, LARGE), Act::Wait(6_000), Act::Jump(-2_616_180)])
            .acts([Act::Wait(180_000), Act::Quiet]),
        // HB24, HB5: Complete never arrived, another device put the same bytes there, and the id is not taken back at first.
        ingest("hb24-same-bytes-by-another")
            .faults([("complete_upload", Fault::Expired), ("abort_upload", Fault::NetBefore)])
            .acts([Act::write("clip.mov", 1, LARGE), Act::Wait(8_000), Act::put("clip.mov", 1, LARGE)])
            .acts([Act::Wait(180_000), Act::Quiet]),
        ingest("ha2-large-changes").acts([
            Act::write("clip.mov", 1, LARGE),
            Act::Wait(2_300),
            Act::KeepTime { path: "clip.mov".to_owned(), tag: 2 },
        ]),
        // And one that a power cut may have torn under the same size and times.
        ingest("ha2-large-careless")
            .disk(DiskOptions { careful: false, ..DiskOptions::default() })
            .acts([Act::write("clip.mov", 1, LARGE)]),
        // HB6: the provider gives the upload up.
        ingest("hb6-uploads-expire").acts([
            Act::write("clip.mov", 1, LARGE),
            Act::Wait(2_400),
            Act::ExpireUploads,
        ]),
        // HA3, HA5: same size and time, other bytes; and only another time.
        ingest("ha3-rewritten").acts([
            Act::write("a.jpg", 1, 64),
            Act::Wait(2_000),
            Act::KeepTime { path: "a.jpg".to_owned(), tag: 2 },
            Act::Quiet,
            Act::Touch("a.jpg".to_owned()),
            Act::Quiet,
        ]),
        ingest("ha5-touched").acts(
            some_files(4).chain([Act::Quiet]).chain((0..4).map(|n| Act::Touch(format!("shoot/{n:02}.jpg")))),
        ),
        // HB1: somebody else was first.
        ingest("hb1-already-there").acts([
            Act::put("a.jpg", 9, 33),
            Act::put("same.jpg", 2, 50),
            Act::write("a.jpg", 1, 40),
            Act::write("same.jpg", 2, 50),
        ]),
        ingest("hb1-race").acts([Act::write("a.jpg", 1, 40), Act::Wait(1_900), Act::put("a.jpg", 9, 40)]),
        // The same while a large one is on its way: what others wrote meanwhile is met by Complete.
        ingest("hb1-race-large").acts([
            Act::write("clip.mov", 1, LARGE),
            Act::Wait(2_150),
            Act::put("clip.mov", 9, 40),
        ]),
        // HA6, HA7, HA10: the disk goes, another comes, it is back.
        ingest("ha6-unplugged").acts(some_files(3).chain([
            Act::Wait(1_500),
            Act::Unmount,
            Act::Wait(20_000),
            Act::Mount,
            Act::Wait(8_000),
        ])),
        ingest("ha7-swapped").acts(some_files(3).chain([
            Act::Quiet,
            Act::Swap,
            Act::Wait(20_000),
            Act::write("other.jpg", 50, 10),
            Act::Wait(700_000),
            Act::Unmount,
            Act::Wait(4_000),
            Act::Mount,
            Act::Wait(8_000),
        ])),
        // HA9: a folder that cannot be read for a while.
        ingest("ha9-unreadable").acts(some_files(3).chain([
            Act::Quiet,
            Act::Lock("shoot".to_owned()),
            Act::Wait(3_000),
            Act::write("b.jpg", 7, 10),
            Act::Quiet,
            Act::Unlock("shoot".to_owned()),
        ])),
        // HA16: ingest deletes nothing, and the new name goes up like any other.
        ingest("ha16-spelled-otherwise").disk(insensitive()).acts(some_files(3).chain([
            Act::Quiet,
            rename("shoot/00.jpg", "shoot/00.JPG"),
            Act::Quiet,
            rename("shoot", "Shoot"),
            Act::Wait(700_000),
        ])),
        // HA13: no events at all.
        ingest("ha13-no-events")
            .disk(DiskOptions { events: false, ..DiskOptions::default() })
            .acts(some_files(3).chain([Act::Wait(700_000), Act::write("late.jpg", 60, 10)])),
        // HA14 and its kind: names move while files are sent.
        ingest("renamed-while-sent").acts([
            Act::write("a.jpg", 1, 300),
            Act::write("x/b.jpg", 2, 300),
            Act::Wait(1_700),
            rename("a.jpg", "c.jpg"),
            rename("x", "y"),
            Act::Wait(500),
            delete("c.jpg"),
        ]),
        ingest("replaced-by-an-editor").acts([
            Act::write("a.txt", 1, 100),
            Act::Wait(2_100),
            Act::Replace { path: "a.txt".to_owned(), tag: 2, len: 90 },
            Act::Wait(2_500),
            Act::Replace { path: "a.txt".to_owned(), tag: 3, len: 80 },
        ]),
        // HA33: sleep, and a clock that jumps.
        ingest("ha33-clock-jumps").acts(some_files(2).chain([
            Act::Jump(-3_600_000),
            Act::write("b.jpg", 7, 10),
            Act::Wait(2_000),
            Act::Jump(7_200_000),
            Act::write("c.jpg", 8, 10),
        ])),
        // I14: paused means that nothing is sent.
        ingest("paused").acts(some_files(2).chain([
            Act::Wait(2_000),
            Act::Pause,
            Act::write("b.jpg", 7, 10),
            Act::Wait(30_000),
            Act::Resume,
        ])),
        // HA35: two computers, one prefix.
        ingest("ha35-two-computers")
            .acts([Act::write("a.jpg", 1, 40), Act::write("both.jpg", 5, 40)])
            .acts_at(
                1,
                [Act::write("b.jpg", 2, 40), Act::write("both.jpg", 5, 40), Act::write("a.jpg", 3, 40)],
            ),
        // HB3, HB14, HB15: other providers.
        ingest("hb3-no-conditions").profile(Profile::CARELESS).acts([
            Act::write("a.jpg", 1, 40),
            Act::put("b.jpg", 4, 40),
            Act::write("b.jpg", 2, 40),
        ]),
        ingest("hb14-no-checksums")
            .profile(Profile::BARE)
            .acts([Act::write("a.jpg", 1, 40), Act::write("l.mov", 2, LARGE)]),
        ingest("hb15-stale").profile(Profile::STALE).acts([
            Act::write("a.jpg", 1, 40),
            Act::put("b.jpg", 3, 5),
            Act::write("b.jpg", 2, 40),
        ]),
        // HC6, HC7: the journal is gone, or an old copy.
        ingest("hc6-journal-gone").journal(Journal::Back(0)).acts(some_files(3).chain([Act::Quiet])),
        ingest("hc7-journal-rolled-back").journal(Journal::Back(60)).acts(some_files(3).chain([
            Act::Quiet,
            Act::write("late.jpg", 60, 10),
            Act::Quiet,
        ])),
        // HC9: the first sync without flushes.
        ingest("hc9-careless-programs")
            .disk(DiskOptions { careful: false, ..DiskOptions::default() })
            .acts(some_files(3).chain([Act::Wait(3_000)])),
        // HA3: a disk that counts in two seconds.
        ingest("ha3-coarse-times")
            .disk(DiskOptions { mtime_ns: 2_000_000_000, ..DiskOptions::default() })
            .acts([
                Act::write("a.jpg", 1, 64),
                Act::Wait(300),
                Act::write("a.jpg", 2, 64),
                Act::Wait(2_100),
                Act::write("a.jpg", 3, 64),
            ]),
        // The only file whose upload would show that the login is accepted again goes.
        ingest("login-refused-and-nothing-left").faults([("put", Fault::Expired)]).acts([
            Act::write("a.jpg", 1, 40),
            Act::Wait(4_000),
            delete("a.jpg"),
            Act::Wait(200_000),
        ]),
        // HB12: what is stored is not what was sent.
        ingest("hb12-stored-wrong")
            .profile(Profile::BARE)
            .faults([("put", Fault::StoredWrong); 2])
            .acts(some_files(3)),
        // Ingest never deletes.
        ingest("deleted-here").acts(some_files(3).chain([Act::Quiet, delete("shoot"), Act::Quiet])),
        ingest("deleted-there").acts(some_files(3).chain([Act::Quiet, remove("shoot"), Act::Quiet])),
    ]
}

/// Those that need a mode which deletes, replaces or fetches.
pub(crate) fn for_sync() -> Vec<Plan> {
    let two_way = |name: &str| Plan::new(name, Mode::TwoWay);
    let settled = |count| some_files(count).chain([Act::Quiet]);
    vec![
        two_way("first-merge").acts(
            [Act::put("there.jpg", 1, 30), Act::put("both.jpg", 2, 30), Act::put("differs.txt", 3, 30)]
                .into_iter()
                .chain([
                    Act::write("here.jpg", 4, 30),
                    Act::write("both.jpg", 2, 30),
                    Act::write("differs.txt", 5, 31),
                ]),
        ),
        two_way("edits-both-ways").acts(settled(4).chain([
            Act::write("shoot/00.jpg", 10, 40),
            Act::put("shoot/01.jpg", 11, 41),
            Act::write("new-here.jpg", 12, 5),
            Act::put("new-there.jpg", 13, 5),
            Act::Quiet,
        ])),
        // HD1: both sides changed.
        two_way("hd1-both-changed").acts(settled(2).chain([
            Act::put("shoot/00.jpg", 11, 41),
            Act::write("shoot/00.jpg", 10, 40),
            Act::put("shoot/01.jpg", 12, 42),
            Act::write("shoot/01.jpg", 12, 42),
            Act::Quiet,
        ])),
        two_way("hd2-edit-beats-delete").acts(settled(2).chain([
            remove("shoot/00.jpg"),
            Act::write("shoot/00.jpg", 10, 40),
            delete("shoot/01.jpg"),
            Act::put("shoot/01.jpg", 11, 41),
            Act::Quiet,
        ])),
        two_way("deleted-both-ways").acts(settled(4).chain([
            delete("shoot/00.jpg"),
            remove("shoot/01.jpg"),
            delete("shoot/02.jpg"),
            remove("shoot/02.jpg"),
            Act::Wait(180_000),
            Act::Quiet,
        ])),
        // HA7: a backup of the folder is put in its place.
        two_way("ha7-an-older-copy-in-its-place").acts(settled(6).chain([
            Act::Copy,
            delete("shoot/00.jpg"),
            Act::Wait(180_000),
            Act::Quiet,
            delete("shoot/01.jpg"),
            Act::Wait(180_000),
            Act::Quiet,
            Act::write("shoot/02.jpg", 22, 50),
            Act::write("late.jpg", 23, 51),
            Act::Quiet,
            Act::PutBack,
            Act::Wait(180_000),
            Act::Quiet,
        ])),
        two_way("ha7-a-copy-of-the-same-epoch").acts(settled(6).chain([
            Act::Copy,
            Act::write("shoot/02.jpg", 22, 50),
            Act::write("late.jpg", 23, 51),
            Act::Quiet,
            Act::PutBack,
            Act::Wait(180_000),
            Act::Quiet,
        ])),
        // HB21: without versions a delete keeps a copy first.
        two_way("hb21-deleted-unversioned").profile(Profile::UNVERSIONED).acts(settled(3).chain([
            delete("shoot/00.jpg"),
            Act::Wait(180_000),
            Act::Quiet,
            remove("shoot/01.jpg"),
            Act::Wait(180_000),
            Act::Quiet,
        ])),
        // HA15: moved, files and folders.
        two_way("ha15-moved").acts(settled(4).chain([
            rename("shoot/00.jpg", "best/00.jpg"),
            Act::Wait(180_000),
            rename("shoot", "sunday"),
            Act::Wait(180_000),
            Act::Quiet,
        ])),
        // HA15: moved by another computer.
        two_way("ha15-moved-by-another")
            .acts(settled(4))
            .acts_at(1, [Act::Wait(180_000), Act::Quiet])
            .acts([rename("shoot/00.jpg", "best/00.jpg"), Act::Wait(180_000), Act::Quiet])
            .acts_at(1, [Act::Wait(180_000), Act::Quiet]),
        // S6: a whole folder is renamed in the bucket, a brake's worth of it; and a new object that only has the size of one that
        // is gone.
        two_way("s6-renamed-there")
            .acts(settled(14))
            .at_once((0..14).map(|n| Act::put(&format!("best/{n:02}.jpg"), 100 + n, 20 + n as usize)))
            .at_once([remove("shoot")])
            .acts([Act::Wait(180_000), Act::Quiet])
            .at_once([Act::put("best/other.jpg", 300, 21), remove("best/01.jpg")])
            .acts([Act::Wait(180_000), Act::Quiet]),
        // HA31: edited while its newer version comes.
        two_way("ha31-edited-while-fetched").acts(settled(1).chain([
            Act::put("shoot/00.jpg", 11, 4100),
            Act::Wait(400),
            Act::write("shoot/00.jpg", 10, 40),
            Act::Quiet,
        ])),
        // HB18: everything gone there: the brake.
        two_way("hb18-emptied-there").acts(settled(14).chain([
            remove(""),
            Act::Wait(180_000),
            Act::Quiet,
            Act::BringBack,
            Act::Quiet,
        ])),
        two_way("everything-deleted-here-and-meant").acts(settled(14).chain([
            delete("shoot"),
            Act::Wait(180_000),
            Act::Quiet,
            Act::Go,
            Act::Wait(180_000),
            Act::Quiet,
        ])),
        // HB17: the marker object is gone: nothing that is missing counts.
        two_way("hb17-marker-lost").acts(settled(3).chain([
            Act::LoseMarker,
            remove("shoot/00.jpg"),
            Act::Wait(180_000),
            Act::Quiet,
        ])),
        two_way("hb18-bucket-recreated").acts(settled(3).chain([
            Act::Recreate,
            Act::Wait(180_000),
            Act::Quiet,
        ])),
        two_way("hb19-restored-older").acts(settled(2).chain([
            Act::write("shoot/00.jpg", 10, 40),
            Act::Quiet,
            Act::Restore("shoot/00.jpg".to_owned()),
            Act::Quiet,
        ])),
        two_way("ha6-unplugged").acts(settled(3).chain([
            Act::Unmount,
            Act::Wait(200_000),
            Act::put("shoot/00.jpg", 11, 41),
            Act::Wait(200_000),
            Act::Mount,
            Act::Wait(20_000),
        ])),
        two_way("ha9-unreadable").acts(settled(3).chain([
            Act::Lock("shoot".to_owned()),
            Act::Wait(200_000),
            Act::put("shoot/00.jpg", 11, 41),
            Act::Wait(200_000),
            Act::Unlock("shoot".to_owned()),
            Act::Quiet,
        ])),
        two_way("ha28-disk-full").acts(settled(1).chain([
            Act::Free(0),
            Act::put("big.jpg", 11, 4000),
            Act::Wait(60_000),
            Act::Free(1 << 40),
            Act::Quiet,
        ])),
        two_way("ha35-two-computers")
            .acts([Act::write("a.jpg", 1, 40), Act::write("both.txt", 5, 40)])
            .acts_at(1, [Act::write("b.jpg", 2, 40), Act::write("both.txt", 6, 41), Act::Wait(60_000)])
            .acts([Act::write("a.jpg", 7, 44), Act::Wait(30_000)])
            .acts_at(1, [delete("a.jpg"), Act::Wait(180_000)]),
        two_way("hc6-journal-gone").journal(Journal::Back(0)).acts(settled(4).chain([
            Act::write("shoot/00.jpg", 10, 40),
            Act::put("shoot/01.jpg", 11, 41),
            delete("shoot/02.jpg"),
        ])),
        two_way("hc7-journal-rolled-back").journal(Journal::Back(70)).acts(settled(4).chain([
            delete("shoot/00.jpg"),
            Act::Wait(180_000),
            Act::Quiet,
            Act::write("shoot/00.jpg", 20, 50),
            Act::Quiet,
        ])),
        // A delete that the journal forgot must not be made again (the epoch tells).
        two_way("hc7-deleted-again").journal(Journal::Back(50)).acts(settled(4).chain([
            delete("shoot/00.jpg"),
            Act::Wait(180_000),
            Act::Quiet,
            Act::put("shoot/00.jpg", 100, 20),
            Act::Quiet,
            delete("shoot/00.jpg"),
        ])),
        // Others write what is being deleted, at every moment of it.
        two_way("hb1-changed-while-deleted").acts(
            settled(9)
                .chain((0..4).map(|n| delete(&format!("shoot/{n:02}.jpg"))))
                .chain((0..16).map(|n| Act::put(&format!("shoot/{:02}.jpg", n % 4), 200 + n, 41)))
                .chain([Act::Wait(180_000), Act::Quiet]),
        ),
        two_way("ha31-edited-while-trashed").acts(
            settled(9)
                .chain((0..4).map(|n| remove(&format!("shoot/{n:02}.jpg"))))
                .chain([Act::Wait(119_000)])
                .chain((0..16).map(|n| Act::write(&format!("shoot/{:02}.jpg", n % 4), 200 + n, 41)))
                .chain([Act::Wait(180_000), Act::Quiet]),
        ),
        // I16: most contents replaced in one round, here and there.
        two_way("overwritten-here")
            .acts(settled(8).chain([Act::Pause]))
            .acts((0..8).map(|n| Act::write(&format!("shoot/{n:02}.jpg"), 200 + n, 50)))
            .acts([Act::Wait(5_000), Act::Resume, Act::Quiet, Act::BringBack, Act::Quiet]),
        two_way("overwritten-there")
            .acts(settled(8).chain([Act::Pause]))
            .acts((0..8).map(|n| Act::put(&format!("shoot/{n:02}.jpg"), 200 + n, 50)))
            .acts([Act::Resume, Act::Quiet, Act::BringBack, Act::Quiet]),
        // HD7: a few at a time are many: here, and there.
        two_way("hd7-files-that-are-encrypted-in-portions-meet-the-brake")
            .acts(settled(18))
            .acts((0..18).flat_map(|n| {
                let wait = if n % 3 == 2 { 20_000 } else { 0 };
                [Act::write(&format!("shoot/{n:02}.jpg"), 200 + n, 50), Act::Wait(wait)]
            }))
            .acts([Act::Quiet, Act::BringBack, Act::Quiet]),
        two_way("hd7-replaced-there-in-portions")
            .acts(settled(18))
            .acts((0..18).flat_map(|n| {
                let wait = if n % 3 == 2 { 70_000 } else { 0 };
                [Act::put(&format!("shoot/{n:02}.jpg"), 200 + n, 50), Act::Wait(wait)]
            }))
            .acts([Act::Quiet, Act::Go, Act::Quiet])
            // The word was for all of them: what comes next begins anew.
            .acts([Act::put("shoot/00.jpg", 300, 51), Act::Wait(70_000), Act::Quiet]),
        // HD5: what a person meant does not count against the next deletes.
        two_way("hd5-meant-and-deleted-again")
            .acts(settled(30))
            .at_once((0..10).map(|n| delete(&format!("shoot/{n:02}.jpg"))))
            .acts([Act::Wait(180_000), Act::Quiet, Act::Go, Act::Wait(60_000), Act::Quiet])
            .acts([delete("shoot/10.jpg"), Act::Wait(180_000), Act::Quiet]),
        // I16: a few at a time are many.
        two_way("many-small-deletes")
            .acts(settled(14))
            .acts((0..12).flat_map(|n| {
                let wait = if n % 3 == 2 { 4_000 } else { 0 };
                [delete(&format!("shoot/{n:02}.jpg")), Act::Wait(wait)]
            }))
            .acts([Act::Wait(180_000), Act::Quiet, Act::BringBack, Act::Quiet]),
        // I16: the person means what was asked, not what came since.
        two_way("answer-to-another-question")
            .acts(settled(14))
            .at_once((0..6).map(|n| delete(&format!("shoot/{n:02}.jpg"))))
            .acts([Act::Wait(5_000)])
            .at_once((6..14).map(|n| delete(&format!("shoot/{n:02}.jpg"))).chain([Act::Go]))
            .acts([Act::Wait(60_000), Act::Quiet, Act::BringBack, Act::Quiet]),
        // HD10: left out later.
        two_way("hd10-left-out-later").acts(settled(4).chain([
            Act::Ignore("01.jpg".to_owned()),
            Act::Wait(180_000),
            Act::Quiet,
        ])),
        // HB16: listings that miss a key, while files here are touched.
        two_way("hb16-listings-miss-keys").faults([("list", Fault::ListMisses); 60]).acts(
            some_files(4)
                .chain([Act::Wait(9_000)])
                .chain((0..12).map(|n| Act::Touch(format!("shoot/{:02}.jpg", n % 4))))
                .chain([Act::Quiet]),
        ),
        // HA3: other bytes, as many as before, on either side.
        two_way("ha3-same-sizes").acts(settled(3).chain([
            Act::KeepTime { path: "shoot/00.jpg".to_owned(), tag: 50 },
            Act::put("shoot/01.jpg", 51, 21),
            Act::Quiet,
        ])),
        // HA15, HA3: a file that is moved and written to at once.
        two_way("ha15-moved-and-written")
            .acts(settled(3))
            .at_once([
                Act::KeepTime { path: "shoot/00.jpg".to_owned(), tag: 50 },
                rename("shoot/00.jpg", "best/00.jpg"),
                rename("shoot/01.jpg", "best/01.jpg"),
                Act::KeepTime { path: "best/01.jpg".to_owned(), tag: 51 },
            ])
            .acts([Act::Wait(180_000), Act::Quiet]),
        // HB1: others write to the new name while a file is moved to it.
        two_way("hb1-moved-onto")
            .acts(settled(12))
            .at_once((0..12).map(|n| rename(&format!("shoot/{n:02}.jpg"), &format!("best/{n:02}.jpg"))))
            .acts([Act::Wait(1_000)])
            .at_once(
                (0..12).flat_map(|n| [Act::Wait(130), Act::put(&format!("best/{n:02}.jpg"), 200 + n, 41)]),
            )
            .acts([Act::Wait(180_000), Act::Quiet]),
        // HD3: the same conflict twice a day.
        two_way("hd3-two-conflicts").acts(settled(1).chain([
            Act::put("shoot/00.jpg", 11, 41),
            Act::write("shoot/00.jpg", 10, 40),
            Act::Quiet,
            Act::put("shoot/00.jpg", 13, 43),
            Act::write("shoot/00.jpg", 12, 42),
            Act::Quiet,
        ])),
        // Deletes are taken back, with versions and without, and after others wrote.
        two_way("taken-back").acts(settled(3).chain([
            delete("shoot/00.jpg"),
            Act::Wait(180_000),
            Act::Undo,
            Act::Quiet,
            remove("shoot/01.jpg"),
            Act::Wait(180_000),
            Act::Undo,
            Act::Quiet,
        ])),
        two_way("taken-back-too-late")
            .profile(Profile::UNVERSIONED)
            .acts(settled(3).chain([delete("shoot/00.jpg"), Act::Wait(180_000), Act::Quiet]))
            .at_once([Act::put("shoot/00.jpg", 50, 29), Act::Undo])
            .acts([Act::Quiet, delete("shoot/01.jpg"), Act::Wait(180_000), Act::Undo, Act::Quiet]),
        // What a download replaced comes back, in its place or, where somebody wrote since, beside it.
        two_way("taken-back-replaced").acts(settled(3).chain([
            Act::put("shoot/00.jpg", 50, 31),
            Act::Wait(70_000),
            Act::Quiet,
            Act::Undo,
            Act::Quiet,
            Act::put("shoot/01.jpg", 51, 32),
            Act::Wait(70_000),
            Act::Quiet,
            Act::write("shoot/01.jpg", 52, 33),
            Act::Undo,
            Act::Quiet,
        ])),
        // S3: a person's word on conflicts, and taken back.
        two_way("hd1-settled-and-taken-back").acts(settled(2).chain([
            Act::put("shoot/00.jpg", 50, 41),
            Act::write("shoot/00.jpg", 51, 42),
            Act::Wait(70_000),
            Act::Quiet,
            Act::Settle { mine: true },
            Act::Quiet,
            Act::Undo,
            Act::Quiet,
            Act::put("shoot/01.jpg", 52, 43),
            Act::write("shoot/01.jpg", 53, 44),
            Act::Wait(70_000),
            Act::Quiet,
            Act::Settle { mine: false },
            Act::Quiet,
            Act::Undo,
            Act::Quiet,
        ])),
        // HC9: power loss in the first sync; HB35: names and times without bytes.
        two_way("hc9-careless-programs")
            .disk(DiskOptions { careful: false, ..DiskOptions::default() })
            .acts(some_files(3).chain([Act::put("there.jpg", 50, 300), Act::Wait(8_000)])),
        // HA22: a name is a file or a folder, also where what is here lies still.
        two_way("ha22-file-and-folder").acts([
            Act::write("a", 1, 30),
            Act::write("d/e.jpg", 2, 31),
            Act::Quiet,
            Act::put("a/b.jpg", 3, 32),
            Act::put("d", 4, 33),
            Act::Wait(60_000),
            Act::Quiet,
            delete("d"),
            Act::Wait(180_000),
            Act::Quiet,
        ]),
        // HA16: another spelling of its own name, for a file and for a folder.
        two_way("ha16-spelled-otherwise").disk(insensitive()).acts(settled(3).chain([
            rename("shoot/00.jpg", "shoot/00.JPG"),
            Act::Wait(180_000),
            Act::Quiet,
            rename("shoot", "Shoot"),
            Act::Wait(180_000),
            Act::Quiet,
        ])),
        two_way("ha16-spelled-otherwise-unseen").disk(DiskOptions { events: false, ..insensitive() }).acts(
            settled(3).chain([
                rename("shoot", "Shoot"),
                Act::Wait(700_000),
                Act::write("Shoot/00.jpg", 60, 10),
                rename("Shoot/00.jpg", "Shoot/00.JPG"),
                Act::Wait(700_000),
                Act::Quiet,
            ]),
        ),
        // And the old one changes there meanwhile.
        two_way("ha16-spelled-otherwise-and-changed-there")
            .disk(insensitive())
            .acts(settled(3))
            .at_once([
                rename("shoot/00.jpg", "shoot/00.JPG"),
                Act::put("shoot/00.jpg", 50, 41),
                delete("shoot/01.jpg"),
                Act::write("shoot/01.JPG", 51, 42),
            ])
            .acts([Act::Wait(180_000), Act::Quiet]),
        // HA16: by another computer, and by another program.
        two_way("ha16-spelled-otherwise-by-another")
            .disk(insensitive())
            .acts(settled(3))
            .acts_at(1, [Act::Wait(180_000), Act::Quiet])
            .acts([rename("shoot/00.jpg", "shoot/00.JPG"), Act::Wait(180_000), Act::Quiet])
            .acts_at(1, [Act::Wait(180_000), Act::Quiet])
            .at_once([remove("shoot/01.jpg"), Act::put("Shoot/01.jpg", 101, 21)])
            .acts([Act::Wait(180_000), Act::Quiet])
            .acts_at(1, [Act::Wait(180_000), Act::Quiet]),
        // HA17: one comes down, and the other when the first is gone, there or here.
        two_way("ha17-twins-there").disk(insensitive()).acts(twins().chain([
            Act::Quiet,
            remove("A.jpg"),
            Act::Wait(180_000),
            Act::Quiet,
            delete("Photos"),
            Act::Wait(180_000),
            Act::Quiet,
        ])),
        two_way("ha17-a-twin-of-what-is-here").disk(insensitive()).acts([
            Act::put("A.jpg", 1, 30),
            Act::write("a.jpg", 2, 31),
            Act::write("photos/one.jpg", 3, 32),
            Act::Quiet,
            Act::put("photos/ONE.jpg", 4, 33),
            Act::put("Photos/two.jpg", 5, 34),
            Act::put("PHOTOS", 6, 35),
            Act::write("photos/two.jpg", 7, 36),
            Act::Wait(70_000),
            Act::Quiet,
            Act::write("a.jpg", 8, 37),
            Act::put("A.jpg", 9, 38),
            Act::Quiet,
            delete("a.jpg"),
            Act::Wait(180_000),
            Act::Quiet,
        ]),
        // HA18: letters that are composed otherwise.
        two_way("ha18-composed-otherwise").disk(insensitive()).acts([
            Act::put("caf\u{e9}.jpg", 1, 30),
            Act::put("cafe\u{301}.jpg", 2, 31),
            Act::write("r\u{e9}sum\u{e9}/cv.txt", 3, 32),
            Act::Quiet,
            rename("r\u{e9}sum\u{e9}", "re\u{301}sume\u{301}"),
            Act::Wait(180_000),
            Act::Quiet,
            remove("caf\u{e9}.jpg"),
            Act::Wait(180_000),
            Act::Quiet,
        ]),
        // What the disk makes of names cannot be found out: it is taken for one that makes one of several.
        two_way("ha17-not-found-out").disk(DiskOptions { secretive: true, ..DiskOptions::default() }).acts([
            Act::write("A.jpg", 1, 30),
            Act::write("a.jpg", 2, 31),
            Act::write("b.jpg", 3, 32),
            Act::Quiet,
            Act::put("B.jpg", 4, 33),
            Act::put("a.jpg", 5, 34),
            Act::Wait(70_000),
            Act::Quiet,
            delete("A.jpg"),
            rename("b.jpg", "c.jpg"),
            Act::Wait(180_000),
            Act::Quiet,
        ]),
        Plan::new("ha16-spelled-otherwise-up", Mode::MirrorUp).disk(insensitive()).acts(settled(3).chain([
            rename("shoot/00.jpg", "shoot/00.JPG"),
            Act::put("SHOOT/01.jpg", 50, 41),
            Act::Wait(180_000),
            Act::Quiet,
            rename("shoot", "Shoot"),
            Act::Wait(180_000),
            Act::Quiet,
        ])),
        Plan::new("ha17-twins-down", Mode::MirrorDown).disk(insensitive()).acts(twins().chain([
            Act::Quiet,
            rename("A.jpg", "a.JPG"),
            Act::write("own.jpg", 50, 41),
            Act::put("OWN.jpg", 51, 42),
            Act::Wait(180_000),
            Act::Quiet,
            remove("A.jpg"),
            remove("Photos"),
            delete("own.jpg"),
            Act::Wait(180_000),
            Act::Quiet,
        ])),
        // HA17: what the journal knows comes before what would be first by its name.
        Plan::new("ha17-known-first", Mode::MirrorDown).disk(insensitive()).acts([
            Act::put("a.jpg", 1, 30),
            Act::Quiet,
            Act::put("A.jpg", 2, 31),
            Act::Quiet,
            delete("a.jpg"),
            Act::Wait(180_000),
            Act::Quiet,
        ]),
        Plan::new("mirror-up", Mode::MirrorUp).acts(settled(3).chain([
            Act::write("shoot/00.jpg", 10, 40),
            delete("shoot/01.jpg"),
            Act::put("theirs.jpg", 30, 9),
            Act::put("shoot/02.jpg", 31, 9),
            Act::Wait(180_000),
            Act::Quiet,
        ])),
        Plan::new("mirror-down", Mode::MirrorDown).acts(objects(3).chain([
            Act::Quiet,
            Act::put("shoot/00.jpg", 10, 40),
            remove("shoot/01.jpg"),
            Act::write("mine.jpg", 30, 9),
            Act::write("shoot/02.jpg", 31, 9),
            Act::Wait(180_000),
            Act::Quiet,
        ])),
        // HB24: the folder is removed while an upload of it waits for a login, to see whose object is there.
        Plan::new("hb24-removed-while-it-waits", Mode::MirrorUp)
            .profile(Profile::BARE)
            .faults([("complete_upload", Fault::Expired), ("get", Fault::Expired)])
            .acts([Act::write("clip.mov", 1, LARGE), Act::Wait(8_000), Act::put("clip.mov", 2, LARGE)])
            .acts([Act::Wait(95_000), Act::LoseMarker]),
        // HA3, HA15: renamed, written to with its time put back, and it cannot be read when it is to be renamed there, too.
        Plan::new("ha15-moved-and-unread", Mode::MirrorUp)
            .acts([Act::write("a.jpg", 1, 64), Act::Quiet, Act::Fault("read", Fault::Eio)])
            .at_once([rename("a.jpg", "b.jpg"), Act::KeepTime { path: "b.jpg".to_owned(), tag: 2 }])
            .acts([Act::Quiet]),
        // HB35: a file was emptied and its time put back, and by another way the object is empty, too: they are equal.
        Plan::new("hb35-empty-on-both-sides", Mode::MirrorUp)
            .acts([Act::write("b.jpg", 1, 83), Act::Quiet, Act::put("b.jpg", 2, 0)])
            .acts([Act::Empty("b.jpg".to_owned()), Act::Quiet]),
        // HA33, I11: a file that this folder only receives was written to, and the clock is set back since: its times lie ahead.
        Plan::new("ha33-set-back-behind-an-edit", Mode::MirrorDown)
            .acts([Act::put("a.jpg", 1, 40), Act::Quiet, Act::write("a.jpg", 2, 50), Act::Wait(9_000)])
            .acts([Act::Jump(-3_404_859), Act::Wait(30_000)]),
        // HA3: what came down is written to and its time put back, before anybody looked at it again.
        Plan::new("ha3-rewritten-behind-a-download", Mode::TwoWay)
            .acts(objects(8))
            .acts(std::iter::once(Act::Wait(1_500)))
            .acts((0..8).map(|n| Act::KeepTime { path: format!("shoot/{n:02}.jpg"), tag: 200 + n })),
        // HA3: the same at the very moment at which each of them gets its name.
        Plan::new("ha3-rewritten-at-once-behind-a-download", Mode::TwoWay)
            .acts(objects(8))
            .acts(std::iter::once(Act::Wait(1_000)))
            .acts((0..160).flat_map(|n| {
                [Act::Wait(7), Act::KeepTime { path: format!("shoot/{:02}.jpg", n % 8), tag: 200 + n }]
            })),
        // I4: a request takes effect when the folder was set up anew since: what it names was the base when it was sent.
        Plan::new("hb5-late-into-a-new-folder", Mode::TwoWay)
            .faults([("complete_upload", Fault::Late)])
            .acts([Act::write("clip.mov", 1, 0), Act::Quiet, Act::write("clip.mov", 2, LARGE)])
            .acts([Act::Wait(2_500), Act::LoseMarker]),
        // I4: what a failed transfer expected is true again by accident, and the person tries again.
        Plan::new("hb19-tried-again-over-a-restore", Mode::MirrorUp)
            .faults([("read", Fault::Eio)])
            .acts([Act::write("a.jpg", 1, 0), Act::Quiet, Act::write("a.jpg", 2, 30), Act::Quiet])
            .acts([Act::Wait(130_000), Act::Quiet, Act::put("a.jpg", 9, 0), Act::Quiet]),
        // HB29, HB12: bodies that end early, and another version every time it goes on.
        Plan::new("hb29-other-versions", Mode::MirrorDown)
            .profile(Profile::BARE)
            .faults([("get", Fault::BodyCut); 6])
            .acts((0..12).map(|n| Act::put("clip.mov", 10 + n, 9_000)))
            .acts([Act::Quiet]),
        Plan::new("hb12-flipped-bits", Mode::MirrorDown)
            .faults([("get", Fault::BitFlip); 3])
            .acts(objects(4).chain([Act::Quiet])),
        Plan::new("hb12-short-bodies", Mode::MirrorDown)
            .profile(Profile::BARE)
            .faults([("get", Fault::BodyShort); 4])
            .acts(objects(4).chain([Act::put("clip.mov", 10, 9_000), Act::Quiet])),
        Plan::new("mirror-down-large", Mode::MirrorDown).acts([
            Act::put("clip.mov", 10, LARGE),
            Act::Quiet,
            Act::put("clip.mov", 11, LARGE),
            Act::Wait(100),
            Act::put("clip.mov", 12, LARGE),
            Act::Quiet,
        ]),
    ]
}

/// All of them.
pub(crate) fn all() -> Vec<Plan> {
    for_ingest().into_iter().chain(for_sync()).collect()
}

#[test]
fn there_are_enough_scenarios_and_every_one_is_a_test() {
    let mut names: Vec<String> = all().iter().map(Plan::test_name).collect();
    names.sort();
    let mut tests: Vec<String> = crate::named::NAMES.iter().map(|name| (*name).to_owned()).collect();
    tests.sort();
    assert_eq!(names, tests);
    names.dedup();
    assert_eq!(names.len(), tests.len(), "two of one name");
    assert!(for_ingest().len() >= 25 && for_sync().len() >= 25);
}
