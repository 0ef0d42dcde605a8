import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addAbortSignal, PassThrough } from "node:stream";
import { GetMediaCommand } from "@aws-sdk/client-kinesis-video-media";
import type { Fragment } from "../../consumer/matroska/fragment.js";
import { FragmentParser } from "../../consumer/matroska/fragment-parser.js";
import { type ByteSource, readFragments } from "../../consumer/read-fragments.js";
import { openOffice } from "../local-aws/office.js";
import { plannedCall } from "../streams/call.js";
import { documents } from "../streams/matroska-stream.js";
import { audioOf } from "../streams/parsing.js";

const planned = plannedCall({ transactionId: "one", fragments: 8 });
const pieces = documents(planned.fragments);
const bytes = Buffer.concat(pieces);

async function listed(source: ByteSource, parser?: FragmentParser): Promise<Fragment[]> {
  const fragments: Fragment[] = [];
  for await (const fragment of readFragments(source, parser)) fragments.push(fragment);
  return fragments;
}

async function first(source: ByteSource): Promise<Fragment> {
  for await (const fragment of readFragments(source)) return fragment;
  return assert.fail("no fragment");
}

describe("readFragments", () => {
  let folder: string;
  let file: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "read-fragments-"));
    file = join(folder, "call.mkv");
    await writeFile(file, bytes);
  });

  after(() => rm(folder, { recursive: true }));

  it("gives the fragments of a file, and closes it where its user leaves early", async () => {
    assert.deepEqual(audioOf(await listed(createReadStream(file, { highWaterMark: 777 }))), planned.pcm);
    const left = createReadStream(file, { highWaterMark: 777 });
    await first(left);
    assert.equal(left.destroyed, true);
    const failed = createReadStream(file, { highWaterMark: 777 });
    await assert.rejects(async () => {
      for await (const _ of readFragments(failed)) throw new Error("the user's own");
    }, /the user's own/);
    assert.equal(failed.destroyed, true);
  });

  it("gives the fragments of GetMedia's payload, and ends the connection where its user leaves early", async () => {
    const office = await openOffice({ settings: { getMediaFragmentsPerSecond: 50 } });
    try {
      const { streamArn } = (await office.call()).legs[0]!;
      const getMedia = () =>
        office.clients.media.send(
          new GetMediaCommand({ StreamARN: streamArn, StartSelector: { StartSelectorType: "EARLIEST" } }),
        );
      const all = await listed((await getMedia()).Payload!);
      assert([office.caller.pcm, office.callee.pcm].some((pcm) => audioOf(all).equals(pcm)));
      await first((await getMedia()).Payload!);
      await office.whenConnections(streamArn, 0);
    } finally {
      await office.close();
    }
  });

  it("gives the fragments of a fetch, and cancels it where its user leaves early", async () => {
    const closed: Promise<void>[] = [];
    const server: Server = createServer((request, response) => {
      closed.push(new Promise((resolve) => response.once("close", resolve)));
      if (request.url === "/endless") response.write(bytes);
      else response.end(bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      assert.deepEqual(audioOf(await listed((await fetch(url)).body!)), planned.pcm);
      await first((await fetch(`${url}/endless`)).body!);
      await closed[1];
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it("asks for more only when its user does", async () => {
    let given = 0;
    async function* source() {
      for (const piece of pieces) {
        given++;
        yield piece;
      }
    }
    const reading = readFragments(source());
    await reading.next();
    // A fragment is known to be whole when the next one begins.
    assert.equal(given, 2);
    await reading.return();
    assert.equal(given, 2);
  });

  it("shows what is wrong with the bytes in the parser it was given", async () => {
    const parser = new FragmentParser();
    const spoilt = [pieces[0]!, Buffer.from("nothing of the kind"), ...pieces.slice(1)];
    assert.equal((await listed(spoilt, parser)).length, 8);
    assert.deepEqual(
      parser.damages.map(({ code, offset, bytesSkipped }) => ({ code, offset, bytesSkipped })),
      [{ code: "garbage", offset: pieces[0]!.length, bytesSkipped: 19 }],
    );
    const nothing = new FragmentParser();
    assert.deepEqual(await listed([], nothing), []);
    assert.equal(nothing.damages[0]?.code, "empty");
  });

  it("passes on its source's error, and what was held back can still be had", async () => {
    async function* broken() {
      yield* pieces.slice(0, 3);
      throw new Error("connection reset");
    }
    const parser = new FragmentParser();
    const fragments: Fragment[] = [];
    await assert.rejects(async () => {
      for await (const fragment of readFragments(broken(), parser)) fragments.push(fragment);
    }, /connection reset/);
    assert.equal(fragments.length, 2);
    assert.equal(parser.end().length, 1);
  });

  it("stops waiting for a silent source that is aborted", async () => {
    const controller = new AbortController();
    const silent = addAbortSignal(controller.signal, new PassThrough());
    silent.write(pieces[0]);
    const reading = listed(silent);
    controller.abort();
    await assert.rejects(reading, { name: "AbortError" });
  });

  it("refuses text, which is a stream with an encoding", async () => {
    await assert.rejects(listed(createReadStream(file, "latin1")), /gave a string where bytes are wanted/);
    // @ts-expect-error a buffer gives numbers
    await assert.rejects(listed(bytes), /gave a number where bytes are wanted/);
  });
});
