/** Words for the layout of the list of objects. */
export const table = {
  options: 'List options',
  columns: 'Columns',
  density: 'Row height',
  objects: 'Objects',
  densities: { compact: 'Compact', normal: 'Normal', comfortable: 'Comfortable' },
  width: (column: string, px: number) => `${column}, ${px} pixels wide`,
  widthHint: 'Shift+Left and Shift+Right change the width.',
  drag: (column: string) => `Drag to change the width of ${column}. A double click gives it back its own.`,
};
