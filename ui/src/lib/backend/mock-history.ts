/** One version or delete marker of a sample key. */
export interface Past {
  version: string;
  at: number;
  size: number;
  etag: string;
  storage: string;
  marker: boolean;
}

/** Versions of each key, oldest first. */
export type Histories = Map<string, Past[]>;

const HOUR = 3_600_000;
const MINUTE = 60_000;
const DAYS = 364;
/** Days before today. */
const FLIGHTS = [24, 23, 22];
const ACCIDENT = 14;

const pad = (n: number, width = 2): string => String(n).padStart(width, '0');

/**
 * A year of inspections: photos on most working days, reports that are written again, clean-ups, and the day on which a folder was
 * deleted by mistake. The same every time, seen from the day of `now`.
 */
export function sampleHistory(now: number): Histories {
  const midnight = new Date(now);
  midnight.setHours(0, 0, 0, 0);
  const start = (ago: number): number => {
    const day = new Date(midnight);
    day.setDate(day.getDate() - ago);
    return day.getTime();
  };
  const named = (ago: number): string => {
    const day = new Date(start(ago));
    return `${day.getFullYear()}-${pad(day.getMonth() + 1)}-${pad(day.getDate())}`;
  };
  let seed = 20_261_112;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  const past: Histories = new Map();
  let made = 0;
  const write = (key: string, at: number, size: number, more: Partial<Past> = {}): void => {
    made += 1;
    const version = `v${pad(made, 6)}kL4kqtJcpXroDTmSdExb0`;
    const etag = `"${((made * 2_654_435_761) % 4_294_967_296).toString(16).padStart(8, '0')}9b2c5a1ef04d7738"`;
    const one = { version, at, size, etag, storage: 'STANDARD', marker: false, ...more };
    past.set(key, [...(past.get(key) ?? []), one]);
  };
  const remove = (key: string, at: number): void => write(key, at, 0, { marker: true, etag: '', storage: '' });
  const site = 'bridges/A14-viaduct/';

  // Flights: a rhythm over the week and the month, quiet at weekends.
  for (let ago = DAYS; ago > ACCIDENT; ago -= 1) {
    const weekday = new Date(start(ago)).getDay();
    const quiet = weekday === 0 || weekday === 6;
    const swell = 9 + Math.round(8 * (1 + Math.sin(ago / 4.7))) + (weekday === 4 || weekday === 5 ? 14 : 0);
    const flight = FLIGHTS.includes(ago);
    const photos = flight ? 52 : quiet ? random(2) : Math.max(2, swell - random(11));
    for (let i = 0; i < photos; i += 1) {
      const film = i % 23 === 22;
      const key = `${site}${named(ago)}/raw/DJI_${pad(i + (flight ? 71 : 1), 4)}.${film ? 'MP4' : 'JPG'}`;
      const size = film ? 1_190_000_000 + random(900_000_000) : 23_200_000 + random(2_600_000);
      write(key, start(ago) + 9 * HOUR + i * 47_000, size);
    }
    if (!quiet && ago % 5 === 0) {
      const folder = `${site}${named(ago)}/`;
      const at = start(ago) + 16 * HOUR;
      write(`${folder}report/condition-report.pdf`, at, 3_400_000 + random(900_000));
      write(`${folder}processed/defects.geojson`, at + 4 * MINUTE, 540_000 + random(90_000));
      write(`${folder}manifest.csv`, at + 9 * MINUTE, 78_000 + random(9000));
      if (ago % 3 === 0) write(`${folder}manifest.csv`, at + 30 * HOUR, 80_000 + random(9000));
    }
    // Now and then somebody cleans up; what went then is not of interest any more.
    if (!quiet && ago % 31 === 11) {
      const folder = `${site}${named(ago + 2)}/raw/`;
      const keys = [...past.keys()].filter((key) => key.startsWith(folder)).slice(0, 3);
      keys.forEach((key, i) => remove(key, start(ago) + 11 * HOUR + i * 2000));
    }
    if (!quiet && ago % 9 === 0)
      write(`culverts/ford-lane/${named(ago)}/survey.pdf`, start(ago) + 10 * HOUR, 5_100_000);
  }
  // Scans from long ago, in the archive.
  for (const part of [1, 2, 3]) {
    const key = `${site}${named(108)}/raw/scan_A14_P05_part${part}.e57`;
    write(key, start(108) + 15 * HOUR + part * 9000, 9_600_000_000 + part * 650_000_000, { storage: 'DEEP_ARCHIVE' });
  }
  const keys = (folder: string): string[] => [...past.keys()].filter((key) => key.startsWith(`${site}${folder}`));

  // The accident: most of a flight, and two scans, within two minutes of a morning.
  const morning = start(ACCIDENT) + 9 * HOUR + 12 * MINUTE;
  const flown = FLIGHTS.flatMap((ago) => keys(`${named(ago)}/raw/`)).slice(0, 140);
  flown.forEach((key, i) => remove(key, morning + 4000 + i * 500));
  for (const part of [1, 2])
    remove(`${site}${named(108)}/raw/scan_A14_P05_part${part}.e57`, morning + 76_000 + part * 2000);
  // Some of them once more, by a script that did not look: two markers lie on these.
  flown.slice(0, 3).forEach((key, i) => remove(key, morning + 3 * HOUR + i * 1000));
  // Smaller deletions later.
  keys(`${named(40)}/raw/`)
    .slice(0, 14)
    .forEach((key, i) => remove(key, start(10) + 13 * HOUR + i * 1500));
  const more = [...keys(`${named(37)}/raw/`), ...keys(`${named(36)}/raw/`), ...keys(`${named(35)}/raw/`)];
  more.slice(0, 24).forEach((key, i) => remove(key, start(9) + 14 * HOUR + i * 1500));

  // Reports and results that were written again.
  const older = keys('').filter((key) => !/\/raw\//.test(key) && !FLIGHTS.some((ago) => key.includes(named(ago))));
  older.slice(-40, -6).forEach((key, i) => {
    const last = past.get(key)?.at(-1);
    write(key, start(i % 3 === 0 ? 10 : 9) + 8 * HOUR + i * 7 * MINUTE, Math.round((last?.size ?? 0) * 0.94));
  });
  // Written again with the very same bytes, as a copy onto itself is.
  older.slice(-6, -1).forEach((key, i) => {
    const last = past.get(key)?.at(-1);
    if (last) write(key, start(8) + 12 * HOUR + i * MINUTE, last.size, { etag: last.etag });
  });
  // New flights since.
  const since: [ago: number, photos: number][] = [
    [12, 4],
    [8, 13],
    [7, 18],
    [6, 12],
    [3, 9],
    [1, 5],
  ];
  for (const [ago, photos] of since) {
    for (let i = 0; i < photos; i += 1) {
      const film = i % 20 === 3;
      const key = `${site}${named(ago)}/raw/DJI_${pad(i + 401, 4)}.${film ? 'MP4' : 'JPG'}`;
      write(
        key,
        start(ago) + 14 * HOUR + 40 * MINUTE + i * 21_000,
        film ? 1_210_000_000 : 23_700_000 + random(1_900_000),
      );
    }
  }
  // Within the last hour, after the index was read.
  older.slice(1, 2).forEach((key) => write(key, now - 20 * MINUTE, 91_000));
  older.slice(0, 1).forEach((key) => write(key, now - 25 * MINUTE, 92_000));
  for (const versions of past.values()) versions.sort((a, b) => a.at - b.at);
  return past;
}
