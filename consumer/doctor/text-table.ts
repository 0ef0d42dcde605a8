/** A column of a table: what it is called, and for what there is room last. */
export interface Column {
  title: string;
  /** 0: always shown. Else the highest goes first where the table is too wide. */
  dispensable: number;
}

const GAP = "  ";

/** Rows in columns that are as wide as they need to be. Columns go until the table fits; empty ones go in any case. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string[] {
  const shown = columns.map((_, i) => i).filter((i) => rows.some((row) => row[i]));
  const widthOf = (i: number) => Math.max(columns[i]!.title.length, ...rows.map((row) => row[i]?.length ?? 0));
  const isTooWide = () => shown.reduce((sum, i) => sum + widthOf(i) + GAP.length, -GAP.length) > width;
  const inTurn = [...shown].sort((a, b) => columns[b]!.dispensable - columns[a]!.dispensable);
  for (const i of inTurn) {
    if (!isTooWide() || columns[i]!.dispensable === 0) break;
    shown.splice(shown.indexOf(i), 1);
  }
  const line = (cells: readonly string[]) =>
    shown
      .map((i) => (cells[i] ?? "").padEnd(widthOf(i)))
      .join(GAP)
      .trimEnd();
  return [line(columns.map(({ title }) => title)), ...rows.map(line)];
}
