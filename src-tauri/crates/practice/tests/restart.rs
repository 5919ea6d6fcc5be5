//! What was answered with success is there after `kill -9`; what was not leaves nothing behind.
#![cfg(test)]

mod common;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use aws_sdk_s3::Client;
use common::{BUCKET, body, client, read};
use windlass_practice::{PracticeOptions, PracticeServer};

const ROOT: &str = "WINDLASS_PRACTICE_TEST_ROOT";

/// Not a test of its own: the process the tests below kill.
#[test]
fn child_process() {
    let Ok(root) = std::env::var(ROOT) else { return };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let mut options = PracticeOptions::new(root);
        options.seed_sample = false;
        options.credentials = Some(("AK".to_owned(), "SK".to_owned()));
        let server = PracticeServer::start(options).await.expect("the server starts");
        println!("\nendpoint={}", server.endpoint());
        std::future::pending::<()>().await;
    });
}

struct Process {
    child: Child,
    client: Client,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(root: &Path) -> Process {
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "child_process", "--nocapture"])
        .env(ROOT, root)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the child starts");
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let endpoint = lines.map_while(Result::ok).find_map(|l| l.strip_prefix("endpoint=").map(str::to_owned));
    Process { child, client: client(&endpoint.expect("it says where it listens"), "AK", "SK") }
}

fn files(root: &Path) -> usize {
    std::fs::read_dir(root.join("bodies")).expect("the folder of bodies").count()
}

#[tokio::test]
async fn everything_answered_survives_kill_9_and_nothing_else_stays() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let process = start(folder.path());
    let c = process.client.clone();
    c.create_bucket().bucket(BUCKET).send().await.expect("a bucket");
    let large = vec![9_u8; 6 * 1024 * 1024];
    c.put_object().bucket(BUCKET).key("large").body(body(large.clone())).send().await.expect("put");
    let made = c.create_multipart_upload().bucket(BUCKET).key("open").send().await.expect("an upload");
    let id = made.upload_id().expect("an id").to_owned();
    c.upload_part()
        .bucket(BUCKET)
        .key("open")
        .upload_id(&id)
        .part_number(1)
        .body(body(large.clone()))
        .send()
        .await
        .expect("part");
    let mut kept = 0;
    // Small objects one after another until the process is gone under our hands.
    let pid = process.child.id();
    let killer = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(400));
        Command::new("kill").args(["-9", &pid.to_string()]).status()
    });
    while c
        .put_object()
        .bucket(BUCKET)
        .key(format!("small/{kept:06}"))
        .body(body(format!("{kept}")))
        .send()
        .await
        .is_ok()
    {
        kept += 1;
    }
    killer.join().expect("joined").expect("killed");
    drop(process);
    // A body that was being written when the process died.
    std::fs::write(folder.path().join("bodies").join("half"), b"half").expect("written");
    let process = start(folder.path());
    let c = process.client.clone();
    assert!(kept > 10, "some were stored before the kill: {kept}");
    for index in 0..kept {
        assert_eq!(read(&c, &format!("small/{index:06}")).await, format!("{index}").into_bytes());
    }
    assert_eq!(read(&c, "large").await, large);
    let parts = c
        .list_parts()
        .bucket(BUCKET)
        .key("open")
        .upload_id(&id)
        .send()
        .await
        .expect("the upload is still open");
    assert_eq!(parts.parts().len(), 1);
    assert_eq!(files(folder.path()), 2, "one body each of the object and the part; the half one is gone");
    c.abort_multipart_upload().bucket(BUCKET).key("open").upload_id(&id).send().await.expect("abort");
    c.delete_object().bucket(BUCKET).key("large").send().await.expect("delete");
    assert_eq!(files(folder.path()), 0);
}
