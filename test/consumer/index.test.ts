import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import ts from "typescript";

const REPOSITORY = join(__dirname, "..", "..");
const ENTRY = join(REPOSITORY, "consumer", "index.ts");
const { dependencies, files } = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8"));
const run = promisify(execFile);

/** Handed around whole in a `KinesisVideoAccess`: nobody has to name them. */
const UNNAMED = ["KinesisVideoClients", "DataEndpoints", "StreamQuotas"];

/** The exports of the entry, as its declarations are. */
function readExports() {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(REPOSITORY, "tsconfig.json"), ts.sys.readFile).config,
    ts.sys,
    REPOSITORY,
  );
  const program = ts.createProgram([ENTRY], options);
  const checker = program.getTypeChecker();
  const resolved = (symbol: ts.Symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const entry = checker.getSymbolAtLocation(program.getSourceFile(ENTRY)!)!;
  return { checker, resolved, symbols: checker.getExportsOfModule(entry).map(resolved) };
}

function isHidden(node: ts.Node): boolean {
  const { name } = node as ts.NamedDeclaration;
  if (name && ts.isPrivateIdentifier(name)) return true;
  const modifiers = ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : [];
  return modifiers.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword) && !ts.isParameter(node);
}

/** The names of types that a declaration shows: bodies, initial values and what is private left out. */
function shownTypes(declaration: ts.Node): ts.Node[] {
  const found: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    if (isHidden(node)) return;
    if (ts.isTypeReferenceNode(node))
      found.push(ts.isQualifiedName(node.typeName) ? node.typeName.right : node.typeName);
    if (ts.isTypeQueryNode(node)) found.push(node.exprName);
    ts.forEachChild(node, (child) => {
      const { body, initializer } = node as Partial<ts.FunctionDeclaration & ts.VariableDeclaration>;
      if (child !== body && child !== initializer) visit(child);
    });
  };
  visit(declaration);
  return found;
}

describe("pulumi-chime-voice-streaming/consumer", function () {
  this.timeout(60_000);
  const { checker, resolved, symbols } = readExports();

  it("exports every type of this package that its signatures name", () => {
    const missing = new Set<string>();
    for (const symbol of symbols) {
      for (const name of (symbol.declarations ?? []).flatMap(shownTypes)) {
        const type = checker.getSymbolAtLocation(name);
        const target = type && resolved(type);
        const source = target?.declarations?.[0]?.getSourceFile().fileName ?? "";
        const isOwn = source.startsWith(REPOSITORY) && !source.includes("node_modules");
        if (!target || !isOwn || target.flags & ts.SymbolFlags.TypeParameter || symbols.includes(target)) continue;
        // What its own module keeps to itself is a part of the type that is exported.
        const module = checker.getSymbolAtLocation(target.declarations![0]!.getSourceFile());
        if (module?.exports?.has(target.escapedName) && !UNNAMED.includes(target.name)) {
          missing.add(`${target.name} of ${symbol.name}`);
        }
      }
    }
    assert.deepEqual([...missing], []);
  });

  it("says of every function and class what it is", () => {
    const silent = symbols
      .filter(({ flags }) => flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Class))
      .filter((symbol) => symbol.getDocumentationComment(checker).length === 0);
    assert.deepEqual(
      silent.map(({ name }) => name),
      [],
    );
  });

  it("has a page that names every export", () => {
    const page = readFileSync(join(REPOSITORY, "docs", "consumer-api.md"), "utf8");
    const reference = page.slice(page.indexOf("## Reference"));
    const named = new Set([...reference.matchAll(/`([A-Za-z0-9_]+)[`(]/g)].map(([, name]) => name));
    assert.deepEqual(
      symbols.map(({ name }) => name).filter((name) => !named.has(name)),
      [],
    );
  });

  describe("in a project without Pulumi", () => {
    let project: string;

    before(() => {
      project = mkdtempSync(join(tmpdir(), "chime-voice-streaming-consumer-"));
      const modules = join(project, "node_modules");
      const installed = join(modules, "pulumi-chime-voice-streaming");
      // What npm packs, and the packages it would install for it.
      for (const name of [...files.filter((pattern: string) => !pattern.startsWith("!")), "package.json"]) {
        cpSync(join(REPOSITORY, name), join(installed, name), { recursive: true });
      }
      for (const name of [...Object.keys(dependencies), "@types/node"]) {
        mkdirSync(dirname(join(modules, name)), { recursive: true });
        symlinkSync(join(REPOSITORY, "node_modules", name), join(modules, name));
      }
    });

    after(() => rmSync(project, { recursive: true, force: true }));

    async function nodeOn(file: string, text: string) {
      writeFileSync(join(project, file), text);
      return run(process.execPath, [file], { cwd: project });
    }

    it("loads by require and by import, and leaves nothing running", async () => {
      const list =
        "Object.keys(consumer).filter((name) => !/^(default|__esModule|module.exports)$/.test(name)).sort().join()";
      const required = await nodeOn(
        "program.cjs",
        `const consumer = require("pulumi-chime-voice-streaming/consumer");
         const loaded = Object.keys(require.cache).filter((path) => path.includes("@pulumi"));
         console.log(${list}, loaded.length);`,
      );
      const imported = await nodeOn(
        "program.mjs",
        `import * as consumer from "pulumi-chime-voice-streaming/consumer";
         console.log(${list}, 0);`,
      );
      assert.equal(imported.stdout, required.stdout);
      assert.match(required.stdout, /\bAwsCallError,.*readFragments,.* 0\n$/);
    });

    it("compiles against its types, GetMedia's payload included", async () => {
      const strict = { strict: true, module: "nodenext", target: "es2022", types: ["node"], noEmit: true };
      // Others' declarations are not ours to check; ours are compiled below.
      const compilerOptions = { ...strict, skipLibCheck: true };
      writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.mts"] }));
      writeFileSync(
        join(project, "program.mts"),
        `import { createReadStream } from "node:fs";
         import type { GetMediaCommandOutput } from "@aws-sdk/client-kinesis-video-media";
         import { type AudioSink, extractLeg, type Fragment, readFragments } from "pulumi-chime-voice-streaming/consumer";

         export async function list({ Payload }: GetMediaCommandOutput, body: Response["body"]): Promise<Fragment[]> {
           const fragments: Fragment[] = [];
           for (const source of [Payload!, body!, createReadStream("call.mkv"), [Buffer.alloc(0)]]) {
             for await (const fragment of readFragments(source)) fragments.push(fragment);
           }
           return fragments;
         }

         export async function count(source: AsyncIterable<Buffer>): Promise<number | undefined> {
           let bytes = 0;
           const sink: AudioSink<number> = {
             async write(pcm) {
               bytes += pcm.length;
             },
             commit: async () => bytes,
             abort: async () => {},
           };
           return (await extractLeg(source, () => sink)).audio;
         }`,
      );
      const tsc = join(REPOSITORY, "node_modules", "typescript", "bin", "tsc");
      const { stdout } = await run(process.execPath, [tsc, "-p", project]).catch((error) => error);
      assert.equal(stdout, "");
    });

    it("declares nothing of Pulumi's", () => {
      const compiled = join(project, "node_modules", "pulumi-chime-voice-streaming", "dist", "consumer");
      const strays = readdirSync(compiled, { recursive: true, encoding: "utf8" })
        .filter((name) => /\.(js|d\.ts)$/.test(name))
        .filter((name) => /["']@pulumi\//.test(readFileSync(join(compiled, name), "utf8")));
      assert.deepEqual(strays, []);
    });
  });
});
