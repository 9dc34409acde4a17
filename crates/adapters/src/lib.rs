//! One module per external system, each implementing a port of the domain.
//!
//! This crate never decides what is asked, scored or served, and never reads the environment: everything comes in
//! as settings.

pub mod api_keys;
pub mod assets;
pub mod embedded;
pub mod embeddings;
pub mod encoder;
pub mod extractive;
pub mod files;
pub mod folder;
mod http_client;
pub mod judge;
mod kept_chunks;
pub mod mecab;
mod model_server;
pub mod objects;
pub mod oidc;
pub mod openai_chat;
pub mod otlp;
pub mod qdrant;
pub mod reachable;
pub mod record_file;
pub mod records;
pub mod rerankers;
mod secret;
mod source_error;
pub mod sql;
pub mod sqlite_copy;
pub mod state;
mod templates;
mod trace_context;

pub use model_server::ModelServerError;
pub use secret::Secret;
pub use source_error::SourceError;
