//! One module per external system, each implementing a port of the domain.
//!
//! This crate never decides what is asked, scored or served, and never reads the environment: everything comes in
//! as settings.

pub mod assets;
pub mod embedded;
pub mod encoder;
pub mod extractive;
pub mod folder;
pub mod mecab;
pub mod openai_chat;
pub mod sql;
