import { type AssumeRole, checkAccountScope, type Fault, FaultList } from "../faults.js";
import type { Owner } from "../owner.js";

export type OnDeleteRole = "deleteWhenUnused" | "delete" | "retain";

/** What a resource holds once check has filled in every default; the names are those of state, for ever. */
export interface ServiceLinkedRoleInputs {
  onDelete: OnDeleteRole;
  deletionTimeoutSeconds: number;
  profile?: string;
  assumeRole?: AssumeRole;
  /** Set by the program, hidden. Resources of programs with an older version have none. */
  __owner?: Owner;
}

export const argumentNames = ["onDelete", "deletionTimeoutSeconds", "profile", "assumeRole"] as const;

const DEFAULT_DELETION_TIMEOUT_SECONDS = 300;
const LONGEST_DELETION_TIMEOUT_SECONDS = 3_600;

const isOnDelete = (value: unknown): boolean =>
  value === "deleteWhenUnused" || value === "delete" || value === "retain";

const isTimeout = (value: unknown): boolean =>
  typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= LONGEST_DELETION_TIMEOUT_SECONDS;

/**
 * Every fault of a service-linked role's arguments. Values that are not known yet are none.
 * @param path what the properties' paths begin with, for a component that holds a role
 */
export function serviceLinkedRoleFaults(args: Record<string, unknown>, path = ""): Fault[] {
  const list = new FaultList(path);
  const timeoutReason = `must be a number: whole seconds from 1 to ${LONGEST_DELETION_TIMEOUT_SECONDS}`;
  list.known(args, argumentNames);
  list.optional("onDelete", args.onDelete, isOnDelete, 'must be "deleteWhenUnused", "delete" or "retain"');
  list.optional("deletionTimeoutSeconds", args.deletionTimeoutSeconds, isTimeout, timeoutReason);
  checkAccountScope(list, args);
  return list.faults;
}

export function withDefaults(args: Record<string, unknown>): Record<string, unknown> {
  return {
    ...args,
    onDelete: args.onDelete ?? "deleteWhenUnused",
    deletionTimeoutSeconds: args.deletionTimeoutSeconds ?? DEFAULT_DELETION_TIMEOUT_SECONDS,
  };
}
