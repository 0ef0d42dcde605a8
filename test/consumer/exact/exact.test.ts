import assert from "node:assert/strict";
import { LegAssembler } from "../../../consumer/leg/leg-assembler.js";
import type { Fragment } from "../../../consumer/matroska/fragment.js";
import { FragmentParser } from "../../../consumer/matroska/fragment-parser.js";
import { damageCases } from "./damage-cases.js";
import { encodingCases, headerCases, trackCases } from "./encoding-cases.js";
import { layoutCases } from "./layout-cases.js";
import { cuts, expectCase, type StreamCase } from "./stream-case.js";
import { timeCases } from "./time-cases.js";
import { manyCalls, manyCallsStream, transactionCases } from "./transaction-cases.js";

const cases: [about: string, cases: StreamCase[]][] = [
  ["layouts", layoutCases],
  ["transactions", transactionCases],
  ["encodings", encodingCases],
  ["tracks", trackCases],
  ["headers", headerCases],
  ["time", timeCases],
  ["damage", damageCases],
];

/** What was spoken comes out byte for byte, or what is missing is told, however the bytes are cut into chunks. */
describe("bytes in, audio out: exact", () => {
  for (const [about, streams] of cases) {
    describe(about, () => {
      for (const stream of streams) {
        it(stream.name, () => {
          for (const [cut, nextBytes] of cuts) {
            try {
              expectCase(stream, nextBytes);
            } catch (error) {
              (error as Error).message = `${cut}: ${(error as Error).message}`;
              throw error;
            }
          }
        });
      }
    });
  }

  for (const [cut, nextBytes] of cuts) {
    it(`each of 64 transactions on one stream, ${cut}`, () => {
      const legs = manyCalls.map((call, index) => {
        const selection = { transactionId: `call-${index}`, voiceConnectorId: `vc-${index % 3}` };
        return { call, assembler: new LegAssembler(selection, { rememberedBytes: 4096 }), pcm: [] as Uint8Array[] };
      });
      const parser = new FragmentParser();
      const take = (fragments: readonly Fragment[]): void => {
        for (const fragment of fragments) {
          for (const { assembler, pcm } of legs) pcm.push(...assembler.push(fragment));
        }
      };
      for (let from = 0, to = 0; from < manyCallsStream.length; from = to) {
        to = from + nextBytes();
        take(parser.feed(manyCallsStream.subarray(from, to)));
      }
      take(parser.end());
      for (const { call, assembler, pcm } of legs) {
        const report = assembler.report();
        assert.ok(Buffer.concat(pcm).equals(call.pcm), report.transactionId);
        assert.equal(report.complete, true);
        assert.equal(report.transactions.length, 64);
      }
    });
  }
});
