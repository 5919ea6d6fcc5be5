//! PDF and Parquet: what they say of themselves. Pages are never drawn, and nothing in a PDF is run (hazard HS2).
use parquet::file::metadata::ParquetMetaDataReader;
use windlass_ports::decode::{Decoded, FactName, Missing, Want};

use crate::facts::add;
use crate::source::Window;

/// Most bytes of a PDF that are read for its number of pages.
const PDF: u64 = 16 * 1024 * 1024;
/// Most bytes of a Parquet footer.
const FOOTER: u64 = 768 * 1024;
/// Columns that are named.
const COLUMNS: usize = 40;

/// Pages, title and author. The table of a PDF is at its end and points anywhere, so the file is read whole, and only when
/// somebody asks to see it.
pub(crate) fn pdf(file: &mut Window<'_>, want: Want, found: &mut Decoded) {
    found.missing = Some(Missing::NoPdf);
    if want == Want::Small && !file.is_small() {
        return;
    }
    if file.size() > PDF {
        found.missing = Some(Missing::TooLarge);
        return;
    }
    let Some(bytes) = file.whole() else { return };
    match lopdf::Document::load_metadata_mem(&bytes) {
        Ok(about) => {
            add(found, FactName::Pages, about.page_count.to_string());
            add(found, FactName::Title, about.title.unwrap_or_default());
            add(found, FactName::Author, about.author.unwrap_or_default());
        }
        Err(_) => found.missing = Some(Missing::Damaged),
    }
}

/// Rows and columns, from the footer alone.
pub(crate) fn parquet(file: &mut Window<'_>, found: &mut Decoded) {
    found.missing = Some(Missing::Damaged);
    let size = file.size();
    let Some(tail) = size.checked_sub(8).and_then(|at| file.bytes(at, 8)) else { return };
    let Some((len, b"PAR1")) = tail.split_first_chunk::<4>() else { return };
    let len = u64::from(u32::from_le_bytes(*len));
    if len > FOOTER {
        found.missing = Some(Missing::TooLarge);
        return;
    }
    let Some(footer) = size.checked_sub(8 + len).and_then(|at| file.bytes(at, len)) else { return };
    let Ok(about) = ParquetMetaDataReader::decode_metadata(&footer) else { return };
    found.missing = None;
    let schema = about.file_metadata().schema_descr();
    add(found, FactName::Rows, about.file_metadata().num_rows().to_string());
    add(found, FactName::Columns, schema.num_columns().to_string());
    for column in schema.columns().iter().take(COLUMNS) {
        add(found, FactName::Column, format!("{}: {}", column.path().string(), column.physical_type()));
    }
}
