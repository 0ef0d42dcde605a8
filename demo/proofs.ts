/** What the demo proved, a line each: it ends with this table and fails with it. */
export class Proofs {
  private readonly rows: { claim: string; holds: boolean; evidence: string }[] = [];

  /** @param evidence what was seen, for the reader to judge */
  add(claim: string, holds: boolean, evidence: string): void {
    this.rows.push({ claim, holds, evidence });
  }

  get allHold(): boolean {
    return this.rows.length > 0 && this.rows.every(({ holds }) => holds);
  }

  toString(): string {
    const width = Math.max(...this.rows.map(({ claim }) => claim.length));
    return this.rows
      .map(({ claim, holds, evidence }) => `  ${holds ? "yes" : "NO "}  ${claim.padEnd(width)}  ${evidence}`)
      .join("\n");
  }
}
