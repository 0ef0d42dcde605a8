import type { Damage, DamageCode } from "./damage.js";

/** A stream of rubbish has a fault every few bytes: beyond this many they are only counted. */
const MAX_DAMAGES_KEPT = 10_000;

/** The first faults of a stream, and how many more there were. */
export class DamageLog {
  readonly entries: Damage[] = [];
  /** Faults that were not kept. */
  omitted = 0;

  add(code: DamageCode, offset: number, message: string, bytesSkipped?: number): Damage {
    const damage: Damage = { code, offset, message };
    if (bytesSkipped !== undefined) damage.bytesSkipped = bytesSkipped;
    if (this.entries.length < MAX_DAMAGES_KEPT) this.entries.push(damage);
    else this.omitted++;
    return damage;
  }
}
