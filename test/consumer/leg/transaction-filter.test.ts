import assert from "node:assert/strict";
import { LegAssembler, type LegReport, type LegSelection } from "../../../consumer/leg/leg-assembler.js";
import { FragmentParser } from "../../../consumer/matroska/fragment-parser.js";
import { plannedCall } from "../../streams/call.js";
import { documents, type FragmentPlan } from "../../streams/matroska-stream.js";

const START_MS = 1_700_000_000_000;

function assemble(plans: readonly FragmentPlan[], selection: LegSelection): { pcm: Buffer; report: LegReport } {
  const parser = new FragmentParser();
  const assembler = new LegAssembler(selection);
  const fragments = [...documents([...plans]).flatMap((bytes) => parser.feed(bytes)), ...parser.end()];
  const pcm = Buffer.concat(fragments.flatMap((fragment) => assembler.push(fragment)));
  return { pcm, report: assembler.report() };
}

function codes(report: LegReport): string[] {
  return report.errors.map(({ code }) => code);
}

describe("TransactionFilter", () => {
  describe("where the event's end bound reaches into the next call", () => {
    const tagsOfTwo = { TransactionId: "call-two", VoiceConnectorId: "vc-one" };
    const first = plannedCall({ transactionId: "call-one", fragments: 4, seed: 1 });
    const fragmentBytes = first.pcm.length / 4;
    const selection = {
      transactionId: "call-one",
      startFragmentNumber: first.fragments[0]!.number!,
      endFragmentNumber: first.fragments[0]!.number!,
    };

    function next(tags: "after" | "session"): FragmentPlan[] {
      const timing = { firstNumber: 4, startMs: START_MS + 800 };
      return plannedCall({ transactionId: "call-two", fragments: 4, tags, seed: 2, ...timing }).fragments;
    }

    it("leaves out a new session's call from its first fragment on", () => {
      const plans = [...first.fragments, ...next("session")];
      const { pcm, report } = assemble(plans, { ...selection, endFragmentNumber: plans[7]!.number! });
      assert.ok(pcm.equals(first.pcm));
      assert.equal(report.complete, false);
      assert.deepEqual(codes(report), Array(4).fill("transactionConflict"));
      assert.deepEqual(
        report.transactions.map(({ transactionId, fragments }) => [transactionId, fragments]),
        [
          ["call-one", 4],
          ["call-two", 4],
        ],
      );
    });

    for (const [what, index] of [
      ["the bound at the next call's last fragment", 7],
      ["the bound at a later fragment that is not there", 9],
    ] as const) {
      it(`keeps one fragment in doubt where tags trail, ${what}`, () => {
        const plans = structuredClone([...first.fragments, ...next("after")]);
        const number = String(BigInt(plans[7]!.number!) + BigInt(index - 7));
        const { pcm, report } = assemble(plans, { ...selection, endFragmentNumber: number });
        assert.equal(pcm.length, 5 * fragmentBytes);
        assert.deepEqual(codes(report), Array(4).fill("transactionConflict"));
        assert.match(report.errors[0]!.message, /kept in doubt/);
        assert.match(report.errors[1]!.message, /left out/);
      });
    }

    it("keeps nothing of the next call where the leg's last fragment announced it", () => {
      const plans = structuredClone([...first.fragments, ...next("after")]);
      plans[3]!.tagsAfter = tagsOfTwo;
      const { pcm, report } = assemble(plans, { ...selection, endFragmentNumber: plans[7]!.number! });
      assert.ok(pcm.equals(first.pcm));
      assert.equal(report.complete, false);
    });

    it("leaves out fragments without tags that come after it", () => {
      const plans = structuredClone([...first.fragments, ...next("session")]);
      for (const plan of plans.slice(5)) delete plan.tagsAfter;
      const { pcm } = assemble(plans, { ...selection, endFragmentNumber: plans[7]!.number! });
      assert.ok(pcm.equals(first.pcm));
    });

    it("takes up the leg again where its own tags come again", () => {
      const plans = structuredClone(first.fragments);
      plans[1]!.tagsBefore = tagsOfTwo;
      plans[1]!.tagsAfter = tagsOfTwo;
      const { pcm, report } = assemble(plans, { ...selection, endFragmentNumber: plans[3]!.number! });
      const expected = Buffer.from(first.pcm);
      expected.fill(0, fragmentBytes, 2 * fragmentBytes);
      assert.ok(pcm.equals(expected));
      assert.deepEqual(codes(report), ["transactionConflict"]);
    });
  });

  describe("on what comes directly before the leg", () => {
    const timing = { firstNumber: 4, startMs: START_MS + 5000 };
    const leg = plannedCall({ transactionId: "call-one", fragments: 4, tags: "after", seed: 1, ...timing });
    const other = plannedCall({ transactionId: "call-zero", fragments: 4, seed: 2 });
    const selection = { transactionId: "call-one" };

    it("tells another call", () => {
      const { report } = assemble([...other.fragments, ...leg.fragments], selection);
      assert.equal(report.precededBy, "other");
      assert.deepEqual(codes(report), []);
    });

    it("tells nothing where nothing is there", () => {
      const { report } = assemble(leg.fragments, selection);
      assert.equal(report.precededBy, undefined);
      assert.equal(report.complete, true);
    });

    it("tells a fragment that could be anybody's, and claims no completeness", () => {
      const plans = structuredClone(leg.fragments);
      delete plans[0]!.tagsAfter;
      const { report } = assemble([...other.fragments, ...plans], selection);
      assert.equal(report.precededBy, "nothing");
      assert.deepEqual(codes(report), ["unattributed"]);
      assert.equal(report.complete, false);
    });

    it("goes by the fragment directly before it", () => {
      const plans = structuredClone(other.fragments);
      for (const plan of plans) {
        delete plan.tagsBefore;
        delete plan.tagsAfter;
      }
      plans[3]!.tagsAfter = { TransactionId: "call-zero" };
      assert.equal(assemble([...plans, ...leg.fragments], selection).report.precededBy, "other");
      const start = { ...selection, startFragmentNumber: leg.fragments[0]!.number! };
      delete plans[3]!.tagsAfter;
      assert.equal(assemble([...plans, ...leg.fragments], start).report.precededBy, "other");
    });
  });
});
