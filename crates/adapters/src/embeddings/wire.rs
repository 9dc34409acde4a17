//! What is sent and what comes back.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Interface;

pub(super) fn request(interface: Interface, model: &str, texts: &[String]) -> Value {
    match interface {
        Interface::OpenAi => json!({ "model": model, "input": texts, "encoding_format": "float" }),
        Interface::Tei => json!({ "inputs": texts, "truncate": true }),
    }
}

#[derive(Deserialize)]
struct Embeddings {
    data: Vec<Embedding>,
}

#[derive(Deserialize)]
struct Embedding {
    index: usize,
    embedding: Vec<f32>,
}

/// A vector of length 1 for each of so many texts, in order; else what is wrong with the answer.
pub(super) fn read(
    interface: Interface,
    answer: Value,
    texts: usize,
    dimensions: usize,
) -> Result<Vec<Vec<f32>>, String> {
    let no_vectors = |_| "the answer holds no vectors".to_owned();
    let vectors = match interface {
        Interface::OpenAi => {
            // Not every server keeps the order; the index tells it.
            let Embeddings { mut data } = serde_json::from_value(answer).map_err(no_vectors)?;
            data.sort_by_key(|embedding| embedding.index);
            if data.iter().enumerate().any(|(at, embedding)| embedding.index != at) {
                return Err("the vectors are not numbered from 0".into());
            }
            data.into_iter().map(|embedding| embedding.embedding).collect()
        }
        Interface::Tei => serde_json::from_value::<Vec<Vec<f32>>>(answer).map_err(no_vectors)?,
    };
    if vectors.len() != texts {
        return Err(format!("{} vectors came for {texts} texts", vectors.len()));
    }
    vectors.into_iter().map(|vector| unit(vector, dimensions)).collect()
}

fn unit(mut vector: Vec<f32>, dimensions: usize) -> Result<Vec<f32>, String> {
    if vector.len() != dimensions {
        return Err(format!(
            "a vector has {} numbers, and `embedding.dimensions` says {dimensions}: correct the one or the other",
            vector.len()
        ));
    }
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if !length.is_finite() || length == 0.0 {
        return Err("a vector has no length".into());
    }
    vector.iter_mut().for_each(|x| *x /= length);
    Ok(vector)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::read;
    use crate::embeddings::Interface::{OpenAi, Tei};

    #[test]
    fn answers_are_read() {
        let of = |index: usize, vector: Value| json!({ "index": index, "embedding": vector });
        let cases = [
            (OpenAi, json!({ "data": [of(0, json!([3.0, 4.0]))] }), 1, Ok(vec![vec![0.6, 0.8]])),
            (
                OpenAi,
                json!({ "data": [of(1, json!([0.0, 2.0])), of(0, json!([2.0, 0.0]))] }),
                2,
                Ok(vec![vec![1.0, 0.0], vec![0.0, 1.0]]),
            ),
            (OpenAi, json!({ "data": [of(0, json!([1.0, 0.0]))] }), 2, Err("1 vectors came for 2 texts")),
            (OpenAi, json!({ "data": [of(1, json!([1.0, 0.0]))] }), 1, Err("not numbered from 0")),
            (OpenAi, json!({ "data": [of(0, json!([1.0]))] }), 1, Err("`embedding.dimensions` says 2")),
            (OpenAi, json!({ "data": [of(0, json!([0.0, 0.0]))] }), 1, Err("no length")),
            (OpenAi, json!({ "data": [of(0, json!("AAAA"))] }), 1, Err("no vectors")),
            (OpenAi, json!([]), 0, Err("no vectors")),
            (Tei, json!([[0.0, 5.0]]), 1, Ok(vec![vec![0.0, 1.0]])),
            (Tei, json!([[0.0, 5.0]]), 2, Err("1 vectors came for 2 texts")),
            (Tei, json!({ "embeddings": [] }), 1, Err("no vectors")),
        ];
        for (interface, answer, texts, expected) in cases {
            let told = answer.to_string();
            match (read(interface, answer, texts, 2), expected) {
                (Ok(vectors), Ok(expected)) => assert_eq!(vectors, expected, "{told}"),
                (Err(problem), Err(expected)) => assert!(problem.contains(expected), "{told}: {problem}"),
                (found, _) => panic!("{told}: {found:?}"),
            }
        }
    }
}
