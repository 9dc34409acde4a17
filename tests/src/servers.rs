//! Real databases and stores, a place of its own in each for each test.

use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::mysql::MySqlConnection;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, raw_sql};

use crate::environment::server;
use crate::http;

/// Which system a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// PostgreSQL (`SIREN_TEST_POSTGRES_URL`).
    Postgres,
    /// MySQL or MariaDB (`SIREN_TEST_MYSQL_URL`).
    MySql,
}

/// A new database on a server; gone when the test is over.
#[derive(Debug)]
pub struct Database {
    system: System,
    /// The address that the environment gave.
    server: String,
    name: String,
}

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// A name that no other test has.
fn own_name() -> String {
    format!("siren_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

impl Database {
    /// An empty database; none where there is no such server.
    pub fn create(system: System, journey: &str) -> Option<Self> {
        let variable = match system {
            System::Postgres => "SIREN_TEST_POSTGRES_URL",
            System::MySql => "SIREN_TEST_MYSQL_URL",
        };
        let database = Self { system, server: server(variable, journey)?, name: own_name() };
        let letters = if system == System::MySql { " CHARACTER SET utf8mb4" } else { "" };
        database.run_at(&database.server, &format!("CREATE DATABASE {}{letters}", database.name));
        Some(database)
    }

    /// Its address, with user and password.
    pub fn url(&self) -> String {
        let (place, _) = self.server.rsplit_once('/').expect("the address names a database");
        format!("{place}/{}", self.name)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs statements.
    #[track_caller]
    pub fn run(&self, sql: &str) {
        self.run_at(&self.url(), sql);
    }

    #[track_caller]
    fn run_at(&self, url: &str, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let done = runtime.block_on(async {
            match self.system {
                System::Postgres => {
                    let mut connection = PgConnection::connect(url).await?;
                    raw_sql(sql).execute(&mut connection).await?;
                    connection.close().await
                }
                System::MySql => {
                    let mut connection = MySqlConnection::connect(url).await?;
                    raw_sql(sql).execute(&mut connection).await?;
                    connection.close().await
                }
            }
        });
        done.unwrap_or_else(|error| panic!("{:?}: {error}", self.system));
    }
}

/// Tables of a PostgreSQL that nobody else can read until this is dropped.
#[derive(Debug)]
pub struct Locked(Option<(std::sync::mpsc::Sender<()>, std::thread::JoinHandle<()>)>);

impl Database {
    /// Locks tables: whoever asks for them waits.
    ///
    /// # Panics
    /// If they cannot be locked.
    pub fn lock(&self, tables: &str) -> Locked {
        let (url, sql) = (self.url(), format!("BEGIN; LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE"));
        let (locked, is_locked) = std::sync::mpsc::channel();
        let (unlock, is_unlocked) = std::sync::mpsc::channel::<()>();
        let holder = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let mut connection = PgConnection::connect(&url).await.expect("a connection");
                raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.expect("tables to lock");
                locked.send(()).expect("somebody waits for it");
                // Until the other end is dropped.
                is_unlocked.recv().ok();
                connection.close().await.ok();
            });
        });
        is_locked.recv().expect("the tables are locked");
        Locked(Some((unlock, holder)))
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        if let Some((unlock, holder)) = self.0.take() {
            drop(unlock);
            holder.join().ok();
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let force = if self.system == System::Postgres { " WITH (FORCE)" } else { "" };
            self.run_at(&self.server, &format!("DROP DATABASE {}{force}", self.name));
        }
    }
}

/// A new bucket on a server that speaks S3 (`SIREN_TEST_S3_ENDPOINT`).
#[derive(Debug)]
pub struct Bucket {
    /// The server's address.
    pub endpoint: String,
    /// The bucket's name.
    pub name: String,
}

/// What stands where a signature should be: moto asks for one and does not look at it.
const SIGNATURE: &str = "Authorization: AWS4-HMAC-SHA256 Credential=TEST/20260101/us-east-1/s3/aws4_request, \
     SignedHeaders=host, Signature=none\r\n";

impl Bucket {
    /// An empty bucket; none where there is no such server.
    pub fn create(journey: &str) -> Option<Self> {
        let endpoint = server("SIREN_TEST_S3_ENDPOINT", journey)?;
        let bucket = Self { endpoint, name: own_name().replace('_', "-") };
        let made = http::put(bucket.host(), &format!("/{}", bucket.name), SIGNATURE, b"");
        assert_eq!(made.status, 200, "{made:#?}");
        Some(bucket)
    }

    fn host(&self) -> &str {
        host(&self.endpoint)
    }

    /// Puts an object there.
    #[track_caller]
    pub fn put(&self, key: &str, content: &str) {
        let done = http::put(self.host(), &format!("/{}/{key}", self.name), SIGNATURE, content.as_bytes());
        assert_eq!(done.status, 200, "{done:#?}");
    }

    /// Takes an object away.
    #[track_caller]
    pub fn remove(&self, key: &str) {
        let done = http::request("DELETE", self.host(), &format!("/{}/{key}", self.name), SIGNATURE);
        assert_eq!(done.status, 204, "{done:#?}");
    }
}

/// A new bucket on a server that speaks as Google Cloud Storage does (`SIREN_TEST_GCS_ENDPOINT`).
#[derive(Debug)]
pub struct GoogleBucket {
    /// The server's address.
    pub endpoint: String,
    /// The bucket's name.
    pub name: String,
}

impl GoogleBucket {
    /// An empty bucket; none where there is no such server.
    pub fn create(journey: &str) -> Option<Self> {
        let endpoint = server("SIREN_TEST_GCS_ENDPOINT", journey)?;
        let bucket = Self { endpoint, name: own_name().replace('_', "-") };
        let made = http::json(
            "POST",
            host(&bucket.endpoint),
            "/storage/v1/b?project=test",
            &serde_json::json!({ "name": bucket.name }),
        );
        assert_eq!(made.status, 200, "{made:#?}");
        Some(bucket)
    }

    /// Puts an object there; the key as an address has it.
    #[track_caller]
    pub fn put(&self, key: &str, content: &str) {
        let path =
            format!("/upload/storage/v1/b/{}/o?uploadType=media&name={}", self.name, slashes_escaped(key));
        let head = "Content-Type: text/markdown\r\n";
        let done = http::send_as("POST", host(&self.endpoint), &path, head, content.as_bytes());
        assert_eq!(done.status, 200, "{done:#?}");
    }

    /// Takes an object away.
    #[track_caller]
    pub fn remove(&self, key: &str) {
        let path = format!("/storage/v1/b/{}/o/{}", self.name, slashes_escaped(key));
        let done = http::request("DELETE", host(&self.endpoint), &path, "");
        assert!([200, 204].contains(&done.status), "{done:#?}");
    }
}

/// A new container on a server that speaks as Azure Blob Storage does (`SIREN_TEST_AZURE_ENDPOINT`, which names the
/// account, and a shared access signature for it, `SIREN_TEST_AZURE_SAS`).
#[derive(Debug)]
pub struct Container {
    /// The server's address, with the account.
    pub endpoint: String,
    /// The container's name.
    pub name: String,
    signature: String,
}

impl Container {
    /// An empty container; none where there is no such server.
    pub fn create(journey: &str) -> Option<Self> {
        let endpoint = server("SIREN_TEST_AZURE_ENDPOINT", journey)?;
        let signature = server("SIREN_TEST_AZURE_SAS", journey)?;
        let container = Self { endpoint, name: own_name().replace('_', "-"), signature };
        container.ask("PUT", "?restype=container", "", b"", 201);
        Some(container)
    }

    /// Puts an object there; the key as an address has it.
    #[track_caller]
    pub fn put(&self, key: &str, content: &str) {
        let head = "x-ms-blob-type: BlockBlob\r\nContent-Type: text/markdown\r\n";
        self.ask("PUT", &format!("/{key}?"), head, content.as_bytes(), 201);
    }

    /// Takes an object away.
    #[track_caller]
    pub fn remove(&self, key: &str) {
        self.ask("DELETE", &format!("/{key}?"), "", b"", 202);
    }

    #[track_caller]
    fn ask(&self, method: &str, rest: &str, head: &str, body: &[u8], expected: u16) {
        let server = host(&self.endpoint);
        let (server, account) = server.split_once('/').unwrap_or((server, ""));
        let joint = if rest.ends_with('?') { "" } else { "&" };
        let path = format!("/{account}/{}{rest}{joint}{}", self.name, self.signature);
        let done = http::send_as(method, server, &path, head, body);
        assert_eq!(done.status, expected, "{done:#?}");
    }
}

fn slashes_escaped(key: &str) -> String {
    key.replace('/', "%2F")
}

/// A new folder on a WebDAV share (`SIREN_TEST_WEBDAV_URL`), whose user is `siren` with the password `loopback`.
#[derive(Debug)]
pub struct Share {
    server: String,
    name: String,
}

/// `siren:loopback`, as a browser sends it.
const LOGIN: &str = "Authorization: Basic c2lyZW46bG9vcGJhY2s=\r\n";

impl Share {
    /// An empty folder; none where there is no such server.
    pub fn create(journey: &str) -> Option<Self> {
        let share = Self { server: server("SIREN_TEST_WEBDAV_URL", journey)?, name: own_name() };
        share.make_folder("");
        Some(share)
    }

    /// The folder's address.
    pub fn url(&self) -> String {
        format!("{}/{}", self.server, self.name)
    }

    /// Makes a folder in it.
    #[track_caller]
    pub fn make_folder(&self, path: &str) {
        let path = format!("/{}/{path}", self.name);
        let done = http::request("MKCOL", host(&self.server), &path, LOGIN);
        assert_eq!(done.status, 201, "{done:#?}");
    }

    /// Puts a file there.
    #[track_caller]
    pub fn put(&self, path: &str, content: &str) {
        let path = format!("/{}/{path}", self.name);
        let done = http::put(host(&self.server), &path, LOGIN, content.as_bytes());
        assert!([201, 204].contains(&done.status), "{done:#?}");
    }

    /// Takes a file away.
    #[track_caller]
    pub fn remove(&self, path: &str) {
        let done = http::request("DELETE", host(&self.server), &format!("/{}/{path}", self.name), LOGIN);
        assert_eq!(done.status, 204, "{done:#?}");
    }
}

fn host(address: &str) -> &str {
    address.split_once("://").map_or(address, |(_, host)| host).trim_end_matches('/')
}
