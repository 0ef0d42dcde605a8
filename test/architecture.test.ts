import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";

const repository = dirname(__dirname);
const rooms = [
  "index.ts",
  "components",
  "dynamic-providers",
  "aws",
  "consumer",
  "local-aws",
  "demo",
  "engine",
  "examples",
];

function sourcesIn(place: string): string[] {
  const path = join(repository, place);
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [place];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.includes("node_modules"))
    .map((name) => join(place, name));
}

interface Import {
  from: string;
  /** A path in the repository without extension, or a package's name. */
  to: string;
  typesOnly: boolean;
}

function importsOf(file: string): Import[] {
  const source = ts.createSourceFile(file, readFileSync(join(repository, file), "utf8"), ts.ScriptTarget.ES2022);
  const found: Import[] = [];
  const add = (specifier: string, typesOnly: boolean) => {
    const local = specifier.startsWith(".");
    const to = local ? join(dirname(file), specifier).replace(/\.js$/, "") : specifier;
    found.push({ from: file, to, typesOnly });
  };
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      const clause = ts.isImportDeclaration(node) ? node.importClause : undefined;
      const named = clause?.namedBindings;
      const everyNameIsType =
        named && ts.isNamedImports(named) && !clause?.name && named.elements.every(({ isTypeOnly }) => isTypeOnly);
      const typesOnly = ts.isExportDeclaration(node) ? node.isTypeOnly : Boolean(clause?.isTypeOnly || everyNameIsType);
      add((node.moduleSpecifier as ts.StringLiteral).text, typesOnly);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = node.arguments;
      if (specifier && ts.isStringLiteral(specifier)) add(specifier.text, false);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const imports = rooms.flatMap(sourcesIn).flatMap(importsOf);

/** The imports out of a room that none of the patterns allows. */
function strays(room: string, allowed: RegExp[], given = imports): string[] {
  return given
    .filter(
      ({ from, to }) => from.startsWith(room) && !to.startsWith("node:") && !allowed.some((rule) => rule.test(to)),
    )
    .map(({ from, to }) => `${from} -> ${to}`);
}

describe("architecture", () => {
  it("nothing in the consumer imports Pulumi, or the deploying half", () => {
    assert.deepEqual(
      imports.filter(
        ({ from, to }) => from.startsWith("consumer/") && /pulumi|^components|^dynamic-providers|^index$/.test(to),
      ),
      [],
    );
  });

  it("only the two commands that run local-aws import it", () => {
    const users = imports
      .filter(({ from, to }) => !from.startsWith("local-aws/") && to.startsWith("local-aws"))
      .map(({ from }) => relative("consumer/cli", from))
      .filter((from) => !/^(local-aws|call)/.test(from));
    assert.deepEqual(users, []);
  });

  it("local-aws knows nothing of the code it is used to test", () => {
    assert.deepEqual(strays("local-aws/", [/^local-aws\//, /^zod$/, /^pino$/, /^@aws-sdk\//]), []);
  });

  it("the console's page knows local-aws by the shapes of what it is told, and nothing else", () => {
    const values = imports.filter(({ typesOnly }) => !typesOnly);
    assert.deepEqual(strays("local-aws/console/page/", [/^local-aws\/console\/page\//], values), []);
    const shapes = [/^local-aws\/console\/(page\/|view$)/, /^local-aws\/(call-log|event-log)$/];
    assert.deepEqual(strays("local-aws/console/page/", shapes), []);
  });

  it("components hold no I/O: they import resources and pure modules, and of the consumer types alone", () => {
    const values = imports.filter(({ to, typesOnly }) => !(typesOnly && to.startsWith("consumer/")));
    const allowed = [/^components\//, /^dynamic-providers\//, /^@pulumi\//, /^aws\/(voice-connector|consumer-tags)$/];
    assert.deepEqual(strays("components/", [...allowed, /^consumer\/package-version$/], values), []);
    assert.deepEqual(
      imports.filter(({ from, to }) => from.startsWith("components/") && /aws-clients|lifecycle|provider$/.test(to)),
      [],
    );
  });

  it("a lifecycle runs in the provider process, where Pulumi's SDK is not to be loaded again", () => {
    const loaded = imports.filter(
      ({ from, to, typesOnly }) =>
        /^dynamic-providers\/.*(lifecycle|provider|deletion|usage|arguments|service-shape|aws-clients|faults)\.ts$/.test(
          from,
        ) &&
        to.startsWith("@pulumi/") &&
        !typesOnly,
    );
    assert.deepEqual(loaded, []);
  });

  it("doctor has no command that changes anything, or that receives a message", () => {
    const commands = sourcesIn("consumer/doctor").flatMap((file) =>
      [...readFileSync(join(repository, file), "utf8").matchAll(/new (\w+)Command\(/g)].map(([, name]) => name!),
    );
    assert.ok(commands.length > 10, commands.join());
    assert.deepEqual(
      commands.filter((name) => !/^(Get|List)/.test(name)),
      [],
    );
  });

  it("the consumer's layers point one way: readers and legs -> matroska -> ebml", () => {
    assert.deepEqual(strays("consumer/ebml/", [/^consumer\/ebml\//]), []);
    assert.deepEqual(strays("consumer/matroska/", [/^consumer\/(ebml|matroska)\//]), []);
    assert.deepEqual(strays("consumer/leg/", [/^consumer\/(matroska|leg|audio)\//]), []);
    // A call is mixed out of recordings alone, wherever they come from.
    const callMayUse = [/^consumer\/(call|recordings|audio|sinks)\//, /^consumer\/package-version$/];
    assert.deepEqual(strays("consumer/call/", callMayUse), []);
    const belowCalls = imports.filter(
      ({ from, to }) =>
        /^consumer\/(recordings|sinks|leg|kinesis-video)\//.test(from) && to.startsWith("consumer/call/"),
    );
    assert.deepEqual(belowCalls, []);
    const doctorMayUse = [
      /^aws\//,
      /^consumer\/(doctor|kinesis-video|events|recordings)\//,
      /^consumer\/(gate|package-version)$/,
    ];
    assert.deepEqual(strays("consumer/doctor/", [...doctorMayUse, /^@(aws-sdk|smithy)\//]), []);
    // A page is made of recordings that are there; what runs in the browser has nothing of Node's.
    const reportMayUse = [/^consumer\/(report|call|recordings)\//, /^consumer\/package-version$/];
    assert.deepEqual(strays("consumer/report/", reportMayUse), []);
    const inBrowser = imports.filter(({ from }) => from.startsWith("consumer/report/page/"));
    const pageMayUse = /^consumer\/report\/(page\/|time-text$|report-data$)/;
    assert.deepEqual(
      inBrowser.filter(({ to }) => !pageMayUse.test(to)),
      [],
    );
    const pageUsers = imports.filter(
      ({ from, to }) => to.startsWith("consumer/report/page/") && !from.startsWith("consumer/report/page/"),
    );
    assert.deepEqual(pageUsers, []);
    const upwards = imports.filter(
      ({ from, to }) =>
        from.startsWith("consumer/") && !from.startsWith("consumer/cli/") && to.startsWith("consumer/cli/"),
    );
    assert.deepEqual(upwards, []);
  });
});
