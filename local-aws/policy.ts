type OneOrMore = string | string[];
type ConditionTests = Record<string, OneOrMore>;

/** A statement as far as identity-based policies of these services go: no NotAction, NotResource or principals. */
export interface PolicyStatement {
  Sid?: string;
  Effect: "Allow" | "Deny";
  Action: OneOrMore;
  Resource: OneOrMore;
  Condition?: { StringEquals?: ConditionTests; StringLike?: ConditionTests };
}

/** An identity-based policy document. */
export interface Policy {
  Version: "2012-10-17";
  Statement: PolicyStatement[];
}

/** A call, as a policy is asked about it. */
export interface PolicyQuestion {
  /** With its prefix, e.g. `chime:TagResource`. */
  action: string;
  /** The ARN that is acted on, or `*`. */
  resource: string;
  /** Condition keys and their values. */
  context: Readonly<Record<string, string>>;
}

/**
 * Whether a policy allows a call: some statement allows it and none denies it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 */
export function allows(policy: Policy, question: PolicyQuestion): boolean {
  const fitting = policy.Statement.filter((statement) => fits(statement, question));
  return fitting.some(({ Effect }) => Effect === "Allow") && !fitting.some(({ Effect }) => Effect === "Deny");
}

function fits(
  { Action, Resource, Condition = {} }: PolicyStatement,
  { action, resource, context }: PolicyQuestion,
): boolean {
  const holds = (tests: ConditionTests | undefined, test: (wanted: string, value: string) => boolean) =>
    Object.entries(tests ?? {}).every(([key, wanted]) => {
      const value = context[key];
      // A key that the call does not have fulfils no test of it.
      return value !== undefined && [wanted].flat().some((text) => test(text, value));
    });
  return (
    [Action].flat().some((pattern) => wildcard(pattern, "i").test(action)) &&
    [Resource].flat().some((pattern) => wildcard(pattern).test(resource)) &&
    holds(Condition.StringEquals, (wanted, value) => wanted === value) &&
    holds(Condition.StringLike, (wanted, value) => wildcard(wanted).test(value))
  );
}

/** `*` stands for any characters, `?` for one. */
function wildcard(pattern: string, flags = ""): RegExp {
  const text = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${text}$`, flags);
}
