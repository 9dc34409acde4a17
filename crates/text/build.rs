//! Writes the vocabulary of `o200k_base` in the order of its ranks, each token behind a byte that tells its length.
//!
//! `tiktoken-rs` has it as base64 and needs a quarter of a second to unpack it into its tables, in every process. Here it
//! is unpacked once, when the program is built.

use std::error::Error;
use std::path::Path;

/// Ranks below the special tokens, which no text is ever encoded to.
const RANKS: u32 = 199_998;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let encoding = tiktoken_rs::o200k_base()?;
    let mut out = Vec::new();
    for rank in 0..RANKS {
        let token = encoding.decode_bytes(&[rank]).map_err(|_| format!("no token has the rank {rank}"))?;
        out.push(u8::try_from(token.len())?);
        out.extend(token);
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "it is cargo that says where, and there is no other way to know"
    )]
    let folder = std::env::var_os("OUT_DIR").ok_or("cargo names no folder to write to")?;
    std::fs::write(Path::new(&folder).join("o200k_base.tokens"), out)?;
    Ok(())
}
