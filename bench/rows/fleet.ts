import type { BenchContext } from "../bench-context.js";
import { ANSWER_MS, Fleet, type FleetCost, PARALLEL } from "../fleet.js";
import type { RowPlan } from "../row-plan.js";
import { median, ratioOfPairs, runInTurn, typicalCost } from "../statistics.js";

const MOST_CONNECTORS = 500;
/** A pair takes two minutes. */
const MOST_PAIRS = 3;
/** A look at the configuration, and one at the mark. */
const CALLS_PER_READ = 2;
const REFRESH_ALLOWANCE_MS = 1_000;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** What our resources add to the engine's own work, with an AWS that answers as quickly as a near region. */
export const fleetRow: RowPlan = {
  name: "fleet",
  what: "pulumi up or destroy, whichever is worse, of 500 connectors / of as many resources that do nothing, wall",
  target: 1.2,
  async measure(context: BenchContext) {
    // A quicker look has fewer of them.
    const connectors = Math.min(MOST_CONNECTORS, context.minutes);
    const pairs = Math.min(MOST_PAIRS, context.pairs);
    const fleet = await Fleet.open(connectors, context);
    try {
      const { ours, peer } = await runInTurn(
        pairs,
        () => fleet.live("ours"),
        () => fleet.live("peer"),
      );
      const walls = (costs: FleetCost[], command: keyof FleetCost) => costs.map((cost) => cost[command].wallMs);
      const ratioOf = (command: keyof FleetCost) => ratioOfPairs(walls(ours, command), walls(peer, command));
      const [up, destroy] = [ratioOf("up"), ratioOf("destroy")];
      const worse = up.ratio >= destroy.ratio ? "up" : "destroy";
      const refreshMs = median(walls(ours, "refresh"));
      const allowedMs =
        median(walls(peer, "refresh")) + (CALLS_PER_READ * connectors * ANSWER_MS) / PARALLEL + REFRESH_ALLOWANCE_MS;
      const { ratio, spread } = worse === "up" ? up : destroy;
      const { name, what, target } = this;
      return {
        name,
        what,
        target,
        ratio,
        spread,
        pairs,
        ours: typicalCost(ours.map((cost) => cost[worse])),
        peer: typicalCost(peer.map((cost) => cost[worse])),
        met: ratio <= target && refreshMs <= allowedMs,
        figures: { connectors, upRatio: up.ratio, destroyRatio: destroy.ratio, refreshMs, refreshAllowedMs: allowedMs },
        note:
          `${connectors} connectors over ten regions, AWS answering after ${ANSWER_MS} ms, --parallel ${PARALLEL}: ` +
          `up ${up.ratio.toFixed(3)}, destroy ${destroy.ratio.toFixed(3)} times as long; refresh ${seconds(refreshMs)}, ` +
          `${seconds(allowedMs)} allowed`,
      };
    } finally {
      await fleet.close();
    }
  },
};
