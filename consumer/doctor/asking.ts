import { AwsCallError, toAwsCallError } from "../../aws/call-error.js";
import { type AllowStatement, allowStatement } from "../../aws/policy-hint.js";
import type { Findings } from "./findings.js";

/** What a call answered, or why it did not. */
export type Answer<T> = { ok: true; value: T } | { ok: false; error: AwsCallError };

/** A call to ask: its name as IAM has it, and where. */
export interface Question {
  /** E.g. `chime:ListVoiceConnectors`. */
  action: string;
  region: string;
  /** The call's input: it names the resource where AWS' message does not. */
  input?: object;
}

/** More resources than this in one statement are written with a wildcard. */
const MOST_RESOURCES = 5;
/** Anybody may ask it who has credentials: it shows that they are good, and nothing of what they may see. */
const FREE_ACTION = "sts:GetCallerIdentity";

const isAnswer = (error: unknown) => error instanceof AwsCallError && error.kind === "notFound";

/** Asks AWS within bounds, counts what was answered, and keeps what was not for the findings. */
export class Asking {
  /** Answers to anything but who is asking, which AWS tells anybody. */
  answered = 0;
  readonly #denied = new Map<string, { regions: Set<string>; statement: AllowStatement; resources: Set<string> }>();

  /**
   * @param callTimeoutMs for one call with its retries
   * @param deadline ends all calls that are still open
   */
  constructor(
    private readonly findings: Findings,
    private readonly callTimeoutMs: number,
    private readonly deadline: AbortSignal,
  ) {}

  /** Settles within the time, whatever becomes of the call, and never rejects for AWS' reasons. */
  async ask<T>(question: Question, call: (signal: AbortSignal) => Promise<T>): Promise<Answer<T>> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), this.callTimeoutMs);
    const signal = AbortSignal.any([timeout.signal, this.deadline]);
    try {
      const value = await untilAborted(call(signal), signal);
      if (question.action !== FREE_ACTION) this.answered++;
      return { ok: true, value };
    } catch (error) {
      // That there is no such thing is an answer, too.
      if (isAnswer(error)) this.answered++;
      return { ok: false, error: this.#named(question, error, signal) };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Likewise; what is refused becomes a finding. Where there is no such thing, undefined, as where nothing was answered. */
  async look<T>(question: Question, call: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const answer = await this.ask(question, call);
    if (answer.ok) return answer.value;
    if (answer.error.kind !== "notFound") this.report(question, answer.error);
    return undefined;
  }

  /** What a look comes to; where what AWS answered makes no sense, that is a finding, and the rest is looked at all the same. */
  async within<T>(question: Question, look: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      return await look();
    } catch (error) {
      this.report(question, toAwsCallError(error, question.action, question.region));
      return otherwise;
    }
  }

  /** Makes a finding of a call that was not answered. */
  report({ action, region, input }: Question, error: AwsCallError): void {
    const said = (error.cause as Error | undefined)?.message ?? "";
    if (error.kind === "accessDenied") {
      const statement = allowStatement({ action, region, input, said });
      const known = this.#denied.get(statement.Action) ?? { regions: new Set(), statement, resources: new Set() };
      known.regions.add(region);
      known.resources.add(statement.Resource);
      this.#denied.set(statement.Action, known);
      return;
    }
    if (error.kind === "unreachable") {
      const next = `check the network and AWS_ENDPOINT_URL, try --timeout with more seconds, or leave the region out with --region`;
      this.findings.add("DOCTOR_UNREACHABLE", region, `AWS did not answer ${action} (${error.code})`, next);
      return;
    }
    const next = error.kind === "throttled" ? "try again, with fewer regions at a time" : undefined;
    this.findings.add("DOCTOR_NOT_LOOKED_AT", region, `${action} was not answered: ${error.code}${reason(said)}`, next);
  }

  /** To be called at the end: a finding for each action that was denied anywhere. */
  reportDenials(): void {
    for (const [action, { regions, statement, resources }] of this.#denied) {
      const list = [...resources].sort();
      const few = list.length <= MOST_RESOURCES ? list : [...new Set(list.map(widened))];
      const Resource = few.length === 1 ? few[0] : few;
      for (const region of regions) {
        this.findings.add(
          "DOCTOR_PERMISSION_MISSING",
          region,
          `AWS denied ${action}`,
          `allow it for these credentials: ${JSON.stringify({ ...statement, Resource })}`,
        );
      }
    }
  }

  #named({ action, region }: Question, error: unknown, signal: AbortSignal): AwsCallError {
    if (signal.aborted) {
      return new AwsCallError("unreachable", "no answer in time", action, region, `${action} was not answered`, error);
    }
    return toAwsCallError(error, action, region);
  }
}

function reason(said: string): string {
  const line = said.split("\n")[0]!.trim().slice(0, 200);
  return line ? `, ${line}` : "";
}

/** The ARN for all regions, and for all resources of the kind. */
function widened(arn: string): string {
  const [prefix, partition, service, , account, ...rest] = arn.split(":");
  if (rest.length === 0) return arn;
  return [prefix, partition, service, "*", account, rest.join(":").replace(/[^/]*$/, "*")].join(":");
}

/** What becomes of the work after that is of no interest. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
