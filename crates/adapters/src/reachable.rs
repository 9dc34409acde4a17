//! Is a model server there? Asked seldom, whoever looks how often.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use siren_domain::ports::{Dependency, Missing};

/// What was found holds for so long.
const HOLDS: Duration = Duration::from_secs(15);
const PATIENCE: Duration = Duration::from_secs(2);

/// The server that writes answers. Without it they are extractive.
pub struct ModelReachable {
    client: Client,
    address: Url,
    found: Mutex<Option<(Instant, Result<(), Missing>)>>,
}

impl ModelReachable {
    /// The server at the address of its interface, such as `http://127.0.0.1:8000/v1`.
    pub fn new(base_url: &str) -> Result<Self, String> {
        let address = Url::parse(&format!("{}/models", base_url.trim_end_matches('/')));
        let address = address.map_err(|error| error.to_string())?;
        let builder = crate::http_client::builder(Some(&address)).timeout(PATIENCE).redirect(Policy::none());
        let client = builder.build().map_err(|error| error.to_string())?;
        Ok(Self { client, address, found: Mutex::default() })
    }

    async fn ask(&self) -> Result<(), Missing> {
        let cause = match self.client.get(self.address.clone()).send().await {
            // It need not know this path, or us: it is there.
            Ok(response) if !response.status().is_server_error() => return Ok(()),
            Ok(response) => response.status().to_string(),
            Err(error) => error.without_url().to_string(),
        };
        let told = "the model server does not answer: answers are extractive until it does".to_owned();
        Err(Missing { code: "unreachable", told, cause })
    }
}

#[async_trait]
impl Dependency for ModelReachable {
    fn name(&self) -> &'static str {
        "model"
    }

    fn is_needed(&self) -> bool {
        false
    }

    async fn look(&self) -> Result<(), Missing> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, found)) = found
            && at.elapsed() < HOLDS
        {
            return found;
        }
        let found = self.ask().await;
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), found.clone()));
        found
    }
}
