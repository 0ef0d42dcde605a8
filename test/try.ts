import { noise, plannedCall, seededRandom } from "./streams/call.js";
import { documents, oneDocument } from "./streams/matroska-stream.js";
import { parseInChunks } from "./streams/parsing.js";
const random = seededRandom(Number(process.argv[2] ?? 1));
const many = plannedCall({ transactionId: "call-many", fragments: 8, seed: 77, blocksPerFragment: 8, tags: process.argv[3] as any ?? "after" });
const truth = new Map<string, number>(); for (let i=0;i<64;i++) truth.set(many.pcm.subarray(i*320,i*320+320).toString("latin1"), i);
const st:any={};
for (let round=0; round<3000; round++) {
  const layout = {clusterSize: round%2?"known":"unknown"} as const;
  const s = process.argv[4] ? oneDocument(many.fragments, layout) : Buffer.concat(documents(many.fragments, layout));
  const at = Math.floor(random()*s.length), count = 1+Math.floor(random()*(round%7===0?4000:500));
  const kind=["delete","insert","overwrite"][round%3]!;
  const d = kind==="delete"?Buffer.concat([s.subarray(0,at),s.subarray(at+count)]):kind==="insert"?Buffer.concat([s.subarray(0,at),noise(count>>1,round),s.subarray(at)]):Buffer.concat([s.subarray(0,at),noise(count>>1,round),s.subarray(at+2*(count>>1))]);
  const p = parseInChunks(d, round%4===0?1:4096);
  const seen=new Set<number>(); let foreign=0, misplaced=0;
  for (const f of p.fragments) for (const b of f.blocks) { const i=truth.get(Buffer.from(b.data).toString("latin1")); if (i===undefined) {foreign++; } else {seen.add(i); if (b.timecodeMs!==1_700_000_000_000+i*20) misplaced++;} }
  let necessary=0; for (let i=0;i<64;i++){ const o=s.indexOf(many.pcm.subarray(i*320,i*320+320))-7; if (kind==="insert"? (at>o&&at<o+327) : (at<o+327&&at+count>o)) necessary++; }
  const k=st[kind]??={rounds:0,foreign:0,misplaced:0,extraLost:0,silent:0,worst:0};
  k.rounds++; k.foreign+=foreign; k.misplaced+=misplaced; const extra=64-seen.size-necessary; k.extraLost+=Math.max(0,extra); k.worst=Math.max(k.worst,extra);
  if (!p.damages.length) k.silent++;
  if (foreign && kind!=="overwrite" && (k.shown=(k.shown??0)+1)<=3) console.log(kind,round,"at",at,"count",count,"foreign",foreign,"offs",[...Array(64).keys()].map(i=>s.indexOf(many.pcm.subarray(i*320,i*320+320))-7).filter(o=>Math.abs(o-at)<700).join(","), p.damages.map(x=>x.code+x.offset+"+"+x.bytesSkipped).join(" "));
  if (extra>8 && (k.shown2=(k.shown2??0)+1)<=3) console.log("LOST",kind,round,"at",at,"count",count,extra, p.damages.map(x=>x.code+x.offset+"+"+x.bytesSkipped+x.message).join(" "));
  if (misplaced && (k.shown3=(k.shown3??0)+1)<=3) console.log("MISPLACED",kind,round,"at",at,"count",count,misplaced,p.damages.map(x=>x.code+x.offset+"+"+x.bytesSkipped+x.message).join(" "));
}
console.log(st);
