/** Kinds of files that a folder may be limited to. They are stored as lines of `.gitignore` syntax in front of a person's own. */

export type Kind = 'photos' | 'raw' | 'videos' | 'audio' | 'documents';

export const KINDS: Readonly<Record<Kind, readonly string[]>> = {
  photos: ['jpg', 'jpeg', 'png', 'heic', 'heif', 'tif', 'tiff', 'webp', 'gif', 'bmp'],
  raw: ['dng', 'cr2', 'cr3', 'nef', 'arw', 'raf', 'rw2', 'orf', 'pef'],
  videos: ['mp4', 'mov', 'm4v', 'mkv', 'avi', 'mts', 'm2ts', 'mxf', 'insv', 'webm'],
  audio: ['wav', 'mp3', 'm4a', 'flac', 'aac', 'ogg'],
  documents: [
    'pdf',
    'txt',
    'csv',
    'json',
    'xml',
    'doc',
    'docx',
    'xls',
    'xlsx',
    'ppt',
    'pptx',
    'odt',
    'ods',
    'kml',
    'kmz',
  ],
};

const NAMES = Object.keys(KINDS) as Kind[];
const BEGIN = '# Only these kinds: ';
const END = '# End of kinds';

/** The lines that leave out everything but these kinds; none for no kind, which means all files. */
export function linesOf(kinds: readonly Kind[]): string[] {
  const chosen = NAMES.filter((kind) => kinds.includes(kind));
  if (chosen.length === 0) return [];
  // Cameras write `.JPG`, and the syntax tells capital letters apart.
  const either = (ending: string): string =>
    [...ending].map((c) => (c >= 'a' && c <= 'z' ? `[${c}${c.toUpperCase()}]` : c)).join('');
  const endings = chosen.flatMap((kind) => KINDS[kind]).map((ending) => `!*.${either(ending)}`);
  // Folders come back in, or nothing below them could.
  return [BEGIN + chosen.join(', '), '*', '!*/', ...endings, END];
}

/** Kinds and a person's own lines, of all lines. Lines that do not stand as this program writes them are the person's. */
export function split(lines: readonly string[]): { kinds: Kind[]; own: string[] } {
  const first = lines[0];
  const end = lines.indexOf(END);
  if (first?.startsWith(BEGIN) && end > 0) {
    const names = first.slice(BEGIN.length).split(', ');
    const kinds = NAMES.filter((kind) => names.includes(kind));
    if (linesOf(kinds).join('\n') === lines.slice(0, end + 1).join('\n')) {
      return { kinds, own: lines.slice(end + 1) };
    }
  }
  return { kinds: [], own: [...lines] };
}
