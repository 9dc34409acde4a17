//! The sentence encoder against its reference implementation: see `goldens/encoder.py`.

use std::path::Path;

use e2e::{environment, repository};
use serde_json::Value;
use siren_adapters::encoder::SentenceEncoder;

/// How far from the reference a vector's direction may be. The goldens' own rounding takes a tenth of it.
const TOLERANCE: f64 = 1e-3;

fn cosine(a: &[f32], b: &[i8]) -> f64 {
    let dot: f64 = a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
    let length = |squares: f64| squares.sqrt();
    let a = length(a.iter().map(|x| f64::from(*x).powi(2)).sum());
    dot / (a * length(b.iter().map(|y| f64::from(*y).powi(2)).sum()))
}

#[test]
fn pieces_and_vectors_are_the_reference_s() {
    let Some(assets) = environment::assets("the encoder and its reference") else { return };
    let folder = Path::new(&assets).join("use-multilingual-0.2.1");
    let encoder = SentenceEncoder::open(&folder, "test").expect("the encoder");
    let goldens = repository().join("tests/goldens");
    let lines = std::fs::read_to_string(goldens.join("encoder.jsonl")).expect("the goldens");
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let vectors: Vec<i8> = std::fs::read(goldens.join("encoder.bin"))
        .expect("the goldens")
        .iter()
        .map(|b| b.cast_signed())
        .collect();
    let texts: Vec<String> =
        lines.iter().map(|line| line["text"].as_str().unwrap_or_default().to_owned()).collect();
    assert!(texts.len() >= 500 && vectors.len() == 512 * texts.len(), "{} sentences", texts.len());

    let ids = texts.iter().map(|text| encoder.pieces(text));
    let other: Vec<_> = ids.zip(&lines).filter(|(ids, line)| line["ids"] != serde_json::json!(ids)).collect();
    assert!(other.is_empty(), "{} texts in other pieces: {:?}", other.len(), other.first());
    let made = encoder.encode(&texts);
    let alone = texts.iter().map(|text| encoder.encode(std::slice::from_ref(text)).concat());
    for (((text, vector), golden), alone) in texts.iter().zip(&made).zip(vectors.chunks(512)).zip(alone) {
        let near = cosine(vector, golden);
        assert!(near > 1.0 - TOLERANCE, "{text:?}: cosine {near}");
        let length: f32 = vector.iter().map(|x| x * x).sum();
        assert!((length - 1.0).abs() < 1e-4, "{text:?}: length {length}");
        let together = vector.iter().zip(&alone).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(together < 1e-5, "{text:?}: neighbours in a batch change it by {together}");
    }
}
