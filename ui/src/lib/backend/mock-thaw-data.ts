import type { Price, ThawRow } from '../api/types';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const GB = 1e9;

function dollars(cents: number): Price {
  return {
    ...{
      kind: 'known',
      amount: cents * 10_000_000,
      why: '',
      currency: 'USD',
      date: '2026-11-01',
      region: 'eu-central-1',
    },
    lines: [],
    early: [],
  };
}

function batch(now: number, row: Partial<ThawRow> & Pick<ThawRow, 'id' | 'name' | 'place'>): ThawRow {
  return {
    ...{
      connection: 'c1',
      bucket: 'inspections-archive',
      state: 'thawing',
      waiting: false,
      objects: 1,
      bytes: GB,
      skipped: 0,
    },
    ...{
      classes: ['GLACIER'],
      speed: 'standard',
      days: 7,
      then: { kind: 'tell' },
      price: null,
      asked: row.objects ?? 1,
    },
    ...{ ready: 0, failed: 0, downloaded: 0, asked_at: now - 5 * HOUR, due_at: null, ready_at: null, ends_at: null },
    ...{
      look_at: now + HOUR,
      job: null,
      restored_by: null,
      folder: null,
      can_hurry: false,
      can_extend: false,
      error: null,
    },
    created: now - 5 * HOUR,
    ...row,
  };
}

const PAST = ['Survey video, 2022', 'Pier 03, raw', 'Case C-1044 evidence', 'Night flights', 'Reports, 2021'];

/** A board as in a busy week: two can be read, two are thawing, and many are over. */
export function sampleThaws(now: number): ThawRow[] {
  const past = Array.from({ length: 31 }, (_, i): ThawRow => {
    const created = now - (40 + i * 6) * DAY;
    const name = PAST[i % PAST.length] ?? '';
    const stopped = i % 7 === 6;
    const objects = 12 + ((i * 37) % 240);
    return batch(now, {
      ...{ id: `p${i + 1}`, name, place: `archive/2024/${i + 1}/`, objects, bytes: objects * 0.4 * GB },
      ...{ state: stopped ? 'stopped' : 'past', price: dollars(20 + ((i * 53) % 400)), asked: objects },
      ...{ ready: stopped ? 0 : objects, downloaded: stopped ? 0 : objects, look_at: null, created },
      ...{
        asked_at: created,
        ends_at: stopped ? null : created + 8 * DAY,
        folder: stopped ? null : '/home/field/Thawed',
      },
    });
  });
  return [
    batch(now, {
      ...{ id: 't1', name: 'Case C-1182 evidence', place: '2025/cases/C-1182/', objects: 36, bytes: 41.8 * GB },
      ...{ state: 'ready', speed: 'expedited', days: 1, price: dollars(161), ready: 36, look_at: null },
      ...{ ready_at: now - 4.75 * HOUR, ends_at: now + 19.27 * HOUR, can_extend: true },
    }),
    batch(now, {
      ...{ id: 't2', name: 'Ford Lane culvert, 2023', place: 'archive/culverts/ford-lane/2023/', objects: 1204 },
      ...{ bytes: 18.9 * GB, state: 'ready', price: dollars(25), ready: 1204, downloaded: 1190, look_at: null },
      ...{ ready_at: now - 46 * HOUR, ends_at: now + 5 * DAY + 2 * HOUR, can_extend: true },
      folder: '/home/field/Ford Lane',
    }),
    batch(now, {
      ...{ id: 't3', name: 'A14 viaduct, laser scans', place: 'bridges/A14-viaduct/2026-08-11/raw/', objects: 2 },
      ...{ bytes: 20.5 * GB, classes: ['DEEP_ARCHIVE'], price: dollars(41), then: { kind: 'restore' }, job: 'j0' },
      ...{ asked_at: now - 5.35 * HOUR, due_at: now + 6.65 * HOUR },
    }),
    batch(now, {
      ...{ id: 't4', name: 'Mill Road bridge, 2024 video', place: 'archive/bridges/mill-road/2024/raw/', objects: 148 },
      ...{ bytes: 312.4 * GB, classes: ['DEEP_ARCHIVE'], speed: 'bulk', days: 14, price: dollars(78), can_hurry: true },
      ...{ then: { kind: 'download', to: '/media/PHOTOS-SSD/Mill Road' } },
      ...{ asked_at: now - 22.45 * HOUR, due_at: now + 25.55 * HOUR },
    }),
    ...past,
  ];
}
