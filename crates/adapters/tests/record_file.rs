//! Files of rows that hold anything at all: each row is told or has a fault, and reading ends.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::io::Write;
use std::sync::Arc;

use futures::StreamExt;
use futures::executor::block_on;
use proptest::prelude::*;
use siren_adapters::record_file::{RecordFileSettings, RecordFileSource, RecordFormat};
use siren_adapters::records::RecordSettings;
use siren_adapters::sql::table_of;
use siren_domain::Fault;
use siren_domain::ports::{DocumentSource, Found, NothingKnown};

const FORMATS: [RecordFormat; 3] =
    [RecordFormat::Csv(None), RecordFormat::Csv(Some(';')), RecordFormat::JsonLines];

fn read(bytes: &[u8], format: RecordFormat) -> Vec<Result<Found, Fault>> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let records = RecordSettings {
        name: "rows".into(),
        database: "rows.csv".into(),
        table: "rows".into(),
        key: vec!["id".into()],
        title: "{{ id }}".into(),
        text: "{{ id }} {{ body }}".into(),
        ..RecordSettings::default()
    };
    let settings = RecordFileSettings { path: file.path().into(), format, max_bytes: 1 << 16, records };
    let source = RecordFileSource::new(settings).unwrap();
    block_on(source.items(Arc::new(NothingKnown)).collect())
}

fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    for format in FORMATS {
        let told = read(bytes, format);
        prop_assert!(!told.is_empty(), "{format:?}: nothing is told");
        for fault in told.iter().filter_map(|item| item.as_ref().err()) {
            prop_assert!(!fault.problem.is_empty() && !fault.remedy.is_empty(), "{format:?}: {fault:?}");
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_are_read_to_their_end(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&bytes)?;
    }

    #[test]
    fn rows_of_any_form_are_read_to_their_end(
        encoded in 0..4_usize,
        text in "(id,body\n|id;body\n)?([0-9]{1,2}[,;]|가나다|\"\"?|\n|\r\n|[,;\t|]|\\{\"id\": ?[0-9]\\}|\\{|\\[|\\\\u12|\u{feff}){0,40}"
    ) {
        let bytes = match encoded {
            0 => text.clone().into_bytes(),
            1 => encoding_rs::EUC_KR.encode(&text).0.into_owned(),
            2 => [b"\xff\xfe".to_vec(), text.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat(),
            _ => [b"\xfe\xff".to_vec(), text.encode_utf16().flat_map(u16::to_be_bytes).collect()].concat(),
        };
        check(&bytes)?;
    }

    #[test]
    fn any_query_has_a_table_or_none(
        query in "(select |with |from |join |as |\\(|\\)|,|'|''|\"|`|--|/\\*|\\*/|;|\n|[a-z]{1,3}|가|\\.|\\$\\$| ){0,40}"
    ) {
        prop_assert!(table_of(&query).is_none_or(|table| !table.is_empty()), "{query:?}");
    }
}
