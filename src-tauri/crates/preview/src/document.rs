//! PDF and Parquet: what they say of themselves, and a page of a PDF. Nothing in a PDF is run (hazard HS2).
use parquet::file::metadata::ParquetMetaDataReader;
use windlass_ports::decode::{Decoded, FactName, Missing, Want};

use crate::facts::add;
use crate::source::Window;
use crate::{page, picture};

/// Most bytes of a PDF that are read.
const PDF: u64 = 32 * 1024 * 1024;
/// Most bytes of a Parquet footer.
const FOOTER: u64 = 768 * 1024;
/// Columns that are named.
const COLUMNS: usize = 40;

/// Pages, title and author, and the picture of a page: the first, unless another is wanted. The table of a PDF is at its end and points anywhere, so the file is read whole, and only when
/// somebody asks to see it.
pub(crate) fn pdf(file: &mut Window<'_>, want: Want, found: &mut Decoded) {
    if want == Want::Small && !file.is_small() {
        found.missing = Some(Missing::NoSmallPicture);
        return;
    }
    if file.size() > PDF {
        found.missing = Some(Missing::TooLarge);
        return;
    }
    let Some(bytes) = file.whole() else { return };
    if let Ok(about) = lopdf::Document::load_metadata_mem(&bytes) {
        add(found, FactName::Pages, about.page_count.to_string());
        add(found, FactName::Title, about.title.unwrap_or_default());
        add(found, FactName::Author, about.author.unwrap_or_default());
    }
    let number = match want {
        Want::Page(number) => number,
        Want::Small | Want::Large => 0,
    };
    picture::set(page::draw(bytes, number, want), found);
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
