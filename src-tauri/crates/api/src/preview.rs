//! Previews: which version is looked at, what of it is read, and what is kept of it. Looking is the decoder's.
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use windlass_domain::{Bucket, ETag, ObjectKey, VersionId};
use windlass_ports::decode::{ByteRanges, DecodeError, Decoded, PIECE, PictureFormat, Want};
use windlass_ports::{FsError, Learned, LocalFs, RemoteBrowse, RemoteError, RemoteErrorKind};

use crate::dto_preview::{
    MapPosition, Preview, PreviewFact, PreviewKind, PreviewMissing, PreviewPicture, PreviewTable,
    PreviewText, PreviewWant,
};
use crate::learning::of_preview;
use crate::names::visible;
use crate::objects::parse_key;
use crate::{Api, UiError};

/// Counts up when what is kept means something else than before.
const FORMAT: u32 = 1;

/// Bytes of one version of an object. The first of them are there before anything is asked.
#[derive(Debug)]
pub(crate) struct ObjectRanges {
    browse: Arc<dyn RemoteBrowse>,
    bucket: Bucket,
    key: ObjectKey,
    version: Option<VersionId>,
    etag: ETag,
    first: Bytes,
    size: u64,
}

impl ObjectRanges {
    /// Reads the first piece, and binds all that follows to the version it is of.
    pub(crate) async fn open(
        browse: Arc<dyn RemoteBrowse>,
        bucket: Bucket,
        key: ObjectKey,
        version: Option<VersionId>,
        expect: Option<ETag>,
    ) -> Result<Self, RemoteError> {
        let read = browse.read_range(&bucket, &key, version.as_ref(), 0..PIECE, expect.as_ref()).await?;
        let etag = ETag::new(read.etag);
        Ok(Self { browse, bucket, key, version, etag, first: read.bytes, size: read.total })
    }

    /// The piece that was read first.
    pub(crate) const fn head(&self) -> &Bytes {
        &self.first
    }
}

#[async_trait]
impl ByteRanges for ObjectRanges {
    fn size(&self) -> u64 {
        self.size
    }

    async fn read(&self, offset: u64, len: u64) -> Result<Bytes, RemoteError> {
        let end = offset.saturating_add(len).min(self.size);
        if end <= self.first.len() as u64 {
            return Ok(piece(&self.first, offset, end));
        }
        let range = offset..end;
        let version = self.version.as_ref();
        let read = self.browse.read_range(&self.bucket, &self.key, version, range, Some(&self.etag)).await;
        read.map(|read| read.bytes)
    }
}

fn piece(bytes: &Bytes, start: u64, end: u64) -> Bytes {
    let at = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).min(bytes.len());
    bytes.slice(at(start).min(at(end))..at(end))
}

/// Bytes of a file on this computer.
#[derive(Debug)]
struct FileRanges {
    fs: Arc<dyn LocalFs>,
    path: PathBuf,
    size: u64,
}

#[async_trait]
impl ByteRanges for FileRanges {
    fn size(&self) -> u64 {
        self.size
    }

    async fn read(&self, offset: u64, len: u64) -> Result<Bytes, RemoteError> {
        let len = usize::try_from(len.min(self.size.saturating_sub(offset))).unwrap_or(usize::MAX);
        let gone = |error: FsError| RemoteError { kind: RemoteErrorKind::NotFound, source: Box::new(error) };
        self.fs.read(&self.path, offset, len).await.map_err(gone)
    }
}

impl Api {
    /// What is inside an object: exactly the version with this ETag, or whichever is there when it is empty.
    pub(crate) async fn preview(
        &self,
        connection: String,
        bucket: String,
        key: String,
        etag: String,
        want: PreviewWant,
    ) -> Result<Preview, UiError> {
        self.preview_of(connection, bucket, key, None, etag, want).await
    }

    /// What is inside a version of an object.
    pub(crate) async fn preview_version(
        &self,
        connection: String,
        bucket: String,
        key: String,
        version: String,
        etag: String,
        want: PreviewWant,
    ) -> Result<Preview, UiError> {
        self.preview_of(connection, bucket, key, Some(VersionId::new(version)), etag, want).await
    }

    async fn preview_of(
        &self,
        connection: String,
        bucket: String,
        key: String,
        version: Option<VersionId>,
        etag: String,
        want: PreviewWant,
    ) -> Result<Preview, UiError> {
        let parsed = parse_key(&key)?;
        // The ETag names the bytes, whichever version has them.
        let name =
            serde_json::json!([FORMAT, env!("CARGO_PKG_VERSION"), connection, bucket, key, etag, want])
                .to_string();
        if !etag.is_empty()
            && let Some(kept) = self.previews.get(&name).await
            && let Ok(preview) = serde_json::from_slice(&kept)
        {
            self.learn_from(connection, bucket, key, etag, &preview);
            return Ok(preview);
        }
        let browse = self.remotes.browse(&connection).await?;
        let expect = (!etag.is_empty()).then(|| ETag::new(etag.clone()));
        let place = Bucket::new(bucket.as_str());
        let source = ObjectRanges::open(browse, place, parsed, version, expect).await?;
        let looked = self.decoder.decode(inner(want), &source).await;
        // A file that ended the decoder would end the next one as well.
        let lasting = looked.as_ref().map_or_else(DecodeError::is_the_files_fault, is_worth_keeping);
        let preview = told(looked)?;
        if lasting
            && !etag.is_empty()
            && let Ok(bytes) = serde_json::to_vec(&preview)
        {
            self.previews.put(&name, bytes.into()).await;
        }
        self.learn_from(connection, bucket, key, source.etag.as_str().to_owned(), &preview);
        Ok(preview)
    }

    /// What it tells of camera, time and place can be asked for from now on.
    fn learn_from(&self, connection: String, bucket: String, key: String, etag: String, preview: &Preview) {
        let facts = of_preview(preview);
        // The bytes tell it, and the ETag names the bytes: it does not matter when they were written.
        self.learn(Learned { connection, bucket, key, etag, modified: None, facts });
    }

    /// The small picture of a file on this computer.
    pub(crate) async fn local_preview(&self, path: PathBuf, size: u64) -> Option<String> {
        let source = FileRanges { fs: Arc::clone(&self.fs), path, size };
        let found = self.decoder.decode(Want::Small, &source).await.ok()?;
        found.picture.map(|picture| data_url(picture.format, &picture.bytes))
    }
}

const fn inner(want: PreviewWant) -> Want {
    match want {
        PreviewWant::Small => Want::Small,
        PreviewWant::Large => Want::Large,
        PreviewWant::Page(number) => Want::Page(number),
    }
}

/// Pictures and facts are dear to find; text is as quickly read again, and need not lie on this disk.
const fn is_worth_keeping(found: &Decoded) -> bool {
    found.text.is_none() && found.table.is_none()
}

fn told(looked: Result<Decoded, DecodeError>) -> Result<Preview, UiError> {
    match looked {
        Ok(found) => Ok(shown(found)),
        Err(DecodeError::Source(error)) => Err(error.into()),
        Err(DecodeError::Absent(error)) => {
            tracing::warn!(%error, "the decoder is not there");
            Ok(nothing(PreviewMissing::NotInstalled))
        }
        Err(error @ (DecodeError::Died | DecodeError::TimedOut)) => {
            tracing::info!(%error, "a file could not be looked into");
            Ok(nothing(PreviewMissing::Unreadable))
        }
    }
}

const fn nothing(missing: PreviewMissing) -> Preview {
    Preview {
        kind: PreviewKind::Other,
        facts: Vec::new(),
        position: None,
        picture: None,
        text: None,
        table: None,
        missing: Some(missing),
    }
}

fn shown(found: Decoded) -> Preview {
    let fact = |fact: windlass_ports::decode::Fact| PreviewFact {
        name: fact.name.into(),
        value: visible(&fact.value),
    };
    Preview {
        kind: found.kind.into(),
        facts: found.facts.into_iter().map(fact).collect(),
        position: found.position.map(|at| MapPosition { latitude: at.latitude, longitude: at.longitude }),
        picture: found.picture.map(|picture| PreviewPicture {
            data_url: data_url(picture.format, &picture.bytes),
            width: picture.width,
            height: picture.height,
        }),
        text: found.text.map(|text| PreviewText { text: text.text, whole: text.whole }),
        table: found.table.map(|table| PreviewTable { rows: table.rows, whole: table.whole }),
        missing: found.missing.map(Into::into),
    }
}

fn data_url(format: PictureFormat, bytes: &[u8]) -> String {
    let kind = match format {
        PictureFormat::Jpeg => "jpeg",
        PictureFormat::Png => "png",
    };
    format!("data:image/{kind};base64,{}", STANDARD.encode(bytes))
}
