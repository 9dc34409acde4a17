//! How each kind of store is reached.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use object_store::aws::AmazonS3Builder;
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService,
};
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::{BackoffConfig, ObjectStore, RetryConfig};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Client, StatusCode, Url};

use crate::secret::Secret;

/// So often a request is tried again, after longer and longer waits.
const RETRIES: usize = 4;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Which store, with its credentials.
#[derive(Clone)]
pub enum ObjectPlace {
    /// Amazon S3, or what speaks like it.
    S3(S3),
    /// Google Cloud Storage.
    Gcs(Gcs),
    /// Azure Blob Storage.
    Azure(Azure),
    /// A WebDAV share.
    WebDav(WebDav),
}

/// A bucket of Amazon S3, or of what speaks like it: MinIO, Ceph, Naver Cloud Object Storage.
#[derive(Clone, Default)]
pub struct S3 {
    /// The bucket.
    pub bucket: String,
    /// Its region.
    pub region: Option<String>,
    /// Where it is served, when that is not Amazon.
    pub endpoint: Option<String>,
    /// Key id and key; none for a bucket that everyone may read.
    pub key: Option<(Secret, Secret)>,
    /// A temporary key's token.
    pub session_token: Option<Secret>,
}

/// A bucket of Google Cloud Storage.
#[derive(Clone, Default)]
pub struct Gcs {
    /// The bucket.
    pub bucket: String,
    /// Where it is served, when that is not Google.
    pub endpoint: Option<String>,
    /// The service account's key, as the JSON text that Google gives; none for a bucket that everyone may read.
    pub service_account_key: Option<Secret>,
}

/// A container of Azure Blob Storage.
#[derive(Clone, Default)]
pub struct Azure {
    /// The storage account.
    pub account: String,
    /// The container.
    pub container: String,
    /// Where it is served, when that is not Azure.
    pub endpoint: Option<String>,
    /// The account's key.
    pub account_key: Option<Secret>,
    /// A shared access signature, in place of the key.
    pub sas_token: Option<Secret>,
}

/// A WebDAV share.
#[derive(Clone, Default)]
pub struct WebDav {
    /// The address of the folder.
    pub url: String,
    /// User and password.
    pub login: Option<(String, Secret)>,
    /// A bearer token, in place of them.
    pub token: Option<Secret>,
}

/// Which setting is wrong, and why.
type Wrong = (&'static str, String);

impl ObjectPlace {
    /// The path within the server that all its files lie below.
    pub(super) fn root(&self) -> String {
        match self {
            Self::WebDav(place) => {
                Url::parse(&place.url).map(|url| url.path().to_owned()).unwrap_or_default()
            }
            _ => String::new(),
        }
    }

    pub(super) fn connect(self, timeout: Duration) -> Result<Arc<dyn ObjectStore>, Wrong> {
        let retry = RetryConfig {
            max_retries: RETRIES,
            retry_timeout: timeout,
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(200),
                max_backoff: Duration::from_secs(5),
                ..BackoffConfig::default()
            },
        };
        match self {
            Self::S3(place) => s3(place, retry, timeout),
            Self::Gcs(place) => gcs(place, retry, timeout),
            Self::Azure(place) => azure(place, retry, timeout),
            Self::WebDav(place) => webdav(place, retry, timeout),
        }
    }
}

fn s3(place: S3, retry: RetryConfig, timeout: Duration) -> Result<Arc<dyn ObjectStore>, Wrong> {
    let plain = address("endpoint", place.endpoint.as_deref())?;
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(place.bucket)
        .with_region(place.region.unwrap_or_else(|| "us-east-1".to_owned()))
        .with_allow_http(plain)
        .with_retry(retry)
        .with_http_connector(Connector::new(timeout, place.endpoint.as_deref()));
    if let Some(endpoint) = place.endpoint {
        builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
    }
    builder = match place.key {
        Some((id, key)) => builder.with_access_key_id(id.expose()).with_secret_access_key(key.expose()),
        None => builder.with_skip_signature(true),
    };
    if let Some(token) = place.session_token {
        builder = builder.with_token(token.expose());
    }
    Ok(Arc::new(builder.build().map_err(|error| ("bucket", error.to_string()))?))
}

fn gcs(place: Gcs, retry: RetryConfig, timeout: Duration) -> Result<Arc<dyn ObjectStore>, Wrong> {
    let plain = address("endpoint", place.endpoint.as_deref())?;
    let mut builder = GoogleCloudStorageBuilder::new()
        .with_bucket_name(place.bucket)
        .with_client_options(ClientOptions::new().with_allow_http(plain))
        .with_retry(retry)
        .with_http_connector(Connector::new(timeout, place.endpoint.as_deref()));
    if let Some(endpoint) = &place.endpoint {
        builder = builder.with_base_url(endpoint.trim_end_matches('/'));
    }
    builder = match place.service_account_key {
        Some(key) => builder.with_service_account_key(key.expose()),
        None => builder.with_skip_signature(true),
    };
    // What is wrong with the key is not repeated: it may be a piece of it.
    let wrong = |_| ("service_account_key", "this is no bucket, or no service account's key".to_owned());
    Ok(Arc::new(builder.build().map_err(wrong)?))
}

fn azure(place: Azure, retry: RetryConfig, timeout: Duration) -> Result<Arc<dyn ObjectStore>, Wrong> {
    let plain = address("endpoint", place.endpoint.as_deref())?;
    let mut builder = MicrosoftAzureBuilder::new()
        .with_account(place.account)
        .with_container_name(place.container)
        .with_allow_http(plain)
        .with_retry(retry)
        .with_http_connector(Connector::new(timeout, place.endpoint.as_deref()));
    if let Some(endpoint) = place.endpoint {
        builder = builder.with_endpoint(endpoint.trim_end_matches('/').to_owned());
    }
    builder = match (place.account_key, place.sas_token) {
        (Some(key), _) => builder.with_access_key(key.expose()),
        (None, Some(token)) => {
            builder.with_config(AzureConfigKey::SasKey, token.expose().trim_start_matches('?'))
        }
        (None, None) => builder.with_skip_signature(true),
    };
    let wrong = |_| ("account_key", "this is no account's key or shared access signature".to_owned());
    Ok(Arc::new(builder.build().map_err(wrong)?))
}

fn webdav(place: WebDav, retry: RetryConfig, timeout: Duration) -> Result<Arc<dyn ObjectStore>, Wrong> {
    let plain = address("url", Some(&place.url))?;
    let mut headers = HeaderMap::new();
    let authorization = match (place.login, place.token) {
        (Some((user, password)), _) => Some(basic(&user, password.expose())),
        (None, Some(token)) => Some(format!("Bearer {}", token.expose())),
        (None, None) => None,
    };
    if let Some(authorization) = authorization {
        let wrong = |_| ("password", "it holds characters that cannot be sent".to_owned());
        let mut value = HeaderValue::try_from(authorization).map_err(wrong)?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    let connector = Connector { headers, ..Connector::new(timeout, Some(&place.url)) };
    let server = connector.address.as_ref().and_then(|url| url.join("/").ok()).map(String::from);
    let builder = HttpBuilder::new()
        .with_url(server.unwrap_or_default().trim_end_matches('/'))
        .with_client_options(ClientOptions::new().with_allow_http(plain))
        .with_retry(retry)
        .with_http_connector(connector);
    Ok(Arc::new(builder.build().map_err(|_| ("url", "this is no address".to_owned()))?))
}

/// Whether the address is one without encryption; an error if it is none at all. It is not repeated.
fn address(key: &'static str, address: Option<&str>) -> Result<bool, Wrong> {
    let Some(address) = address else { return Ok(false) };
    let wrong = || (key, "write an address, such as https://storage.example.com".to_owned());
    let url = Url::parse(address).map_err(|_| wrong())?;
    if url.host_str().is_none() || !["http", "https"].contains(&url.scheme()) {
        return Err(wrong());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err((key, "write no user or password in it: there are settings for them".to_owned()));
    }
    Ok(url.scheme() == "http")
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
}

/// Makes the client: with our TLS, our limits, and no proxy to this machine.
#[derive(Debug)]
struct Connector {
    timeout: Duration,
    /// The address that is asked, as far as the settings tell.
    address: Option<Url>,
    headers: HeaderMap,
}

impl Connector {
    fn new(timeout: Duration, address: Option<&str>) -> Self {
        let address = address.and_then(|address| Url::parse(address).ok());
        Self { timeout, address, headers: HeaderMap::new() }
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let mut builder = crate::http_client::builder(self.address.as_ref())
            .connect_timeout(CONNECT_TIMEOUT.min(self.timeout))
            .timeout(self.timeout);
        if !self.headers.is_empty() {
            builder = builder.default_headers(self.headers.clone());
        }
        let client = builder
            .build()
            .map_err(|error| object_store::Error::Generic { store: "client", source: Box::new(error) })?;
        Ok(HttpClient::new(Strict(client)))
    }
}

/// Takes a folder that is not there for a failure: the library takes it for an empty one, and all that was in it would
/// seem to have been deleted.
#[derive(Debug)]
struct Strict(Client);

#[async_trait]
impl HttpService for Strict {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let lists_folder = request.method().as_str() == "PROPFIND";
        let mut response = self.0.call(request).await?;
        if lists_folder && response.status() == StatusCode::NOT_FOUND {
            *response.status_mut() = StatusCode::GONE;
        }
        Ok(response)
    }
}
