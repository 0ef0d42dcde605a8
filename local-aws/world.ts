import type { Accounts } from "./accounts.js";
import type { Clock } from "./clock.js";
import type { Faults } from "./faults.js";
import type { Identifiers } from "./identifiers.js";
import type { LiveSettings } from "./settings.js";

/** What every embedded service works with. */
export interface World {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  readonly clock: Clock;
  readonly identifiers: Identifiers;
  readonly settings: LiveSettings;
  readonly faults: Faults;
  readonly accounts: Accounts;
}
