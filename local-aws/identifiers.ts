import { randomBytes, randomUUID } from "node:crypto";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";

/** Source of everything that is random, so that a test can fix it. */
export interface Identifiers {
  uuid(): string;
  /** Lower-case letters and digits. */
  token(length: number): string;
}

export const randomIdentifiers: Identifiers = {
  uuid: () => randomUUID(),
  token: (length) => Array.from(randomBytes(length), (byte) => ALPHABET[byte % ALPHABET.length]).join(""),
};
