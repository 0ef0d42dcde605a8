import { type FindingCode, findingKinds, type Level } from "./finding-codes.js";

/** Something that was found, good or bad. */
export interface Finding {
  level: Level;
  /** Stable, one of `findingKinds`. */
  code: FindingCode;
  /** What is so, in a sentence without a full stop. */
  what: string;
  /** What it is true of: a region, `<region>/<voiceConnectorId>`, the URL of a queue, `s3://…`. Empty: the account. */
  where: string[];
  /** Why it matters. */
  why: string;
  /** What to do: a command, an argument, a policy statement. Absent where nothing is to be done. */
  next?: string;
}

const ORDER: readonly Level[] = ["problem", "warning", "ok"];
const PLACE = /^(?<region>[^/]+)\/(?<id>.+)$/;

/** Collects findings. What is true of several places is one finding. */
export class Findings {
  readonly #byText = new Map<string, Finding>();

  /**
   * @param next may hold `<region>` and `<id>`, which are put in where the finding is of one connector
   */
  add(code: FindingCode, where: string | undefined, what: string, next?: string): void {
    const key = JSON.stringify([code, what, next]);
    const known = this.#byText.get(key);
    if (known) {
      if (where !== undefined && !known.where.includes(where)) known.where.push(where);
      return;
    }
    const { level, why } = findingKinds[code];
    const finding = { level, code, what, where: where === undefined ? [] : [where], why };
    this.#byText.set(key, next === undefined ? finding : { ...finding, next });
  }

  /** The worst first; of one level in the order of their codes in the catalogue. */
  list(): Finding[] {
    const codes = Object.keys(findingKinds);
    return [...this.#byText.values()]
      .map(placed)
      .sort((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level) || codes.indexOf(a.code) - codes.indexOf(b.code));
  }
}

function placed(finding: Finding): Finding {
  const where = [...finding.where].sort();
  const place = where.length === 1 ? PLACE.exec(where[0]!)?.groups : undefined;
  if (!finding.next || !place) return { ...finding, where };
  const next = finding.next.replaceAll("<region>", place.region!).replaceAll("<id>", place.id!);
  return { ...finding, where, next };
}
