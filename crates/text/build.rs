//! Writes the vocabulary of `o200k_base` as tables that are looked into as they are: the tokens in the order of their
//! ranks, each behind a byte that tells its length; where each lies, by its hash; the ranks of all pairs of bytes.
//!
//! `tiktoken-rs` has it as base64 and needs a quarter of a second to unpack it into its tables, in every process. Here it
//! is unpacked once, when the program is built.

#[path = "src/tokens/slots.rs"]
mod slots;

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;

/// Ranks below the special tokens, which no text is ever encoded to.
const RANKS: u32 = 199_998;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/tokens/slots.rs");
    let encoding = tiktoken_rs::o200k_base()?;
    let mut tokens = Vec::new();
    let mut places = vec![slots::FREE; slots::PLACES];
    let mut pairs: HashMap<Vec<u8>, u32> = HashMap::new();
    for rank in 0..RANKS {
        let token = encoding.decode_bytes(&[rank]).map_err(|_| format!("no token has the rank {rank}"))?;
        let hash = slots::hash(&token);
        let behind = (tokens.len() as u64) << slots::RANK_BITS | u64::from(rank);
        let slot = slots::print(hash) << (slots::RANK_BITS + slots::OFFSET_BITS) | behind;
        let held = (slots::print_in(slot), slots::offset(slot), slots::rank(slot));
        if held != (slots::print(hash), tokens.len() as u64, rank.into()) || slot == slots::FREE {
            return Err("a place has too few bits".into());
        }
        let mut at = slots::first_place(hash);
        while places[at] != slots::FREE {
            at = (at + 1) % slots::PLACES;
        }
        places[at] = slot;
        tokens.push(u8::try_from(token.len())?);
        tokens.extend(&token);
        if token.len() == 2 {
            pairs.insert(token, rank);
        }
    }
    let pair = |number: u16| pairs.get(&number.to_be_bytes()[..]).copied().unwrap_or(u32::MAX);
    let pairs: Vec<u8> = (0..=u16::MAX).flat_map(|number| pair(number).to_le_bytes()).collect();
    let places: Vec<u8> = places.into_iter().flat_map(u64::to_le_bytes).collect();
    #[expect(
        clippy::disallowed_methods,
        reason = "it is cargo that says where, and there is no other way to know"
    )]
    let folder = std::env::var_os("OUT_DIR").ok_or("cargo names no folder to write to")?;
    let folder = Path::new(&folder);
    std::fs::write(folder.join("o200k_base.tokens"), tokens)?;
    std::fs::write(folder.join("o200k_base.places"), places)?;
    std::fs::write(folder.join("o200k_base.pairs"), pairs)?;
    Ok(())
}
