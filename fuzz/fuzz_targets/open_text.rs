#![no_main]
//! Bytes read as the `content.xml` of an ODT document.

mod law;

use std::io::Write;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let plain = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let files: [(&str, &[u8]); 2] =
        [("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", bytes)];
    for (name, content) in files {
        archive.start_file(name, plain).and_then(|()| Ok(archive.write_all(content)?)).expect("in memory");
    }
    law::holds("a.odt", archive.finish().expect("in memory").get_ref());
});
