const COUNT = new Intl.NumberFormat('en-GB');
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const CLOCK_S = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const UNITS = ['KB', 'MB', 'GB', 'TB', 'PB'] as const;
const DIGITS = [0, 1, 2, 2, 2] as const;

/** Another path as seen from one: only its name when both lie in the same folder. */
export function nextTo(path: string, other: string): string {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const rest = other.slice(folder.length);
  return other.startsWith(folder) && !rest.includes('/') ? rest : other;
}

/** `1284` → `1,284`. */
export function count(n: number): string {
  return COUNT.format(n);
}

/** `24800000` → `24.8 MB`. Decimal units, as disks and stores are sold. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes / 1000;
  let unit = 0;
  // 999.95 MB would print as 1000.0 MB: step up where rounding would reach the next unit.
  while (unit < UNITS.length - 1 && Number(value.toFixed(DIGITS[unit])) >= 1000) {
    value /= 1000;
    unit += 1;
  }
  // Four figures say enough: 9.64 GB, 38.64 GB, 212.6 GB.
  const digits = Math.min(DIGITS[unit] ?? 0, value >= 99.995 ? 1 : 2);
  return `${value.toFixed(digits)} ${UNITS[unit] ?? ''}`;
}

const SPOKEN: Record<string, string> = {
  B: 'bytes',
  KB: 'kilobytes',
  MB: 'megabytes',
  GB: 'gigabytes',
  TB: 'terabytes',
  PB: 'petabytes',
};

/** `24800000` → `24.8 megabytes`: a reader would spell the letters of the unit. */
export function spokenSize(bytes: number): string {
  if (bytes === 1) return '1 byte';
  const [number = '', unit = ''] = size(bytes).split(' ');
  return `${number} ${SPOKEN[unit] ?? unit}`;
}

/** `131.2 of 148.6 GB`: both in the unit of the whole. */
export function sizeOf(done: number, total: number): { done: string; total: string } {
  const whole = size(total);
  const part = size(done);
  const [number, unit] = part.split(' ');
  return { done: unit === whole.split(' ')[1] ? (number ?? part) : part, total: whole };
}

/** Bytes per second as `18.4 Mbit/s`. */
export function rate(bytesPerSecond: number): string {
  const mbit = (bytesPerSecond * 8) / 1e6;
  if (mbit >= 100) return `${count(Math.round(mbit))} Mbit/s`;
  return `${mbit.toFixed(1)} Mbit/s`;
}

/** A limit as `20 Mbit/s`: no needless zero. */
export function limit(bytesPerSecond: number): string {
  return rate(bytesPerSecond).replace('.0 ', ' ');
}

/** Seconds as `2 h 6 min`, `11 min`, `23 s`. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  const minutes = Math.round(s / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} days`;
}

/** Time since then as `3 min`, empty under 10 seconds. */
export function age(ms: number, now = Date.now()): string {
  const seconds = Math.max(0, (now - ms) / 1000);
  return seconds < 10 ? '' : duration(seconds);
}

/** `20 Nov`, in other years `Nov 2025`: for narrow columns that have the whole date as their title. */
export function shortDay(ms: number, now = Date.now()): string {
  const [day = '', month = '', year = ''] = DAY.format(ms).split(' ');
  return DAY.format(now).endsWith(year) ? `${day} ${month}` : `${month} ${year}`;
}

/** `20 Nov 2026, 15:12`. */
export function when(ms: number): string {
  return `${DAY.format(ms)}, ${CLOCK.format(ms)}`;
}

/** `20 Nov 2026, 15:12:07`. */
export function whenExact(ms: number): string {
  return `${DAY.format(ms)}, ${CLOCK_S.format(ms)}`;
}

/** `15:12`, or the day too when it is not today. */
export function clock(ms: number, now = Date.now()): string {
  return DAY.format(ms) === DAY.format(now) ? CLOCK.format(ms) : when(ms);
}

/** Share of a whole in whole percent; 100 only when complete. */
export function percent(done: number, total: number): number {
  if (total <= 0) return 0;
  if (done >= total) return 100;
  return Math.min(99, Math.floor((done / total) * 100));
}

/** Storage class as people know it. */
export function storageClass(code: string): string {
  if (code === '') return '';
  const known: Record<string, string> = {
    STANDARD: 'Standard',
    STANDARD_IA: 'Infrequent',
    ONEZONE_IA: 'One zone',
    INTELLIGENT_TIERING: 'Intelligent',
    GLACIER: 'Glacier',
    GLACIER_IR: 'Glacier Instant',
    DEEP_ARCHIVE: 'Deep Archive',
    REDUCED_REDUNDANCY: 'Reduced',
    EXPRESS_ONEZONE: 'Express',
  };
  return known[code] ?? code;
}

const PICTURES = new Set(
  'jpg jpeg jpe png webp gif tif tiff heic heif avif dng nef nrw cr2 cr3 arw srf sr2 raf rw2 orf pef srw 3fr iiq rwl'.split(
    ' ',
  ),
);

/** Kind of a file from its name, for icons and the inspector. */
export type FileKind = 'image' | 'video' | 'text' | 'data' | 'scan' | 'pdf' | 'other';

export function fileKind(name: string): FileKind {
  const ext = extension(name);
  if (PICTURES.has(ext)) return 'image';
  if (['mp4', 'mov', 'avi', 'mkv', 'mts'].includes(ext)) return 'video';
  if (['txt', 'csv', 'md', 'log'].includes(ext)) return 'text';
  if (['json', 'xml', 'yaml', 'yml', 'geojson', 'kml'].includes(ext)) return 'data';
  if (['e57', 'las', 'laz', 'ply', 'obj', 'glb'].includes(ext)) return 'scan';
  return ext === 'pdf' ? 'pdf' : 'other';
}

/** Lower-case extension without the dot. */
export function extension(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : '';
}

/** Whether a name lets hope for a picture or a film. Only the bytes say what a file is; this spares needless requests. */
export function looksLikePicture(name: string): boolean {
  return PICTURES.has(extension(name)) || fileKind(name) === 'video';
}
