import type { Asking } from "./asking.js";
import type { DoctorClients } from "./doctor-clients.js";
import type { Findings } from "./findings.js";

/** What all looks share. */
export interface Examination {
  clients: DoctorClients;
  asking: Asking;
  findings: Findings;
  environment: NodeJS.ProcessEnv;
  /** Milliseconds since 1970. */
  nowMs: number;
  /** The environment's. */
  region: string | undefined;
}
