import type { RoleView } from "../view.js";
import { byId, element, setText } from "./element.js";
import { format } from "./format.js";
import { tagList } from "./tags.js";

/** The service-linked role that Chime streams with. */
export function showRole(role: RoleView, nowMs: number): void {
  const pill = byId("role-state");
  setText(pill, role.state);
  pill.dataset.state = role.state;
  byId("role").replaceChildren(
    element("p", { class: "id" }, role.name),
    element("p", { class: "detail" }, statement(role, nowMs)),
    ...role.usedBy.map((arn) => element("p", { class: "detail warn" }, `Still in use by ${arn.split(":").at(-1)}.`)),
    ...(Object.keys(role.tags).length > 0 ? [tagList(role.tags)] : []),
  );
}

function statement({ state, createdMs = 0, hiddenUntilMs }: RoleView, nowMs: number): string {
  if (state === "absent") return "Made when streaming is first switched on.";
  if (state === "deleting") return "IAM is deciding whether it may be deleted.";
  if (hiddenUntilMs !== undefined && hiddenUntilMs > nowMs) return "Made, but reads do not find it yet.";
  return `Created at ${format.time(new Date(createdMs).toISOString())}.`;
}
