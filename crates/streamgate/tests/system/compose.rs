//! `docker-compose.yml` as committed: its set-up makes the secrets, and its settings start a platform on PostgreSQL
//! and an edge that serves. No engine is needed: the same commands and settings run as processes here, with folders
//! and addresses of this machine in the place of the containers'.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::actors::{Player, Viewer, id};
use crate::harness::database::PostgresDatabase;
use crate::harness::http::{client, send};
use crate::harness::media::small_recording;
use crate::harness::process::{Process, free_port, program};

fn compose() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docker-compose.yml");
    let text = fs::read_to_string(path).unwrap();
    let document: serde_norway::Value = serde_norway::from_str(&text).expect("valid YAML");
    serde_json::to_value(document).unwrap()
}

/// Runs the set-up service's script as its container does, `folder` being its volume of secrets.
fn set_up(document: &Value, folder: &Path) -> String {
    let service = &document["services"]["setup"];
    assert_eq!(service["entrypoint"], json!(["/bin/sh", "-ec"]));
    let script = service["command"][0].as_str().unwrap();
    // Compose turns `$$` into `$`, and what is left of `$` into variables: there must be none.
    assert!(!script.replace("$$", "").contains('$'), "{script}");
    let script = script
        .replace("$$", "$")
        .replace("/secrets", &folder.display().to_string());
    let programs = Path::new(env!("CARGO_BIN_EXE_streamgate")).parent().unwrap();
    let output = Command::new("/bin/sh")
        .args(["-ec", &script])
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", programs.display()))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Starts the program as a service of the file says, with `replaced` texts in its settings.
fn start(document: &Value, service: &str, folder: &Path, port: u16, replaced: &[(&str, &str)]) -> Process {
    let service_settings = document["services"][service]["environment"].as_object().unwrap();
    let arguments = document["services"][service]["command"].as_array().unwrap();
    let mut command = program(&[arguments[0].as_str().unwrap()]);
    for (name, value) in service_settings {
        let mut value = value.as_str().expect("settings are texts").to_owned();
        for (from, to) in replaced {
            value = value.replace(from, to);
        }
        command.env(name, value);
    }
    command
        .env("PORT", port.to_string())
        .env("BIND_ADDR", "127.0.0.1")
        .env("DATA_DIR", folder.join(format!("{service}-data")));
    Process::spawn(command, folder, service)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_compose_file_starts_a_platform_on_postgresql_and_an_edge_that_serves() {
    let document = compose();
    let folder = tempfile::tempdir().unwrap();
    let secrets = folder.path().join("secrets");
    let streams = folder.path().join("streams");
    fs::create_dir(&secrets).unwrap();
    fs::create_dir(&streams).unwrap();
    let printed = set_up(&document, &secrets);
    let password = printed.trim().rsplit(' ').next().unwrap().to_owned();
    assert_eq!(password.len(), 20, "{printed}");
    assert_eq!(
        set_up(&document, &secrets),
        "",
        "a second start makes and shows nothing"
    );
    let url = fs::read_to_string(secrets.join("database-url")).unwrap();
    assert!(
        url.ends_with("@database/streamgate") && url.len() > 80,
        "a password of its own"
    );
    assert!(
        fs::read_to_string(secrets.join("admin-hash"))
            .unwrap()
            .starts_with("$2")
    );

    let database = PostgresDatabase::create();
    // The one file that names another container.
    fs::write(secrets.join("database-url"), database.url()).unwrap();
    let (port, edge_port) = (free_port(), free_port());
    let (base, edge_base) = (
        format!("http://127.0.0.1:{port}"),
        format!("http://127.0.0.1:{edge_port}"),
    );
    let replaced = [
        ("/secrets", secrets.to_str().unwrap()),
        ("/streams", streams.to_str().unwrap()),
        ("http://platform:3000", base.as_str()),
        ("http://edge:4000", edge_base.as_str()),
        ("http://localhost:3000", base.as_str()),
        ("http://localhost:4000", edge_base.as_str()),
    ];
    let mut platform = start(&document, "platform", folder.path(), port, &replaced);
    platform.answers(&base, "/ready", Some(200)).await;
    let mut edge = start(&document, "edge", folder.path(), edge_port, &replaced);
    edge.answers(&edge_base, "/ready", Some(200)).await;

    let (event, code) = organise(&base, &password).await;
    let event_folder = streams.join(id(&event));
    fs::create_dir(&event_folder).unwrap();
    small_recording(&event_folder);
    let viewer = Viewer {
        base: base.clone(),
        client: client(),
        device_id: "device-of-a-viewer".to_owned(),
    };
    let entered = viewer.validate(&code).await.expect(200);
    assert_eq!(entered.json()["playbackBaseUrl"], edge_base);
    let token = entered.json()["playbackToken"].as_str().unwrap().to_owned();
    let player = Player {
        base: edge_base.clone(),
        client: client(),
    };
    player.get(&event, "stream.m3u8", &token).await.expect(200);
    for (port, healthy) in [(port, true), (edge_port, true), (free_port(), false)] {
        let mut check = program(&["health"]);
        check.env("PORT", port.to_string());
        assert_eq!(check.output().unwrap().status.success(), healthy);
    }
    drop((platform, edge));
    database.remove();
}

/// Signs in with the password that the set-up showed, and returns an event and a code for it.
async fn organise(base: &str, password: &str) -> (Value, String) {
    let login = client()
        .post(format!("{base}/api/admin/login"))
        .json(&json!({ "password": password }));
    let answer = send(login).await.expect(200);
    let cookie = answer
        .header("set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let post = |path: String, body: Value| {
        let request = client().post(format!("{base}{path}")).header("cookie", &cookie);
        send(request.json(&body))
    };
    let event = json!({
        "title": "A concert", "startsAt": "2026-01-01T19:00:00Z", "endsAt": "2099-01-01T22:00:00Z",
    });
    let event = post("/api/admin/events".to_owned(), event)
        .await
        .expect(201)
        .json()["data"]
        .take();
    let path = format!("/api/admin/events/{}/tokens/generate", id(&event));
    let tickets = post(path, json!({ "count": 1 })).await.expect(201).json();
    let code = tickets["data"][0]["code"].as_str().unwrap().to_owned();
    (event, code)
}
