//! The test of the tests: each of these mistakes must be seen.
use windlass_domain::JobKind;
use windlass_engine::planted::{Bug, plant};
use windlass_testkit::Profile;

use crate::{deaths, weather};

fn caught(bug: Bug) -> Option<String> {
    plant(bug);
    let by_death = [Profile::UNVERSIONED, Profile::BARE]
        .into_iter()
        .find_map(|profile| deaths::everywhere(JobKind::Move, profile).err());
    let by_others = || {
        [deaths::Deed::DeleteCopies, deaths::Deed::ChangeSources]
            .into_iter()
            .find_map(|deed| deaths::others_everywhere(Profile::UNVERSIONED, deed).err())
    };
    by_death.or_else(by_others).or_else(|| (0..2000).find_map(|seed| weather::schedule(seed).err()))
}

#[test]
fn every_planted_mistake_of_jobs_is_caught() {
    let missed: Vec<Bug> = Bug::JOBS
        .into_iter()
        .filter(|bug| {
            let how = caught(*bug);
            println!("{bug:?}: {}", how.as_deref().unwrap_or("nobody saw it"));
            how.is_none()
        })
        .collect();
    plant(Bug::None);
    assert_eq!(missed, Vec::<Bug>::new());
}
