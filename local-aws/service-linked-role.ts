import type { Clock } from "./clock.js";
import type { Identifiers } from "./identifiers.js";
import type { LiveSettings } from "./settings.js";
import type { World } from "./world.js";

export const voiceConnectorPrincipal = "voiceconnector.chime.amazonaws.com";
export const voiceConnectorRoleName = "AWSServiceRoleForAmazonChimeVoiceConnector";

const MAX_TASKS = 100;

export interface ServiceLinkedRole {
  readonly name: string;
  readonly principal: string;
  readonly path: string;
  readonly arn: string;
  readonly id: string;
  readonly createdMs: number;
  /** Reads do not find the role before: IAM is eventually consistent. */
  readonly visibleFromMs: number;
  description?: string;
  readonly tags: Map<string, string>;
}

/** Which resources of a region use a role. */
export interface RoleUsage {
  region: string;
  resourceArns: string[];
}

export interface DeletionTask {
  readonly id: string;
  readonly roleName: string;
  readonly begunMs: number;
  polls: number;
  status: "NOT_STARTED" | "IN_PROGRESS" | "SUCCEEDED" | "FAILED";
  usage: RoleUsage[];
}

/** The service-linked roles of one account, and their deletions, which take their time and can fail. */
export class ServiceLinkedRoles {
  private readonly roles = new Map<string, ServiceLinkedRole>();
  private readonly tasks = new Map<string, DeletionTask>();

  constructor(
    private readonly accountId: string,
    private readonly clock: Clock,
    private readonly identifiers: Identifiers,
    private readonly settings: LiveSettings,
    private readonly usageOf: (role: ServiceLinkedRole) => RoleUsage[],
  ) {}

  /** Names are unique without regard to case. */
  find(name: string): ServiceLinkedRole | undefined {
    return this.roles.get(name.toLowerCase());
  }

  list(): ServiceLinkedRole[] {
    return [...this.roles.values()];
  }

  create(name: string, principal: string, description: string | undefined, propagationMs: number): ServiceLinkedRole {
    const path = `/aws-service-role/${principal}/`;
    const createdMs = this.clock.nowMs();
    const role: ServiceLinkedRole = {
      name,
      principal,
      path,
      arn: `arn:aws:iam::${this.accountId}:role${path}${name}`,
      id: `AROA${this.identifiers.token(17).toUpperCase()}`,
      createdMs,
      visibleFromMs: createdMs + propagationMs,
      description,
      tags: new Map(),
    };
    this.roles.set(name.toLowerCase(), role);
    return role;
  }

  /** Begins a deletion, or finds the one that is under way. */
  beginDeletion(role: ServiceLinkedRole): DeletionTask {
    const open = [...this.tasks.values()].find((task) => task.roleName === role.name && isOpen(task));
    if (open) return open;
    if (this.tasks.size >= MAX_TASKS) this.forgetFinishedTasks();
    const task: DeletionTask = {
      id: `task${role.path}${role.name}/${this.identifiers.uuid()}`,
      roleName: role.name,
      begunMs: this.clock.nowMs(),
      polls: 0,
      status: "NOT_STARTED",
      usage: [],
    };
    this.tasks.set(task.id, task);
    return task;
  }

  /** The latest task to delete a role, if it is still known. */
  latestDeletion(roleName: string): DeletionTask | undefined {
    return [...this.tasks.values()].filter((task) => task.roleName === roleName).at(-1);
  }

  /** A task as a status call sees it; the call itself moves it on. */
  pollDeletion(taskId: string): DeletionTask | undefined {
    const task = this.tasks.get(taskId);
    if (!task) return undefined;
    if (isOpen(task)) {
      task.polls++;
      if (task.polls > 1) task.status = "IN_PROGRESS";
      this.settle();
    }
    return task;
  }

  /** Decides the deletions that are due. Called before every request, which spares a timer. */
  settle(): void {
    const { roleDeletionPolls, roleDeletionMs } = this.settings.current;
    for (const task of this.tasks.values()) {
      if (!isOpen(task)) continue;
      if (task.polls < roleDeletionPolls && this.clock.nowMs() - task.begunMs < roleDeletionMs) continue;
      const role = this.find(task.roleName);
      task.usage = role ? this.usageOf(role) : [];
      task.status = task.usage.length > 0 ? "FAILED" : "SUCCEEDED";
      if (task.status === "SUCCEEDED") this.roles.delete(task.roleName.toLowerCase());
    }
  }

  /** IAM forgets finished tasks, too, after a while. */
  private forgetFinishedTasks(): void {
    for (const task of this.tasks.values()) if (!isOpen(task)) this.tasks.delete(task.id);
  }
}

/** Chime makes the role when streaming or a SIP media application is begun, where the account has none. */
export function ensureVoiceConnectorRole(world: World, roles: ServiceLinkedRoles): void {
  if (roles.find(voiceConnectorRoleName)) return;
  const propagationMs = world.faults.strike("rolePropagation", () => true)?.ms ?? 0;
  roles.create(voiceConnectorRoleName, voiceConnectorPrincipal, undefined, propagationMs);
}

function isOpen(task: DeletionTask): boolean {
  return task.status === "NOT_STARTED" || task.status === "IN_PROGRESS";
}
