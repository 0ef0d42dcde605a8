const COLUMNS = 4;
const FIRST_ROOM_IN_ROWS = 32;

/**
 * A queue of rows of four numbers each, in memory of its own: hours of audio leave a row for each second, and as objects the garbage
 * collector would go through them again and again.
 */
export class NumberRows {
  /** Number of rows. */
  length = 0;
  #cells = new Float64Array(COLUMNS * FIRST_ROOM_IN_ROWS);
  /** Row of the cells that is the first one here; behind the last row of the cells comes their first. */
  #first = 0;

  push(a: number, b: number, c: number, d: number): void {
    const room = this.#cells.length / COLUMNS;
    if (this.length === room) this.#grow();
    const cell = this.#cellOf(this.length++);
    this.#cells[cell] = a;
    this.#cells[cell + 1] = b;
    this.#cells[cell + 2] = c;
    this.#cells[cell + 3] = d;
  }

  #grow(): void {
    const cells = new Float64Array(2 * this.#cells.length);
    const from = COLUMNS * this.#first;
    cells.set(this.#cells.subarray(from));
    cells.set(this.#cells.subarray(0, from), this.#cells.length - from);
    this.#cells = cells;
    this.#first = 0;
  }

  #cellOf(row: number): number {
    const cell = COLUMNS * (this.#first + row);
    return cell < this.#cells.length ? cell : cell - this.#cells.length;
  }

  /** @param column 0 to 3 */
  get(row: number, column: number): number {
    return this.#cells[this.#cellOf(row) + column]!;
  }

  set(row: number, column: number, value: number): void {
    this.#cells[this.#cellOf(row) + column] = value;
  }

  dropFirst(): void {
    this.#first = this.#cellOf(1) / COLUMNS;
    this.length--;
  }
}
