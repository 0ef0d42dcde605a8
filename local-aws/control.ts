import { z } from "zod";
import type { CallLog } from "./call-log.js";
import { addVoiceConnector } from "./chime-connectors.js";
import { sampleCall } from "./console/sample-call.js";
import type { AwsReply } from "./exchange.js";
import type { PhoneCall } from "./phone-call.js";
import { CallRefused, type PhoneExchange } from "./phone-exchange.js";
import { stateOf } from "./state.js";
import { type VoiceConnector, voiceConnectorRegions } from "./voice-connector.js";
import type { World } from "./world.js";

export interface ControlRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  body: Buffer;
  signal: AbortSignal;
}

const MAX_WAIT_MS = 60_000;

const holdSchema = z.strictObject({
  atMs: z.number().int().min(0),
  durationMs: z.number().int().min(1).max(86_400_000),
  leg: z.enum(["caller", "callee"]).optional(),
});

/** Body of `POST /_local/call`; the WAV files in base64. */
const callSchema = z.strictObject({
  voiceConnectorId: z.string().min(1),
  region: z.string().optional(),
  callerWav: z.string(),
  calleeWav: z.string(),
  speed: z.union([z.literal("max"), z.number().positive()]).default(1),
  direction: z.enum(["Inbound", "Outbound"]).optional(),
  fromNumber: z.string().optional(),
  toNumber: z.string().optional(),
  holds: z.array(holdSchema).max(1_000).optional(),
});

/** Body of `POST /_local/sample-call`. */
const sampleCallSchema = callSchema.omit({ callerWav: true, calleeWav: true });

/** Body of `POST /_local/voice-connectors`. */
const voiceConnectorSchema = z.strictObject({
  region: z.enum(voiceConnectorRegions),
  name: z.string().min(1).max(256).default("local"),
});

const statusOfRefusal = { unknownConnector: 404, streamingOff: 409, invalidAudio: 400, full: 507 } as const;

/**
 * The control API: plain JSON under `/_local/`, without a signature. It does over HTTP what `LocalAws.control` does in
 * the process.
 *
 * - `GET /_local/state`, `GET|DELETE /_local/calls` (the API calls received)
 * - `GET|POST|DELETE /_local/faults` (`?id=` deletes one), `GET|POST /_local/settings`
 * - `POST /_local/voice-connectors` makes a Voice Connector that does not stream yet
 * - `POST /_local/call` begins a phone call, `POST /_local/sample-call` one of 20 s with generated audio; `GET /_local/call/<transactionId>?waitMs=` waits for its end; `DELETE`
 *   hangs up
 */
export class Control {
  constructor(
    private readonly world: World,
    private readonly log: CallLog,
    private readonly exchange: PhoneExchange,
  ) {}

  async answer(request: ControlRequest): Promise<AwsReply> {
    try {
      const call = /^\/_local\/call\/([^/]+)$/.exec(request.path);
      return call ? await this.routeCall(request, call[1]!) : this.route(request);
    } catch (error) {
      if (error instanceof z.ZodError) return json(400, { error: z.prettifyError(error) });
      if (error instanceof SyntaxError) return json(400, { error: "The body is not JSON." });
      if (error instanceof CallRefused)
        return json(statusOfRefusal[error.reason], { error: error.message, reason: error.reason });
      throw error;
    }
  }

  /** The same as CreateVoiceConnector. @throws RangeError for a region that has none */
  createVoiceConnector(region: string, name = "local"): VoiceConnector {
    if (!voiceConnectorRegions.includes(region)) throw new RangeError(`Voice Connectors do not exist in ${region}.`);
    const wanted = { region, name, requireEncryption: true, networkType: "IPV4_ONLY", tags: [] };
    return addVoiceConnector(this.world, this.world.accounts.default, wanted);
  }

  private route({ method, path, query, body }: ControlRequest): AwsReply {
    const { faults, settings } = this.world;
    const input = () => JSON.parse(body.toString("utf8"));
    switch (`${method} ${path}`) {
      case "GET /_local/state":
        return json(200, stateOf(this.world));
      case "GET /_local/calls":
        return json(200, { calls: this.log.list() });
      case "DELETE /_local/calls":
        this.log.clear();
        return json(200, {});
      case "GET /_local/faults":
        return json(200, { faults: faults.list() });
      case "POST /_local/faults": {
        const given = input();
        return json(201, { ids: faults.add(Array.isArray(given) ? given : [given]) });
      }
      case "DELETE /_local/faults":
        faults.clear(query.get("id") ?? undefined);
        return json(200, {});
      case "GET /_local/settings":
        return json(200, settings.current);
      case "POST /_local/settings":
        return json(200, settings.change(input()));
      case "POST /_local/voice-connectors": {
        const { region, name } = voiceConnectorSchema.parse(input());
        return json(201, { voiceConnectorId: this.createVoiceConnector(region, name).id, region });
      }
      case "POST /_local/call": {
        const { callerWav, calleeWav, ...rest } = callSchema.parse(input());
        const audio = { callerWav: Buffer.from(callerWav, "base64"), calleeWav: Buffer.from(calleeWav, "base64") };
        return begun(this.exchange.start({ ...rest, ...audio }));
      }
      case "POST /_local/sample-call":
        return begun(this.exchange.start({ ...sampleCallSchema.parse(input()), ...sampleCall() }));
      default:
        return json(404, { error: `The control API has no ${method} ${path}.` });
    }
  }

  private async routeCall({ method, query, signal }: ControlRequest, transactionId: string): Promise<AwsReply> {
    const call = this.exchange.find(transactionId);
    if (!call) return json(404, { error: `There was no call with the transaction id ${transactionId}.` });
    if (method === "DELETE") return json(200, { ended: true, ...(await call.hangUp()) });
    if (method !== "GET") return json(405, { error: "GET waits for the end of a call, DELETE hangs up." });
    const waitMs = Math.min(MAX_WAIT_MS, Number(query.get("waitMs") ?? 0) || 0);
    const enough = new AbortController();
    await Promise.race([call.ended, this.world.clock.wait(waitMs, AbortSignal.any([signal, enough.signal]))]);
    enough.abort();
    return json(200, { ended: call.isOver, ...call.result() });
  }
}

function begun(call: PhoneCall): AwsReply {
  return json(201, { ended: call.isOver, ...call.result() });
}

function json(status: number, body: object): AwsReply {
  return { status, headers: { "content-type": "application/json" }, body: `${JSON.stringify(body)}\n` };
}
