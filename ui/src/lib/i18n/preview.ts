import type { FactName, PreviewKind, PreviewMissing } from '../api/types';

const facts: Record<FactName, string> = {
  dimensions: 'Pixels',
  camera: 'Camera',
  lens: 'Lens',
  exposure: 'Shutter',
  aperture: 'Aperture',
  iso: 'ISO',
  focal_length: 'Focal length',
  taken: 'Taken',
  orientation: 'Orientation',
  software: 'Software',
  duration: 'Length',
  codec: 'Coding',
  title: 'Title',
  artist: 'Artist',
  album: 'Album',
  sample_rate: 'Sample rate',
  channels: 'Channels',
  bitrate: 'Bit rate',
  pages: 'Pages',
  author: 'Author',
  rows: 'Rows',
  columns: 'Columns',
  column: 'Column',
};

const missing: Record<PreviewMissing, string> = {
  no_small_picture: 'This file carries no small picture. Open it to read the whole file.',
  too_large: 'Too large to show here. Download it to see it.',
  damaged: 'The bytes of this file do not add up, so it cannot be shown. Download it to try another program.',
  no_heif:
    'This picture is in a coding that is not drawn here, such as AVIF; its facts are shown. Download it to see it.',
  no_video: 'No still of this film can be drawn here; what it says of itself is shown.',
  no_pdf: 'This document opens with a password only, so no page is drawn here. Download it to read it.',
  no_raw: 'Only the camera maker’s own coding is in this file, and no picture beside it. Download it to see it.',
  unknown: 'Windlass does not know this kind of file. Download it to open it in another program.',
  unreadable:
    'This file could not be read: looking into it failed. The object itself is untouched. Download it to try another program.',
  not_installed: 'The part of Windlass that looks into files is missing. Install Windlass again to see previews.',
};

const kinds: Record<PreviewKind, string> = {
  jpeg: 'JPEG image',
  png: 'PNG image',
  web_p: 'WebP image',
  gif: 'GIF image',
  tiff: 'TIFF image',
  heic: 'HEIC image',
  raw: 'Raw photo',
  video: 'Film',
  audio: 'Sound',
  pdf: 'PDF document',
  text: 'Text',
  csv: 'Table',
  json: 'JSON',
  parquet: 'Parquet table',
  empty: 'Empty file',
  other: 'File',
};

const player = {
  play: 'Play',
  playOf: (name: string) => `Play ${name}`,
  film: (name: string) => `Film ${name}`,
  sound: (name: string) => `Sound ${name}`,
  reads: 'Only what is played is read from the bucket.',
  noPlayer: (media: string) =>
    `This computer has no player for it (${media}). The object itself is fine. Download it and open it with another program.`,
  plugins:
    'On Linux, GStreamer plays films and sound: its packages gstreamer1.0-plugins-good and gstreamer1.0-libav know most codings.',
  damaged:
    'Playing stopped: what comes next cannot be decoded. The file may be damaged, or in a coding that is not known here. Download it to try another program.',
  brokeOff:
    'Playing stopped: the player lost its connection to Windlass. The object itself is untouched. Play it again.',
};

/** Words for what is inside a file. */
export const preview = {
  player,
  facts,
  missing,
  kinds,
  capture: 'Capture',
  inside: 'Inside the file',
  place: 'Place',
  position: (latitude: number, longitude: number) =>
    `${Math.abs(latitude).toFixed(4)} ${latitude < 0 ? 'S' : 'N'}, ${Math.abs(longitude).toFixed(4)} ${longitude < 0 ? 'W' : 'E'}`,
  map: (position: string) => `Position on the globe: ${position}`,
  copyPosition: 'Copy position',
  cameraTime: 'camera’s time',
  empty: 'This file is empty.',
  folder: 'A folder has nothing to show. Go on with the arrow keys.',
  cut: 'Only the beginning is shown.',
  loading: 'Looking into the file…',
  dialog: (name: string) => `Quick look: ${name}`,
  of: (index: number, total: number) => `${index} of ${total}`,
  picture: (name: string) => `Picture of ${name}`,
  text: (name: string) => `Text of ${name}`,
  table: (name: string) => `First rows of ${name}`,
  page: (number: number, pages: number) => `Page ${number} of ${pages}`,
  pagePicture: (number: number, name: string) => `Page ${number} of ${name}`,
  previousPage: 'Previous page (Page Up)',
  nextPage: 'Next page (Page Down)',
  open: 'Open',
  close: 'Close',
};

/** Words of the gallery. */
export const gallery = {
  view: 'View',
  list: 'List',
  gallery: 'Gallery',
  size: 'Size of the tiles',
  label: (place: string) => `Gallery of ${place}`,
};
