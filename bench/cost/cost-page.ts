import type { Assumptions } from "./assumptions.js";
import { designs, monthlyOf, parts, throughNatGateway, totalOf } from "./designs.js";
import { PRICES_AS_OF, prices } from "./prices.js";

const MINUTES = 1_000;
const BEGIN = "<!-- npm run cost -->";
const END = "<!-- end -->";

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? "---" : "--:"))), ...rows.map(line)];
}

const dollars = (usd: number) => usd.toFixed(4);
/** As many digits as it takes, without an exponent. */
const exact = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 12 });

function perMinutes(assumptions: Assumptions): string[] {
  const costs = Object.values(designs).map((design) => design(MINUTES, assumptions));
  const rows = parts.map((part) => [
    part,
    ...costs.map((cost) => (part in cost && cost[part] === undefined ? "not known" : dollars(cost[part] ?? 0))),
  ]);
  const totals = costs.map((cost) => `**${dollars(totalOf(cost))}**`);
  return table(["USD", ...Object.keys(designs)], [...rows, ["**together, of what is known**", ...totals]]);
}

/** `a.b` for nested ones. */
function entriesOf(value: object, prefix = ""): [string, string][] {
  return Object.entries(value).flatMap(([name, inner]): [string, string][] => {
    if (typeof inner === "object" && inner !== null) return entriesOf(inner, `${prefix}${name}.`);
    return [[`\`${prefix}${name}\``, inner === undefined ? "not known" : exact(Number(inner))]];
  });
}

/** The tables of docs/cost.md. */
export function costTables(assumptions: Assumptions): string {
  const { callMinutes } = assumptions;
  return [
    `${MINUTES.toLocaleString("en-US")} call minutes, in calls of ${callMinutes} minutes with two legs each:`,
    "",
    ...perMinutes(assumptions),
    "",
    `In private subnets behind a NAT gateway live mode costs ${dollars(throughNatGateway(MINUTES, assumptions))} more, and no public addresses.`,
    "",
    "A month, in each region, whether anybody calls or not:",
    "",
    ...table(
      ["", "USD"],
      Object.entries(monthlyOf(assumptions)).map(([what, usd]) => [what, usd.toFixed(2)]),
    ),
    "",
    "From these assumptions (bench/cost/assumptions.ts says what each is):",
    "",
    ...table(["assumption", "value"], entriesOf(assumptions)),
    "",
    `And these prices of US East (N. Virginia), as AWS listed them in ${PRICES_AS_OF}:`,
    "",
    ...table(
      ["price of a", "USD", "page"],
      Object.values(prices).map(({ per, usd, page }) => [per, exact(usd), page]),
    ),
    "",
  ].join("\n");
}

/** A page with its tables made anew. Throws where it has no place for them. */
export function withTables(page: string, tables: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`the page has no ${BEGIN} with ${END} after it`);
  return `${page.slice(0, begin + BEGIN.length)}\n${tables}${page.slice(end)}`;
}
