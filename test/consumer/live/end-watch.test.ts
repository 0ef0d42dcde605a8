import assert from "node:assert/strict";
import { LegEnd, type LegEndBounds } from "../../../consumer/kinesis-video/leg-end.js";
import { watchForEnd } from "../../../consumer/live/end-watch.js";
import { ManualClock } from "../manual-clock.js";

describe("watchForEnd", () => {
  let clock: ManualClock;
  let end: LegEnd;
  let looks: number[];
  let troubles: unknown[];
  let answer: () => Promise<LegEndBounds | undefined>;

  beforeEach(() => {
    clock = new ManualClock();
    end = new LegEnd();
    looks = [];
    troubles = [];
    answer = async () => undefined;
  });

  function watch() {
    const begunMs = clock.now();
    const look = () => {
      looks.push((clock.now() - begunMs) / 1000);
      return answer();
    };
    return watchForEnd({ clock, end, silenceMs: 15_000, look, onTrouble: (error) => troubles.push(error) });
  }

  it("looks for nothing while the leg is heard", async () => {
    const watching = watch();
    for (let second = 0; second < 60; second++) {
      await clock.pass(1_000);
      watching.heard();
    }
    assert.deepEqual(looks, []);
    watching.stop();
  });

  it("looks less and less often during a silence, five minutes apart at most, and from the start after it", async () => {
    const watching = watch();
    await clock.pass(20 * 60_000);
    assert.deepEqual(looks, [15, 30, 60, 120, 240, 480, 780, 1_080]);
    looks.length = 0;
    watching.heard();
    await clock.pass(40_000);
    assert.deepEqual(looks, [1_215, 1_230]);
    watching.stop();
    await clock.pass(60_000);
    assert.equal(looks.length, 2);
  });

  it("tells the leg's end when it is found, and looks no more", async () => {
    watch();
    await clock.pass(20_000);
    answer = async () => ({ fragmentNumber: "42", timeMs: 5 });
    await clock.pass(15_000);
    assert.deepEqual([end.fragmentNumber, end.timeMs, end.toldAtMs !== undefined], ["42", 5, true]);
    await clock.pass(60 * 60_000);
    assert.deepEqual(looks, [15, 30]);
  });

  it("tries again where it cannot look", async () => {
    answer = async () => {
      throw new Error("denied");
    };
    watch();
    await clock.pass(15_000);
    assert.equal(troubles.length, 1);
    answer = async () => ({ fragmentNumber: "42" });
    await clock.pass(15_000);
    assert.equal(end.fragmentNumber, "42");
  });

  it("looks for nothing once the end was told by somebody else", async () => {
    watch();
    end.tell({ fragmentNumber: "7" }, clock.now());
    await clock.pass(60_000);
    assert.deepEqual(
      looks.filter((second) => second > 15),
      [],
    );
  });
});
