//! What every client of an HTTP server has in common.

use std::net::IpAddr;

use reqwest::{Client, ClientBuilder, Url};

/// A client for the address: with rustls and ring, without certificates or a proxy where none is needed.
pub(crate) fn builder(address: Option<&Url>) -> ClientBuilder {
    // Whoever comes second finds it installed, which is as good.
    rustls::crypto::ring::default_provider().install_default().ok();
    let mut builder = Client::builder().user_agent(concat!("siren/", env!("CARGO_PKG_VERSION")));
    if address.is_some_and(|url| url.scheme() == "http") {
        // No certificates are needed, and a machine that has none must not stop us.
        builder = builder.tls_certs_only([]);
    }
    if address.is_some_and(is_this_machine) {
        builder = builder.no_proxy();
    }
    builder
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
