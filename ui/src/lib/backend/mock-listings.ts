import type { ObjectRow, UiError, UiEvent } from '../api/types';
import type { Calls } from './index';
import { bigRow, compareRows } from './mock-data';

type Handlers = {
  [N in 'open_listing' | 'open_list' | 'listing_window' | 'close_listing']: (
    args: Calls[N]['args'],
  ) => Calls[N]['result'];
};

interface Given {
  emit: (event: UiEvent) => void;
  /** Whether a large list is whole at once. */
  fast: boolean;
  /** Rows of the large bucket. */
  bigRows: number;
  rows: (bucket: string, prefix: string, deleted: boolean) => ObjectRow[];
}

interface MockListing {
  id: string;
  bucket: string;
  prefix: string;
  deleted: boolean;
  big: boolean;
  rows: ObjectRow[];
  shown: number;
  total: number;
  revision: number;
  listed_at: number;
  /** In how many views it is open, and whether it grows. */
  views: number;
  growing: boolean;
}

function fault(code: UiError['code'], message: string): UiError {
  return { code, message, detail: 'AccessDenied · request 7QF2…9KD' };
}

/** Lists of the mock: one bucket has a million rows, which come in while somebody looks. */
export function mockListings({ emit, fast, bigRows, rows: rowsOf }: Given): {
  handlers: Handlers;
  /** Takes rows out of all lists but the large one. */
  keep: (wanted: (row: ObjectRow) => boolean) => void;
} {
  const listings = new Map<string, MockListing>();
  let opened = 0;

  function grow(listing: MockListing): void {
    listing.growing = listing.shown < listing.total && listing.views > 0;
    if (!listing.growing) return;
    const step = fast ? listing.total : Math.max(1000, Math.floor(listing.total / 20));
    setTimeout(() => {
      listing.growing = listing.views > 0;
      if (!listing.growing) return;
      listing.shown = Math.min(listing.total, listing.shown + step);
      listing.revision += 1;
      emit({ kind: 'listing', id: listing.id, revision: listing.revision });
      grow(listing);
    }, 100);
  }

  function summary(listing: MockListing): Calls['open_listing']['result'] {
    const objects = listing.big ? listing.shown : there(listing).length;
    return {
      id: listing.id,
      count: listing.shown,
      objects,
      bytes: listing.big ? listing.shown * 24_600_000 : there(listing).reduce((sum, row) => sum + row.size, 0),
      complete: listing.shown >= listing.total,
      listed_at: listing.listed_at,
      revision: listing.revision,
      error: null,
    };
  }

  /** Objects that are not deleted. */
  function there(listing: MockListing): ObjectRow[] {
    return listing.rows.filter((row) => !row.folder && row.state !== 'deleted');
  }

  function find(id: string): MockListing {
    const listing = listings.get(id);
    if (!listing) throw fault('not_found', 'This list was closed. Open the folder again.');
    return listing;
  }

  const handlers: Handlers = {
    open_listing: ({ bucket, prefix, refresh, deleted: asked }) => {
      const deleted = asked === true;
      if (bucket === 'public-reports') {
        throw fault('no_permission', 'You may not list this bucket. Role FieldUpload may list inspections-prod only.');
      }
      // As the core does: a list that is known is given again, unless a new one is asked for.
      const known = [...listings.values()].findLast(
        (l) => l.bucket === bucket && l.prefix === prefix && l.deleted === deleted,
      );
      if (known && !refresh) {
        known.views += 1;
        if (!known.growing) grow(known);
        return summary(known);
      }
      const big = bucket === 'drone-raw-eu';
      const rows = big ? [] : rowsOf(bucket, prefix, deleted);
      const total = big ? bigRows : rows.length;
      const listing: MockListing = {
        id: `l${(opened += 1)}`,
        bucket,
        prefix,
        deleted,
        big,
        rows,
        shown: big ? Math.min(1000, total) : total,
        total,
        revision: 1,
        listed_at: Date.now(),
        views: 1,
        growing: false,
      };
      listings.set(listing.id, listing);
      grow(listing);
      return summary(listing);
    },
    open_list: ({ connection, bucket, prefix, refresh, deleted, ...order }) => {
      const { id } = handlers.open_listing({ connection, bucket, prefix, refresh, deleted });
      return handlers.listing_window({ id, offset: 0, ...order });
    },
    listing_window: ({ id, offset, limit, sort, descending, filter }) => {
      const listing = find(id);
      let rows: ObjectRow[];
      let count = listing.shown;
      if (listing.big && filter === '') {
        const end = Math.min(listing.shown, offset + limit);
        rows = Array.from({ length: Math.max(0, end - offset) }, (_, i) =>
          bigRow(descending ? listing.shown - 1 - offset - i : offset + i),
        );
      } else {
        const all = listing.big ? Array.from({ length: listing.shown }, (_, i) => bigRow(i)) : [...listing.rows];
        const text = filter.toLowerCase();
        const match = all.filter((row) => row.name.toLowerCase().includes(text));
        match.sort(compareRows(sort, descending));
        rows = match.slice(offset, offset + limit);
        count = match.length;
      }
      return { rows, summary: { ...summary(listing), count } };
    },
    close_listing: ({ id }) => {
      const listing = listings.get(id);
      if (listing) listing.views = Math.max(0, listing.views - 1);
      return null;
    },
  };
  return {
    handlers,
    keep(wanted) {
      for (const listing of listings.values()) {
        if (listing.big) continue;
        listing.rows = listing.rows.filter(wanted);
        listing.shown = listing.rows.length;
        listing.total = listing.rows.length;
        listing.revision += 1;
        emit({ kind: 'listing', id: listing.id, revision: listing.revision });
      }
    },
  };
}
