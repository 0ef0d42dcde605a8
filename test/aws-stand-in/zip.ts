import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const ASSET = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7";

/** An asset or an archive of Pulumi as the engine passes it: https://github.com/pulumi/pulumi, sdk/proto, "asset". */
interface Packed {
  [SIGNATURE]: string;
  path?: string;
  text?: string;
  assets?: Record<string, Packed>;
}

/** The files of an archive, by name. */
function filesOf(packed: Packed, name = ""): [string, Buffer][] {
  if (packed[SIGNATURE] === ASSET) {
    return [[name, packed.path === undefined ? Buffer.from(packed.text ?? "") : readFileSync(packed.path)]];
  }
  if (packed[SIGNATURE] !== ARCHIVE) throw new Error("A function's code is no Pulumi archive.");
  if (packed.assets)
    return Object.entries(packed.assets).flatMap(([inner, item]) => filesOf(item, name ? `${name}/${inner}` : inner));
  const folder = packed.path;
  if (folder === undefined || !statSync(folder).isDirectory())
    throw new Error("The stand-in packs archives of files and of folders, not what is packed already.");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => statSync(join(folder, file)).isFile())
    .map((file) => [name ? `${name}/${file}` : file, readFileSync(join(folder, file))]);
}

/** A ZIP file of an archive, nothing compressed (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT). */
export function zipOf(archive: Packed): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  const files = filesOf(archive);
  for (const [name, content] of files) {
    const nameBytes = Buffer.from(name);
    // Version, flags, method, time, date, CRC, both sizes, and the length of the name: alike in both headers.
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(0x21, 8); // 1980-01-01, so that the same files give the same bytes
    shared.writeUInt32LE(crc32(content), 10);
    shared.writeUInt32LE(content.length, 14);
    shared.writeUInt32LE(content.length, 18);
    shared.writeUInt16LE(nameBytes.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), shared, nameBytes, content]);
    const central = Buffer.alloc(14);
    central.writeUInt32LE(0o100644 * 0x10000, 6); // readable by every user
    central.writeUInt32LE(offset, 10);
    directory.push(Buffer.from("PK\x01\x02\x14\x03", "latin1"), shared, central, nameBytes);
    locals.push(local);
    offset += local.length;
  }
  const directoryBytes = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directoryBytes.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directoryBytes, end]);
}
