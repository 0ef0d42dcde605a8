import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { CreateBucketCommand, GetObjectCommand, ListBucketsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { ConsoleView } from "../../../local-aws/console/view.js";
import { ManualClock } from "../manual-clock.js";
import { type Office, openOffice } from "../office.js";
import { watch } from "./watch.js";

/** Counts those who wait for it. */
class CountingClock extends ManualClock {
  waits = 0;

  override wait(ms: number, signal?: AbortSignal): Promise<void> {
    this.waits++;
    return super.wait(ms, signal);
  }
}

const HTML = { accept: "text/html,application/xhtml+xml" };

describe("local-aws: console", () => {
  let office: Office;
  let clock: CountingClock;
  beforeEach(async () => {
    clock = new CountingClock();
    office = await openOffice({ clock });
  });
  afterEach(() => office.close());

  /** A request with any header, `Host` among them. */
  async function ask(method: string, path: string, headers: Record<string, string>, body = "") {
    const sent = request(new URL(path, office.aws.endpoint), { method, headers });
    sent.end(body);
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    let text = "";
    for await (const chunk of response.setEncoding("utf8")) text += chunk;
    return { status: response.statusCode, headers: response.headers, text };
  }
  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    ask("POST", `/_local/${path}`, { "content-type": "application/json", ...headers }, JSON.stringify(body));

  describe("its page", () => {
    it("is what a browser gets at the emulator's address, with a policy that lets nothing else in", async () => {
      for (const path of ["/", "/_local/console"]) {
        const { status, headers, text } = await ask("GET", path, HTML);
        assert.equal(status, 200);
        assert.match(String(headers["content-type"]), /^text\/html/);
        assert.match(text, /<title>local-aws<\/title>/);
        const policy = String(headers["content-security-policy"]);
        assert.match(policy, /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'/);
        assert.match(policy, /frame-ancestors 'none'/);
        assert.doesNotMatch(text, /https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
      }
      assert.equal(office.aws.console, `${office.aws.endpoint}/`);
    });

    it("is not in the way of AWS clients", async () => {
      const { s3 } = office.clients;
      await s3.send(new CreateBucketCommand({ Bucket: "recordings" }));
      assert.equal((await s3.send(new ListBucketsCommand({}))).Buckets?.length, 1);
      const scope = "AKIA/20260101/us-east-1/s3/aws4_request";
      const signed = { ...HTML, authorization: `AWS4-HMAC-SHA256 Credential=${scope}, Signature=1` };
      assert.match((await ask("GET", "/", signed)).text, /<ListAllMyBucketsResult/);
      const presigned = await ask("GET", `/?X-Amz-Credential=${encodeURIComponent(scope)}`, HTML);
      assert.match(presigned.text, /<ListAllMyBucketsResult/);
      // As before: neither signed nor a browser.
      assert.equal((await ask("GET", "/", { accept: "*/*" })).status, 403);
      await s3.send(new PutObjectCommand({ Bucket: "recordings", Key: "_local/console", Body: "audio" }));
      const object = await s3.send(new GetObjectCommand({ Bucket: "recordings", Key: "_local/console" }));
      assert.equal(await object.Body?.transformToString(), "audio");
    });
  });

  describe("strangers", () => {
    const fault = { kind: "deny", actions: ["*"] };
    const addressed = () => ({ host: new URL(office.aws.endpoint).host });

    it("a page of another origin changes nothing, whatever it calls itself", async () => {
      for (const headers of [
        { origin: "https://evil.example" },
        { origin: "http://127.0.0.1:1" },
        { origin: "null" },
        { origin: "" },
        { "sec-fetch-site": "cross-site" },
        { "sec-fetch-site": "same-site" },
        { origin: "https://evil.example", "content-type": "text/plain" },
      ] as Record<string, string>[]) {
        assert.equal((await post("faults", fault, headers)).status, 403, JSON.stringify(headers));
        assert.equal((await ask("DELETE", "/_local/calls", headers)).status, 403);
      }
      assert.deepEqual(office.aws.control.faults(), []);
      assert.equal(office.aws.control.calls().length, 2);
    });

    it("nor does it use AWS with a signature in the address, which needs no header", async () => {
      const credential = encodeURIComponent("AKIA/20260101/us-east-1/sqs/aws4_request");
      const path = `${new URL(office.aws.env.QUEUE_URL!).pathname}?Action=DeleteQueue&X-Amz-Credential=${credential}`;
      assert.equal((await ask("POST", path, { origin: "https://evil.example" })).status, 403);
      assert.equal((await ask("GET", path, { "sec-fetch-site": "cross-site" })).status, 403);
      const rebound = { host: "evil.example", origin: "http://evil.example" };
      assert.equal((await ask("POST", path, rebound)).status, 403);
      assert.equal(office.aws.control.state().queues.length, 2);
    });

    it("a name that somebody else can point at this machine reads nothing: DNS rebinding", async () => {
      for (const host of [
        "evil.example",
        "evil.example:4599",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "a.b",
      ]) {
        for (const path of ["/_local/calls", "/_local/state", "/_local/console", "/_local/console/watch", "/"]) {
          const { status, text } = await ask("GET", path, { ...HTML, host, origin: `http://${host}` });
          assert.equal(status, 403, `${host} ${path}`);
          assert.doesNotMatch(text, /<title>|voiceConnectors|chime:/);
        }
        assert.notEqual((await post("faults", fault, { host, origin: `http://${host}` })).status, 201);
      }
      for (const host of ["localhost:1", "LOCALHOST", "[::1]:4599", "emulator.localhost:80", "host.docker.internal"]) {
        assert.equal((await ask("GET", "/_local/state", { host })).status, 200, host);
      }
    });

    it("forms are refused even where a page of local-aws would send one; programs may send what they like", async () => {
      const own = { origin: office.aws.endpoint, "sec-fetch-site": "same-origin" };
      for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
        assert.equal((await post("faults", fault, { ...own, "content-type": type })).status, 403);
      }
      assert.equal((await post("faults", fault, { ...own, ...addressed() })).status, 201);
      // As curl -d does.
      assert.equal((await post("faults", fault, { "content-type": "application/x-www-form-urlencoded" })).status, 201);
    });

    it("whoever follows a link to the console gets it, but only as a page of its own", async () => {
      const { status, headers } = await ask("GET", "/", { ...HTML, "sec-fetch-site": "cross-site" });
      assert.equal(status, 200);
      assert.match(String(headers["content-security-policy"]), /frame-ancestors 'none'/);
    });
  });

  describe("what it is told", () => {
    it("is everything at first, then what changes, and that local-aws is still there", async () => {
      const console = await watch(office.aws.endpoint);
      assert.equal(console.response.headers.get("content-type"), "text/event-stream");
      const { update: first } = await console.next();
      assert.equal(first.connectors?.shown[0]?.id, office.voiceConnectorId);
      assert.equal(first.connectors?.shown[0]?.state, "on");
      assert.equal(first.role?.state, "present");
      assert.deepEqual(
        first.apiCalls?.added.map(({ number, action }) => [number, action]),
        [
          [0, "chime:CreateVoiceConnector"],
          [1, "chime:PutVoiceConnectorStreamingConfiguration"],
        ],
      );
      clock.advance(200);
      // The first turn has told nobody anything before.
      await console.next();
      await office.putStreaming({ Disabled: true });
      clock.advance(200);
      const { update: change } = await console.next();
      assert.deepEqual(Object.keys(change).sort(), ["apiCalls", "connectors", "nowMs"]);
      assert.equal(change.connectors?.shown[0]?.state, "disabled");
      assert.deepEqual(
        change.apiCalls?.added.map(({ number }) => number),
        [2],
      );
      // Nothing changes for a second.
      for (let i = 0; i < 5; i++) {
        clock.advance(200);
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.deepEqual((await console.next()).update, { nowMs: clock.nowMs() });
      await console.leave();
    });

    it("shows a call as it is spoken: loudness, what reached the stream, and what was lost", async () => {
      office.aws.control.addFault({ kind: "dropFragments", fragments: [1], leg: "caller" });
      const begun = await post("sample-call", { voiceConnectorId: office.voiceConnectorId });
      assert.equal(begun.status, 201, begun.text);
      const { transactionId } = JSON.parse(begun.text);
      const console = await watch(office.aws.endpoint);
      const seen: ConsoleView["phoneCalls"][] = [];
      await console.next();
      for (let second = 0; second < 8; second++) {
        clock.advance(1_024);
        // The call moves on in the same turn as the console, or just before.
        await new Promise((resolve) => setImmediate(resolve));
        const { phoneCalls } = (await console.next()).update;
        if (phoneCalls) seen.push(phoneCalls);
      }
      const [call] = seen.at(-1)!.shown;
      assert.equal(call?.transactionId, transactionId);
      const caller = call!.legs.find(({ side }) => side === "caller")!;
      assert.ok(caller.positionMs > 6_000 && caller.lengthMs === 20_000);
      assert.deepEqual(
        caller.fragments.slice(0, 3).map(({ fromMs, toMs, isLost }) => [fromMs, toMs, isLost]),
        [
          [0, 1_024, false],
          [1_024, 2_048, true],
          [2_048, 3_072, false],
        ],
      );
      // It is silent for 4.2 s, then speaks.
      const loudness = (ms: number) => caller.peaks[Math.floor((ms - caller.firstMs) / caller.binMs)]!;
      assert.equal(loudness(4_000), 0);
      assert.ok(Math.max(...caller.peaks) > 30);
      await console.leave();
    });

    it("keeps within bounds, however much there is", async () => {
      for (let i = 0; i < 1_000; i++) office.aws.control.createVoiceConnector("us-west-2", "x".repeat(256));
      await Promise.all(Array.from({ length: 210 }, () => office.clients.s3.send(new ListBucketsCommand({}))));
      for (let i = 0; i < 8; i++) await office.call();
      for (let i = 0; i < 500; i++) office.aws.control.addFault({ kind: "deny", actions: ["nothing:*"] });
      const console = await watch(office.aws.endpoint);
      const { update, bytes } = await console.next();
      assert.equal(update.connectors?.total, 1_001);
      assert.equal(update.connectors?.shown.length, 100);
      assert.equal(update.apiCalls?.added.length, 200);
      assert.equal(update.apiCalls?.added.at(-1)?.number, 211);
      assert.equal(update.phoneCalls?.shown.length, 6);
      assert.ok(bytes < 200_000, `${bytes} bytes`);
      await console.leave();
    });

    it("costs nothing while nobody watches", async () => {
      const before = clock.waits;
      const console = await watch(office.aws.endpoint);
      await console.next();
      assert.equal(clock.waits, before + 1);
      clock.advance(200);
      await console.next();
      await console.leave();
      // The server sees that it left at its own time: then the turn that was begun is the last.
      for (let i = 0; i < 1_000; i++) {
        const { waits } = clock;
        clock.advance(200);
        await new Promise((resolve) => setImmediate(resolve));
        if (clock.waits === waits) return;
      }
      assert.fail("It still looks at what goes on.");
    });

    it("a watcher that reads nothing any more is dropped, and others go on", async () => {
      for (let i = 0; i < 100; i++) office.aws.control.createVoiceConnector("us-west-2", "x".repeat(256));
      const sluggish = connect(Number(new URL(office.aws.endpoint).port), "127.0.0.1").pause();
      sluggish.on("error", () => undefined);
      sluggish.write(`GET /_local/console/watch HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
      let isDropped = false;
      for (let turn = 0; turn < 3_000 && !isDropped; turn++) {
        const { waits } = clock;
        office.aws.control.createVoiceConnector("us-west-2");
        clock.advance(200);
        await new Promise((resolve) => setImmediate(resolve));
        // The last watcher takes the turns with it.
        isDropped = turn > 100 && clock.waits === waits;
      }
      assert.ok(isDropped);
      const console = await watch(office.aws.endpoint);
      assert.ok((await console.next()).update.connectors);
      await console.leave();
      sluggish.destroy();
    });

    it("is for so many at once", async () => {
      const consoles = await Promise.all(Array.from({ length: 32 }, () => watch(office.aws.endpoint)));
      await Promise.all(consoles.map((console) => console.next()));
      assert.equal((await ask("GET", "/_local/console/watch", {})).status, 503);
      await Promise.all(consoles.map((console) => console.leave()));
    });
  });

  it("every fault that it offers can be switched on, and is told with how often it struck", async () => {
    const console = await watch(office.aws.endpoint);
    const { update } = await console.next();
    const presets = update.emulator!.faultPresets;
    assert.ok(presets.length > 25);
    for (const { kind, parameters } of presets) {
      // Time stands still here: a late answer would never come.
      const narrowed = kind === "latency" ? { actions: ["sts:*"] } : {};
      const { status, text } = await post("faults", { kind, ...parameters, ...narrowed, times: 1 });
      assert.equal(status, 201, `${kind}: ${text}`);
    }
    await assert.rejects(office.clients.s3.send(new ListBucketsCommand({})), { name: "AccessDenied" });
    clock.advance(2_000);
    const { faults } = (await console.next()).update;
    assert.equal(faults!.active.length, presets.length - 1);
    assert.deepEqual(faults!.struckByKind, { deny: 1 });
    await console.leave();
  });

  it("makes a connector where it is told to", async () => {
    const made = await post("voice-connectors", { region: "ap-southeast-2", name: "branch" });
    assert.equal(made.status, 201);
    const { voiceConnectorId, region } = JSON.parse(made.text);
    const found = office.aws.control.state().voiceConnectors.find(({ id }) => id === voiceConnectorId);
    assert.deepEqual([found?.region, found?.name, region], ["ap-southeast-2", "branch", "ap-southeast-2"]);
    assert.equal((await post("voice-connectors", { region: "eu-north-1" })).status, 400);
    const refused = await post("sample-call", { voiceConnectorId });
    assert.deepEqual([refused.status, JSON.parse(refused.text).reason], [409, "streamingOff"]);
  });
});
