import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Policy } from "../../local-aws/policy.js";

const page = readFileSync(join(__dirname, "..", "..", "docs", "permissions.md"), "utf8");

/** The policy under a heading of docs/permissions.md, so that what is tested is what people copy. */
export function documentedPolicy(heading: string): Policy {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`));
  const [, json] = /```json\n([\s\S]*?)```/.exec(section ?? "") ?? [];
  if (!json) throw new Error(`docs/permissions.md has no policy under "${heading}".`);
  return JSON.parse(json);
}

export const headings = ["Deploy", "Preview and drift", "Destroy", "Existing streams"] as const;

export function actionsOf({ Statement }: Policy): string[] {
  return [...new Set(Statement.flatMap(({ Action }) => Action))];
}

/** Two policies as one, as IAM takes all policies of a role. */
export function together(...policies: Policy[]): Policy {
  return { Version: "2012-10-17", Statement: policies.flatMap(({ Statement }) => Statement) };
}

/** The policy without an action; statements that then allow nothing are left out. */
export function without(policy: Policy, action: string): Policy {
  const Statement = policy.Statement.map((statement) => ({
    ...statement,
    Action: [statement.Action].flat().filter((name) => name !== action),
  })).filter(({ Action }) => Action.length > 0);
  return { ...policy, Statement };
}
