//! A way to PostgreSQL on which notifications are lost without anybody noticing, as on a half-open connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use streamgate_platform::db::DatabaseUrl;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Returns another address of the same database. A connection on which `LISTEN` was said gets the answer to that, and
/// nothing more.
pub(crate) async fn deaf_to_notifications(database: DatabaseUrl) -> DatabaseUrl {
    let DatabaseUrl::Postgres(url) = database else {
        panic!("no PostgreSQL")
    };
    let mut url: url::Url = url.parse().unwrap();
    let server = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(5_432));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    url.set_host(Some("127.0.0.1")).unwrap();
    url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            connect(client, server);
        }
    });
    DatabaseUrl::Postgres(url.into())
}

fn connect(client: TcpStream, server: TcpStream) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let listens = Arc::new(AtomicBool::new(false));
    let heard = Arc::clone(&listens);
    tokio::spawn(async move {
        let mut buffer = vec![0; 65_536];
        while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
            let bytes = &buffer[..length];
            if bytes.windows(6).any(|six| six == b"LISTEN") {
                heard.store(true, Ordering::SeqCst);
            }
            if to_server.write_all(bytes).await.is_err() {
                return;
            }
        }
    });
    tokio::spawn(async move {
        let mut buffer = vec![0; 65_536];
        let mut is_deaf = false;
        while let Ok(length @ 1..) = from_server.read(&mut buffer).await {
            if is_deaf {
                continue;
            }
            is_deaf = listens.load(Ordering::SeqCst);
            if to_client.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    });
}
