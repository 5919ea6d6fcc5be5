//! Journals that lie on a bad disk: whatever a flipped bit makes of them, nothing is deleted, no content is lost, and both sides come
//! to the same.
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use windlass_domain::Mode;
use windlass_engine::EngineOptions;
use windlass_ports::Journal as _;
use windlass_practice::{Op, Profile};

use crate::house::{BUCKET, House, quick};
use crate::sync::{copy_folder, paired, settled};

/// Journals tried on one computer; `WINDLASS_FLIPS` says how many in all, on as many computers as that takes.
const FLIPS: usize = 30;

/// What is there under names that a person sees.
fn visible(folder: &Path) -> BTreeSet<Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
    files.map(|entry| std::fs::read(entry.path()).unwrap()).collect()
}

async fn objects(house: &House) -> BTreeSet<Vec<u8>> {
    let listed = house.raw.list_objects_v2().bucket(BUCKET).prefix("job/").send().await.unwrap();
    let mut all = BTreeSet::new();
    for object in listed.contents() {
        let key = object.key().unwrap();
        if !key.contains("/.windlass/") {
            all.extend(house.object(key).await);
        }
    }
    all
}

/// Numbers from a seed: Marsaglia's xorshift.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most as u64).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hc6_flipped_bits_in_the_journal_delete_nothing_and_lose_no_content() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let flips = number("WINDLASS_FLIPS").map_or(FLIPS, |many| usize::try_from(many).unwrap());
    let seed = number("WINDLASS_SEED").unwrap_or(0x5EED_0006);
    println!("WINDLASS_SEED={seed}");
    let mut dice = Dice(seed);
    let (mut put_aside, mut kept) = (0, 0);
    for done in (0..flips).step_by(FLIPS) {
        let (aside, used) = flipped(&mut dice, seed, FLIPS.min(flips - done)).await;
        put_aside += aside;
        kept += used;
    }
    println!("{flips} journals, {put_aside} put aside, {kept} used");
    // Both kinds were met: a journal that is put aside every time would make all of this easy.
    assert!(flips < FLIPS || (put_aside > 0 && kept > 0), "{put_aside} put aside, {kept} used");
}

/// How many journals were put aside, and how many were used as they were.
async fn flipped(dice: &mut Dice, seed: u64, flips: usize) -> (usize, usize) {
    let options = EngineOptions {
        absence: Duration::from_millis(100),
        remote_every: Duration::from_secs(3600),
        ..quick()
    };
    let mut house = House::with(Profile::Aws, options).await;
    house.keep_versions().await;
    for n in 0..flips {
        house.write(&format!("mine-{n}.jpg"), 60);
        house.write(&format!("theirs-{n}.jpg"), 60);
    }
    let pair = paired(&house, Mode::TwoWay).await;
    settled(house.core(), &pair).await;
    house.stop().await;
    let (data, sound) = (house.path("data"), house.path("sound"));
    copy_folder(&data, &sound);
    let journal = data.join(windlass_compose::JOURNAL_FILE);
    let (mut put_aside, mut kept) = (0, 0);
    for n in 0..flips {
        std::fs::remove_dir_all(&data).unwrap();
        copy_folder(&sound, &data);
        let mut bytes = std::fs::read(&journal).unwrap();
        for _ in 0..=dice.below(6) {
            let (at, bit) = (dice.below(bytes.len()), dice.below(8));
            bytes[at] ^= 1 << bit;
        }
        std::fs::write(&journal, &bytes).unwrap();
        let (mine, theirs) = (format!("mine's edit {n}"), format!("theirs' edit {n}"));
        std::fs::write(house.card().join(format!("mine-{n}.jpg")), &mine).unwrap();
        house.put(&format!("job/theirs-{n}.jpg"), theirs.as_bytes()).await;
        // All that is to be seen somewhere, but what a person has just replaced.
        let mut before = visible(&house.card());
        before.extend(objects(&house).await);
        house.start().await;
        let pair = match house.core().journal.pairs().await.unwrap().pop() {
            Some(pair) => pair,
            None => paired(&house, Mode::TwoWay).await,
        };
        settled(house.core(), &pair).await;
        let why = format!("WINDLASS_SEED={seed}, journal {n}");
        assert_eq!(house.log(Op::DeleteObject).len(), 0, "{why}: nothing was deleted");
        let (here, there) = (visible(&house.card()), objects(&house).await);
        assert_eq!(here, there, "{why}: both sides are the same");
        for wanted in [&mine, &theirs] {
            assert!(here.contains(wanted.as_bytes()), "{why}: {wanted} is to be seen");
        }
        let replaced = [
            crate::house::bytes_of(&format!("mine-{n}.jpg"), 60),
            crate::house::bytes_of(&format!("theirs-{n}.jpg"), 60),
        ];
        for content in before.difference(&here) {
            assert!(replaced.contains(content), "{why}: {} is gone", String::from_utf8_lossy(content));
        }
        house.stop().await;
        let aside = std::fs::read_dir(&data)
            .unwrap()
            .any(|entry| entry.unwrap().file_name().to_string_lossy().contains(".damaged-"));
        if aside {
            put_aside += 1;
        } else {
            kept += 1;
        }
    }
    (put_aside, kept)
}
