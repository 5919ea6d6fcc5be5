//! The command line as scripts meet it: the built program, its JSON and its exit codes, against the practice endpoint.
#![cfg(test)]

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use windlass_practice::{PracticeOptions, PracticeServer};

/// Longer than any command here takes; only a hang meets it.
const HANG: Duration = Duration::from_secs(60);
const BUCKET: &str = "inspections-practice";

struct Lab {
    folder: TempDir,
    server: PracticeServer,
}

impl Lab {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = PracticeServer::start(PracticeOptions::new(folder.path().join("server"))).await.unwrap();
        std::fs::create_dir_all(folder.path().join("card/in")).unwrap();
        std::fs::write(folder.path().join("card/a.jpg"), vec![7; 30_000]).unwrap();
        std::fs::write(folder.path().join("card/in/b.jpg"), vec![8; 50_000]).unwrap();
        Self { folder, server }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_windlass"));
        command
            .env_clear()
            .env("HOME", self.path("home"))
            .env("AWS_ACCESS_KEY_ID", self.server.access_key())
            .env("AWS_SECRET_ACCESS_KEY", self.server.secret_key())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ENDPOINT_URL", self.server.endpoint())
            .env("WINDLASS_DATA", self.path("data"))
            .args(arguments)
            .kill_on_drop(true)
            .stdin(Stdio::null());
        command
    }

    async fn run(&self, arguments: &[&str]) -> (i32, Vec<Value>) {
        end(self.command(arguments)).await
    }

    fn card(&self) -> String {
        self.path("card").to_string_lossy().into_owned()
    }
}

async fn end(mut command: Command) -> (i32, Vec<Value>) {
    let output: Output = tokio::time::timeout(HANG, command.output()).await.expect("it ends").unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    (output.status.code().unwrap_or(-1), lines)
}

fn address(rest: &str) -> String {
    format!("s3://{BUCKET}/{rest}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_goes_up_is_verified_and_comes_down_again() {
    let lab = Lab::new().await;
    let (code, lines) =
        lab.run(&["sync", &lab.card(), &address("job"), "--mode", "ingest", "--settle", "0", "--json"]).await;
    assert_eq!(code, 0, "{lines:?}");
    assert_eq!((lines[0]["safe"].as_u64(), lines[0]["total"].as_u64()), (Some(2), Some(2)));
    let (code, lines) = lab.run(&["status", "--json"]).await;
    assert_eq!((code, lines[0]["safe"].as_u64()), (0, Some(2)));
    let (code, lines) = lab.run(&["transfers", "--which", "done", "--json"]).await;
    assert_eq!((code, lines.len()), (0, 2));
    let (code, lines) = lab.run(&["verify", &lab.card(), &address("job"), "--json"]).await;
    assert_eq!((code, lines.last().unwrap()["verified"].as_u64()), (0, Some(2)));
    let (code, lines) = lab.run(&["ls", &address("job/"), "-r", "--json"]).await;
    assert_eq!((code, lines.len()), (0, 2), "{lines:?}");
    let to = lab.path("back").to_string_lossy().into_owned();
    let (code, lines) = lab.run(&["cp", &address("job/"), &to, "--json"]).await;
    assert_eq!((code, lines[0]["done"].as_u64()), (0, Some(2)), "{lines:?}");
    assert_eq!(std::fs::read(lab.path("back/in/b.jpg")).unwrap(), vec![8; 50_000]);
    // The same once more: what is there stays, and the exit code says that somebody has to look.
    let (code, lines) = lab.run(&["cp", &address("job/"), &to, "--json"]).await;
    assert_eq!((code, lines[0]["failures"].as_u64()), (3, Some(2)));
    let (code, lines) = lab.run(&["cp", &lab.card(), &address("drop/"), "--json"]).await;
    assert_eq!((code, lines[0]["done"].as_u64()), (0, Some(2)), "{lines:?}");
    // Wrong bytes under a right name are found without the journal's help.
    std::fs::write(lab.path("card/a.jpg"), vec![9; 30_000]).unwrap();
    let (code, lines) = lab.run(&["verify", &lab.card(), &address("job"), "--json"]).await;
    assert_eq!((code, lines[0]["state"].as_str()), (3, Some("differs")), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_trouble_has_its_exit_code_and_plain_words() {
    let lab = Lab::new().await;
    let sync = ["sync", &lab.card(), &address("job"), "--mode", "ingest", "--json"];
    let mut wrong_secret = lab.command(&["ls", "--json"]);
    wrong_secret.env("AWS_SECRET_ACCESS_KEY", "wrong");
    let mut nobody = lab.command(&["ls", "--json"]);
    nobody.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    for (what, command, expected) in [
        ("no sense", lab.command(&["sync", "--json"]), 2),
        ("two local sides", lab.command(&["cp", "/a", "/b", "--json"]), 2),
        ("wrong secret", wrong_secret, 5),
        ("nobody answers", nobody, 4),
        ("no bucket", lab.command(&["ls", "s3://no-such-bucket-here/", "--json"]), 7),
        (
            "no folder",
            lab.command(&["sync", "/no/such/folder", &address("x"), "--mode", "ingest", "--json"]),
            7,
        ),
        ("no journal yet", lab.command(&["status", "--json"]), 7),
    ] {
        let (code, lines) = end(command).await;
        assert_eq!(code, expected, "{what}: {lines:?}");
        if expected != 2 || !lines.is_empty() {
            let words = lines[0]["error"].as_str().unwrap_or_default();
            assert!(words.len() > 10 && !words.contains("Error("), "{what}: {words}");
            assert_eq!(lines[0]["exit_code"].as_i64(), Some(i64::from(expected)), "{what}");
        }
    }
    assert_eq!(lab.run(&sync).await.0, 0, "and with everything right it works");
}

#[tokio::test(flavor = "multi_thread")]
async fn ha34_two_at_once_share_no_journal_and_the_second_says_so() {
    let lab = Lab::new().await;
    let mut first =
        lab.command(&["watch", &lab.card(), &address("job"), "--mode", "ingest", "--settle", "0", "--json"]);
    let mut running = first.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
    let safe = async {
        loop {
            let line = lines.next_line().await.unwrap().expect("it goes on watching");
            if serde_json::from_str::<Value>(&line).is_ok_and(|l| l["safe"] == 2) {
                return;
            }
        }
    };
    tokio::time::timeout(HANG, safe).await.expect("the folder becomes Safe");
    let (code, lines) = lab.run(&["cp", &lab.card(), &address("other/"), "--json"]).await;
    assert_eq!(code, 6, "{lines:?}");
    let (code, lines) = lab.run(&["status", "--json"]).await;
    assert_eq!((code, lines[0]["safe"].as_u64()), (0, Some(2)), "reading works beside the owner");
    running.kill().await.unwrap();
    assert_eq!(
        lab.run(&["cp", &lab.card(), &address("other/"), "--json"]).await.0,
        0,
        "its lock went with it"
    );
}

/// A second computer: the same bucket, a folder and a journal of its own.
impl Lab {
    async fn elsewhere(&self, arguments: &[&str]) -> (i32, Vec<Value>) {
        let mut command = self.command(arguments);
        command.env("WINDLASS_DATA", self.path("data-elsewhere"));
        end(command).await
    }

    fn other(&self) -> String {
        std::fs::create_dir_all(self.path("other")).unwrap();
        self.path("other").to_string_lossy().into_owned()
    }
}

const TWO_WAY: [&str; 5] = ["--mode", "two-way", "--settle", "0", "--json"];

fn sync<'a>(folder: &'a str, address: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    ["sync", folder, address].iter().chain(rest).copied().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_does_nothing_and_a_folder_keeps_its_mode() {
    let lab = Lab::new().await;
    let (card, there) = (lab.card(), address("planned"));
    let (code, lines) =
        lab.run(&sync(&card, &there, &["--mode", "mirror-up", "--settle", "0", "--dry-run", "--json"])).await;
    assert_eq!(
        (code, lines[0]["steps"].as_u64(), lines[0]["same"].as_u64()),
        (0, Some(2), Some(0)),
        "{lines:?}"
    );
    assert!(lines[0]["plan"].as_str().unwrap().contains('2'), "{lines:?}");
    let steps: Vec<_> =
        lines[1..].iter().map(|l| (l["what"].as_str().unwrap(), l["path"].as_str().unwrap())).collect();
    assert_eq!(steps, [("upload", "a.jpg"), ("upload", "in/b.jpg")]);
    let (code, lines) = lab.run(&["ls", &address("planned/"), "-r", "--json"]).await;
    assert_eq!(
        (code, &lines[0]["exit_code"]),
        (7, &7.into()),
        "nothing is there: nothing of it was done: {lines:?}"
    );
    let (_, lines) = lab.run(&["status", "--json"]).await;
    assert_eq!((&lines[0]["mode"], &lines[0]["paused"]), (&"mirror-up".into(), &true.into()), "{lines:?}");
    assert!(lines[0]["brake"].is_null() && lines[0]["conflicts"] == 0);

    let (code, lines) =
        lab.run(&sync(&card, &there, &["--mode", "mirror-up", "--settle", "0", "--json"])).await;
    assert_eq!(
        (code, lines[0]["safe"].as_u64(), &lines[0]["mode"]),
        (0, Some(2), &"mirror-up".into()),
        "{lines:?}"
    );
    let (code, lines) = lab.run(&sync(&card, &there, &TWO_WAY)).await;
    assert_eq!(code, 2, "another mode is not slipped in: {lines:?}");
    assert!(lines[0]["error"].as_str().unwrap().contains("--change-mode"));
    let (code, lines) = lab.run(&sync(&card, &there, &["--mode", "two-way", "--plan", "--json"])).await;
    assert_eq!(
        (code, lines[0]["steps"].as_u64(), lines[0]["same"].is_u64()),
        (0, Some(0), true),
        "{lines:?}"
    );
    let (_, lines) = lab.run(&["status", "--json"]).await;
    let after = (&lines[0]["mode"], &lines[0]["paused"]);
    assert_eq!(after, (&"mirror-up".into(), &false.into()), "a plan leaves the folder as it was");
    let change = ["--mode", "two-way", "--change-mode", "--settle", "0", "--json"];
    let (code, lines) = lab.run(&sync(&card, &there, &change)).await;
    assert_eq!((code, &lines[0]["mode"]), (0, &"two-way".into()), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ha6_a_lost_marker_is_told_and_mended_by_a_word() {
    let lab = Lab::new().await;
    let (card, there) = (lab.card(), address("marked"));
    let (code, lines) = lab.run(&sync(&card, &there, &TWO_WAY)).await;
    assert_eq!((code, lines[0]["safe"].as_u64()), (0, Some(2)), "{lines:?}");
    std::fs::remove_dir_all(lab.path("card/.windlass")).unwrap();
    std::fs::remove_file(lab.path("card/a.jpg")).unwrap();
    let (code, lines) = lab.run(&sync(&card, &there, &TWO_WAY)).await;
    assert_eq!(code, 7, "{lines:?}");
    assert!(lines[0]["error"].as_str().unwrap().contains("--merge"), "{lines:?}");
    assert!(!lab.path("card/a.jpg").exists(), "nothing was done");
    let mut words = TWO_WAY.to_vec();
    words.push("--merge");
    let (code, lines) = lab.run(&sync(&card, &there, &words)).await;
    assert_eq!((code, lines[0]["safe"].as_u64()), (0, Some(2)), "{lines:?}");
    assert!(lab.path("card/a.jpg").exists(), "what is missing comes back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_changed_on_both_sides_is_kept_twice_and_resolved_by_a_word() {
    let lab = Lab::new().await;
    let (here, there, other) = (lab.card(), address("both"), lab.other());
    let (code, lines) = lab.run(&sync(&here, &there, &TWO_WAY)).await;
    assert_eq!(
        (code, lines[0]["safe"].as_u64(), lines[0]["conflicts"].as_u64()),
        (0, Some(2), Some(0)),
        "{lines:?}"
    );
    let (code, lines) = lab.elsewhere(&sync(&other, &there, &TWO_WAY)).await;
    assert_eq!((code, lines[0]["safe"].as_u64()), (0, Some(2)), "{lines:?}");
    assert_eq!(std::fs::read(lab.path("other/in/b.jpg")).unwrap(), vec![8; 50_000]);

    std::fs::write(lab.path("card/a.jpg"), vec![1; 31_000]).unwrap();
    std::fs::write(lab.path("other/a.jpg"), vec![2; 32_000]).unwrap();
    let (code, lines) = lab.run(&sync(&here, &there, &TWO_WAY)).await;
    assert_eq!(code, 0, "{lines:?}");
    let (code, lines) = lab.elsewhere(&sync(&other, &there, &TWO_WAY)).await;
    assert_eq!((code, lines[0]["conflicts"].as_u64()), (0, Some(1)), "{lines:?}");
    assert_eq!(
        std::fs::read(lab.path("other/a.jpg")).unwrap(),
        vec![1; 31_000],
        "the bucket's keeps the name"
    );

    let (code, lines) = lab.elsewhere(&["conflicts", "--json"]).await;
    assert_eq!((code, lines.len(), &lines[0]["path"]), (0, 1, &"a.jpg".into()), "{lines:?}");
    let sizes = (lines[0]["mine"]["size"].as_u64(), lines[0]["theirs"]["size"].as_u64());
    assert_eq!(sizes, (Some(32_000), Some(31_000)));
    let kept_as = lines[0]["kept_as"].as_str().unwrap();
    assert_eq!(std::fs::read(lab.path("other").join(kept_as)).unwrap(), vec![2; 32_000], "{kept_as}");
    let id = lines[0]["id"].as_str().unwrap().to_owned();
    let (code, lines) = lab.elsewhere(&["conflicts", "--keep", "mine", &id, "--json"]).await;
    assert_eq!((code, &lines[0]["done"]), (0, &true.into()), "{lines:?}");
    assert_eq!(std::fs::read(lab.path("other/a.jpg")).unwrap(), vec![2; 32_000]);
    let (_, lines) = lab.elsewhere(&["conflicts", "--json"]).await;
    assert!(lines.is_empty(), "{lines:?}");
    let (_, lines) = lab.elsewhere(&["undo", "--json"]).await;
    assert_eq!((&lines[0]["what"], &lines[0]["end"]), (&"kept_both".into(), &"undone".into()), "{lines:?}");
    let (code, lines) = lab.elsewhere(&["conflicts", "--keep", "mine", "no-such-id", "--json"]).await;
    assert_eq!((code, &lines[0]["done"]), (3, &false.into()), "{lines:?}");
    let (code, lines) = lab.elsewhere(&["undo", "no-such-id", "--json"]).await;
    assert_eq!((code, &lines[0]["done"]), (3, &false.into()), "{lines:?}");
    let (code, _) = lab.elsewhere(&["conflicts", "--json", "some-id"]).await;
    assert_eq!(code, 2, "an id without a word makes no sense");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mass_delete_is_asked_about_and_answered_both_ways() {
    let lab = Lab::new().await;
    let (card, there) = (lab.card(), address("many"));
    for i in 0..10 {
        std::fs::write(lab.path("card").join(format!("{i}.jpg")), vec![i; 1000]).unwrap();
    }
    let quick = ["--mode", "two-way", "--settle", "0", "--absence", "0.2", "--json"];
    let (code, lines) = lab.run(&sync(&card, &there, &quick)).await;
    assert_eq!((code, lines[0]["safe"].as_u64()), (0, Some(12)), "{lines:?}");
    let wipe =
        || (0..10).for_each(|i| std::fs::remove_file(lab.path("card").join(format!("{i}.jpg"))).unwrap());
    // What the engine keeps for itself below the prefix is not counted.
    let listed = async || {
        let (_, lines) = lab.run(&["ls", &address("many/"), "-r", "--json"]).await;
        lines.iter().filter(|l| l["key"].as_str().is_some_and(|key| !key.contains("/.windlass/"))).count()
    };
    let before = listed().await;
    assert_eq!(before, 12);

    wipe();
    let (code, lines) = lab.run(&sync(&card, &there, &quick)).await;
    let brake = &lines[0]["brake"];
    assert_eq!(
        (code, brake["delete_there"].as_u64(), brake["of"].as_u64()),
        (3, Some(10), Some(12)),
        "{lines:?}"
    );
    assert_eq!(listed().await, before, "nothing was deleted");
    let (_, lines) = lab.run(&["status", "--json"]).await;
    assert_eq!(lines[0]["brake"]["id"], *brake["id"].as_str().unwrap());
    let id = brake["id"].as_str().unwrap();
    let back: Vec<_> = quick.iter().copied().chain(["--restore", id]).collect();
    let (code, lines) = lab.run(&sync(&card, &there, &back)).await;
    assert_eq!((code, lines[0]["safe"].as_u64()), (0, Some(12)), "{lines:?}");
    assert_eq!(std::fs::read(lab.path("card/7.jpg")).unwrap(), vec![7; 1000], "it came back");

    wipe();
    let (code, lines) = lab.run(&sync(&card, &there, &quick)).await;
    assert_eq!(code, 3, "{lines:?}");
    let id = lines[0]["brake"]["id"].as_str().unwrap();
    let go: Vec<_> = quick.iter().copied().chain(["--yes-delete", id]).collect();
    let (code, lines) = lab.run(&sync(&card, &there, &go)).await;
    assert_eq!((code, lines[0]["safe"].as_u64()), (0, Some(2)), "{lines:?}");
    assert_eq!(listed().await, before - 10);
    // One of them is wanted after all.
    let (_, lines) = lab.run(&["undo", "--json"]).await;
    let change =
        lines.iter().find(|l| l["path"] == "3.jpg" && l["undo"] == true).expect("it can be taken back");
    let id = change["id"].as_str().unwrap();
    let (code, lines) = lab.run(&["undo", id, "--json"]).await;
    assert_eq!((code, &lines[0]["done"]), (0, &true.into()), "{lines:?}");
    let (code, lines) = lab.run(&sync(&card, &there, &quick)).await;
    assert_eq!((code, lines[0]["safe"].as_u64()), (0, Some(3)), "{lines:?}");
    assert_eq!(std::fs::read(lab.path("card/3.jpg")).unwrap(), vec![3; 1000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_a_question_that_nobody_asked_is_refused() {
    let lab = Lab::new().await;
    let (card, there) = (lab.card(), address("asked"));
    for answer in ["--yes-delete", "--restore"] {
        let rest: Vec<_> = TWO_WAY.iter().copied().chain([answer, "18446744073709551615"]).collect();
        let (code, lines) = lab.run(&sync(&card, &there, &rest)).await;
        assert_eq!(code, 3, "{lines:?}");
        assert!(lines[0]["error"].as_str().unwrap().contains("nothing was done"), "{lines:?}");
    }
    let both: Vec<_> = TWO_WAY.iter().copied().chain(["--yes-delete", "1", "--restore", "1"]).collect();
    assert_eq!(lab.run(&sync(&card, &there, &both)).await.0, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_is_made_and_goes_only_when_it_is_empty() {
    let lab = Lab::new().await;
    let (code, lines) = lab.run(&["mb", "s3://made-here", "--versions", "--json"]).await;
    assert_eq!((code, &lines[0]["made"]), (0, &"made-here".into()), "{lines:?}");
    assert_eq!(lab.run(&["mb", "s3://made-here", "--json"]).await.0, 3, "it is there already");
    assert_eq!(lab.run(&["mb", "s3://Made_Here", "--json"]).await.0, 2);
    assert_eq!(lab.run(&["rb", "s3://made-here/in/it", "--json"]).await.0, 2);
    let (code, lines) = lab.run(&["rb", &address(""), "--json"]).await;
    assert!(code == 3 && lines[0]["error"].as_str().unwrap().contains("objects"), "{lines:?}");
    let (code, lines) = lab.run(&["rb", "s3://made-here", "--json"]).await;
    assert_eq!((code, &lines[0]["deleted"]), (0, &"made-here".into()), "{lines:?}");
    let (_, lines) = lab.run(&["ls", "--json"]).await;
    assert_eq!(lines.iter().map(|line| line["bucket"].as_str().unwrap()).collect::<Vec<_>>(), [BUCKET]);
    assert_eq!(lab.run(&["rb", "s3://made-here", "--json"]).await.0, 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_tells_step_by_step_what_the_server_can_do() {
    let lab = Lab::new().await;
    let (code, lines) = lab.run(&["doctor", &address("job"), "--json"]).await;
    assert_eq!(code, 0, "{lines:?}");
    let text = serde_json::to_string(&lines).unwrap();
    for word in ["Identity", "create_only_put", "crc64nvme"] {
        assert!(text.contains(word), "{word} is missing in {text}");
    }
    assert!(!text.contains(lab.server.secret_key()), "no secret is told");
}

#[test]
fn help_documents_the_exit_codes() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_windlass")).arg("--help").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    for code in ["0 ", "3 ", "4 ", "5 ", "6 ", "7 ", "130"] {
        assert!(text.lines().any(|line| line.trim_start().starts_with(code)), "{code} is not explained");
    }
    assert!(Path::new(env!("CARGO_BIN_EXE_windlass")).exists());
}

fn keys(lines: &[Value], field: &str, is: &str) -> Vec<String> {
    let mut keys: Vec<String> = lines
        .iter()
        .filter(|line| line[field] == is)
        .map(|line| line["key"].as_str().unwrap_or_default().to_owned())
        .collect();
    keys.sort();
    keys
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moment_is_listed_compared_brought_back_and_taken_back() {
    let lab = Lab::new().await;
    let (from, to) = (address("time/card/"), address("time/moved/"));
    assert_eq!(lab.run(&["--json", "cp", &lab.card(), &address("time/")]).await.0, 0);
    let moment = jiff::Timestamp::now().to_string();
    assert_eq!(lab.run(&["--json", "mv", &from, &to]).await.0, 0);
    let (code, now) = lab.run(&["--json", "ls", "-r", &address("time/")]).await;
    assert_eq!((code, now.len()), (0, 2));

    // As it was, in levels and deep.
    let (code, then) = lab.run(&["--json", "ls", "--at", &moment, "-r", &address("time/")]).await;
    assert_eq!(code, 0);
    let then: Vec<&str> = then.iter().filter_map(|line| line["key"].as_str()).collect();
    assert_eq!(then, ["time/card/a.jpg", "time/card/in/b.jpg"]);
    let (_, level) = lab.run(&["--json", "ls", "--at", &moment, &from]).await;
    assert_eq!(
        (level.len(), level[0]["size"].as_u64(), level[1]["folder"].as_str()),
        (2, Some(30_000), Some("time/card/in/"))
    );
    assert_eq!(lab.run(&["--json", "ls", "--at", &moment, &to]).await.0, 7);

    let (code, changes) = lab.run(&["--json", "diff", "--at", &moment, &address("time/")]).await;
    assert_eq!(code, 0);
    assert_eq!(keys(&changes, "change", "deleted"), ["time/card/a.jpg", "time/card/in/b.jpg"]);
    assert_eq!(keys(&changes, "change", "added"), ["time/moved/a.jpg", "time/moved/in/b.jpg"]);
    assert_eq!(changes[0]["then"], 30_000);
    let (_, none) = lab.run(&["--json", "diff", "--at", &moment, "--at", "1990-01-01", &from]).await;
    assert_eq!(keys(&none, "change", "added").len(), 2, "between two moments: {none:?}");

    // A plan shows every step and does nothing.
    let restore = ["--json", "restore", &address("time/"), "--at", &moment, "--hide-added"];
    let (code, plan) = lab.run(&[restore.as_slice(), ["--dry-run"].as_slice()].concat()).await;
    assert_eq!(code, 0);
    assert_eq!(keys(&plan, "step", "undelete"), ["time/card/a.jpg", "time/card/in/b.jpg"]);
    assert_eq!(keys(&plan, "step", "hide"), ["time/moved/a.jpg", "time/moved/in/b.jpg"]);
    assert_eq!(lab.run(&["--json", "ls", "-r", &address("time/")]).await.1, now);

    let (code, done) = lab.run(&restore).await;
    assert_eq!(
        (code, done[0]["kind"].as_str(), done[0]["done"].as_u64()),
        (0, Some("restore"), Some(4)),
        "{done:?}"
    );
    let (_, back) = lab.run(&["--json", "ls", "-r", &address("time/")]).await;
    let back: Vec<&str> = back.iter().filter_map(|line| line["key"].as_str()).collect();
    assert_eq!(back, ["time/card/a.jpg", "time/card/in/b.jpg"]);
    let again = lab.run(&restore).await;
    assert_eq!(again.0, 7, "there is nothing to bring back: {again:?}");

    let id = done[0]["job"].as_str().unwrap();
    assert_eq!(lab.run(&["--json", "jobs", "--undo", id]).await.0, 0);
    let (_, undone) = lab.run(&["--json", "ls", "-r", &address("time/")]).await;
    let undone: Vec<&str> = undone.iter().filter_map(|line| line["key"].as_str()).collect();
    assert_eq!(undone, ["time/moved/a.jpg", "time/moved/in/b.jpg"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn hb20_old_versions_are_destroyed_by_their_number_alone() {
    let lab = Lab::new().await;
    let (file, place) = (lab.path("card/a.jpg"), address("old/a.jpg"));
    let file = file.to_string_lossy();
    assert_eq!(lab.run(&["--json", "cp", &file, &address("old/")]).await.0, 0);
    assert_eq!(lab.run(&["--json", "mv", &place, &address("old/b.jpg")]).await.0, 0);
    let count = async || lab.run(&["--json", "ls", "--versions", &place]).await.1.len();
    assert_eq!(count().await, 2);
    let purge = ["--json", "purge", &address("old/")];
    // One old version, below a marker. Its number is said, and another number does nothing.
    for (rest, code) in [(vec!["--plan"], 0), (vec![], 3), (vec!["--destroy", "2"], 3)] {
        let (got, said) = lab.run(&[purge.as_slice(), rest.as_slice()].concat()).await;
        assert_eq!((got, keys(&said, "step", "destroy")), (code, vec!["old/a.jpg".to_owned()]), "{rest:?}");
        assert_eq!(count().await, 2, "{rest:?}");
    }
    let (code, done) = lab.run(&[purge.as_slice(), ["--destroy", "1"].as_slice()].concat()).await;
    assert_eq!((code, done[0]["kind"].as_str(), done[0]["done"].as_u64()), (0, Some("purge"), Some(1)));
    assert_eq!(count().await, 1, "its marker stays");
    let (code, _) = lab.run(&[purge.as_slice(), ["--markers", "--destroy", "1"].as_slice()].concat()).await;
    let (none, said) = lab.run(&["--json", "ls", "--versions", &place]).await;
    assert_eq!((code, none), (0, 7), "a marker that covers nothing goes: {said:?}");
    assert_eq!(lab.run(&purge).await.0, 7, "there is nothing more");
    assert_eq!(lab.run(&["purge", &address("old/"), "--version", "x"]).await.0, 2);
    let id = done[0]["job"].as_str().unwrap();
    assert_ne!(lab.run(&["--json", "jobs", "--undo", id]).await.0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_version_is_found_by_its_id_and_put_on_top() {
    let lab = Lab::new().await;
    let (file, place) = (lab.path("card/a.jpg"), address("one/a.jpg"));
    let file = file.to_string_lossy();
    assert_eq!(lab.run(&["--json", "cp", &file, &address("one/")]).await.0, 0);
    assert_eq!(lab.run(&["--json", "mv", &place, &address("one/b.jpg")]).await.0, 0);
    let (code, versions) = lab.run(&["--json", "ls", "--versions", &place]).await;
    assert_eq!((code, versions.len(), versions[0]["marker"].as_bool()), (0, 2, Some(true)), "{versions:?}");
    assert_eq!((versions[0]["latest"].as_bool(), versions[1]["size"].as_u64()), (Some(true), Some(30_000)));
    let id = versions[1]["version"].as_str().unwrap();
    let (code, said) = lab.run(&["--json", "restore", &place, "--version", id, "--remove-markers"]).await;
    assert_eq!(code, 0, "{said:?} of {versions:?}");
    let (_, versions) = lab.run(&["--json", "ls", "--versions", &place]).await;
    assert_eq!((versions.len(), versions[0]["version"].as_str()), (1, Some(id)), "its marker is gone");
    for wrong in [
        ["restore", &address("one/"), "--version", id].as_slice(),
        ["restore", &place, "--at", "yesterday"].as_slice(),
        ["restore", &place].as_slice(),
        ["diff", &place].as_slice(),
    ] {
        assert_eq!(lab.run(wrong).await.0, 2, "{wrong:?}");
    }
}
