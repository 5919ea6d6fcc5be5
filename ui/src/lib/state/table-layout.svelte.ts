import { isRecord, keep, load, type Slot } from './stored';

/** Columns that can be hidden and sized, in their order; the name is always there and takes the rest of the room. */
export const COLUMNS = ['size', 'modified', 'class', 'state'] as const;
export type Column = (typeof COLUMNS)[number];

/** Height of a row in CSS pixels. */
export const DENSITIES = { compact: 28, normal: 32, comfortable: 40 } as const;
export type Density = keyof typeof DENSITIES;

export const MIN_WIDTH = 56;
export const MAX_WIDTH = 320;
/** How far a key press moves a border. */
export const WIDTH_STEP = 8;
const WIDTHS: Record<Column, number> = { size: 76, modified: 140, class: 96, state: 128 };

/** Width of a tile in the gallery, in CSS pixels. */
export const MIN_TILE = 140;
export const MAX_TILE = 320;
const TILE = 188;

/** How the objects of a place are shown. */
export type ViewMode = 'list' | 'gallery';

interface Kept {
  density: Density;
  view: ViewMode;
  tile: number;
  hidden: Column[];
  widths: Record<Column, number>;
}

const SLOT: Slot<Kept> = { name: 'table', version: 1, read: readKept };

/** How objects are laid out: as a list or as tiles, row height, which columns, how wide. */
export class TableLayout {
  #kept = $state.raw<Kept>(load(SLOT) ?? { density: 'normal', view: 'list', tile: TILE, hidden: [], widths: WIDTHS });
  rowHeight = $derived(DENSITIES[this.#kept.density]);
  columns = $derived(COLUMNS.filter((column) => !this.#kept.hidden.includes(column)));
  /** Tick box, thumbnail, name, then the columns: tracks of a CSS grid. */
  tracks = $derived(
    ['16px 32px minmax(80px, 1fr)', ...this.columns.map((column) => `${this.#kept.widths[column]}px`)].join(' '),
  );

  /** The layout that another window chose. */
  read(): void {
    this.#kept = load(SLOT) ?? this.#kept;
  }

  get density(): Density {
    return this.#kept.density;
  }

  set density(density: Density) {
    this.#set({ density });
  }

  get view(): ViewMode {
    return this.#kept.view;
  }

  set view(view: ViewMode) {
    this.#set({ view });
  }

  get tile(): number {
    return this.#kept.tile;
  }

  set tile(tile: number) {
    this.#set({ tile: clampTile(tile) });
  }

  shows(column: Column): boolean {
    return this.columns.includes(column);
  }

  toggle(column: Column): void {
    const { hidden } = this.#kept;
    this.#set({ hidden: this.shows(column) ? [...hidden, column] : hidden.filter((each) => each !== column) });
  }

  width(column: Column): number {
    return this.#kept.widths[column];
  }

  setWidth(column: Column, width: number): void {
    this.#set({ widths: { ...this.#kept.widths, [column]: clamp(width) } });
  }

  resetWidth(column: Column): void {
    this.setWidth(column, WIDTHS[column]);
  }

  #set(change: Partial<Kept>): void {
    this.#kept = { ...this.#kept, ...change };
    keep(SLOT, this.#kept);
  }
}

function clamp(width: number): number {
  return Math.round(Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, width)));
}

function clampTile(tile: number): number {
  return Math.round(Math.min(MAX_TILE, Math.max(MIN_TILE, tile)));
}

function readKept(value: unknown): Kept | null {
  if (!isRecord(value)) return null;
  const { density, hidden, view, tile } = value;
  const widths = isRecord(value.widths) ? value.widths : {};
  const width = (column: Column): number => {
    const kept = widths[column];
    return typeof kept === 'number' && Number.isFinite(kept) ? clamp(kept) : WIDTHS[column];
  };
  return {
    density: density === 'compact' || density === 'comfortable' ? density : 'normal',
    view: view === 'gallery' ? view : 'list',
    tile: typeof tile === 'number' && Number.isFinite(tile) ? clampTile(tile) : TILE,
    hidden: Array.isArray(hidden) ? COLUMNS.filter((column) => hidden.includes(column)) : [],
    widths: { size: width('size'), modified: width('modified'), class: width('class'), state: width('state') },
  };
}
