import type { TransactionTally } from "./leg-report.js";

const MAX_TRANSACTIONS_KEPT = 10_000;

/** Counts what there is of each transaction, in order of appearance. */
export class TransactionTallies {
  readonly #byId = new Map<string | undefined, TransactionTally>();
  omitted = 0;

  add(transactionId: string | undefined, voiceConnectorId: string | undefined, samples: number): void {
    let tally = this.#byId.get(transactionId);
    if (!tally) {
      if (this.#byId.size >= MAX_TRANSACTIONS_KEPT) {
        this.omitted++;
        return;
      }
      tally = { transactionId, voiceConnectorId, fragments: 0, samples: 0 };
      this.#byId.set(transactionId, tally);
    }
    tally.voiceConnectorId ??= voiceConnectorId;
    tally.fragments++;
    tally.samples += samples;
  }

  list(): TransactionTally[] {
    return [...this.#byId.values()].map((tally) => ({ ...tally }));
  }
}
