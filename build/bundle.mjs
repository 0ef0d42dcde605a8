// The programs that run in the cloud, each in one file with everything it needs: dist/bundles/lambda/index.js and
// dist/bundles/worker/worker.js; and pages, each in one file with its script and style. Does nothing where they are newer than
// whatever goes into them.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(repository, "dist", "bundles");
/** What went into the bundles, each file with its time and length. */
const inputsFile = join(folder, ".inputs.json");

const bundles = [
  { from: "consumer/lambda/index.ts", to: "lambda/index.js" },
  { from: "consumer/cli/worker-program.ts", to: "worker/worker.js" },
];

/** In `folder`, of `name`: an HTML file, with a link to its style, `name.css`, and its script, `name.ts`. */
const pages = [
  { folder: "consumer/report/page", name: "call", to: "report/call.html" },
  { folder: "consumer/report/page", name: "index", to: "report/index.html" },
  { folder: "local-aws/console/page", name: "console", to: "console/console.html" },
];

async function stampOf(path) {
  const { mtimeMs, size } = await stat(join(repository, path));
  return `${mtimeMs} ${size}`;
}

async function isUpToDate() {
  try {
    if (![...bundles, ...pages].every(({ to }) => existsSync(join(folder, to)))) return false;
    const stamps = Object.entries(JSON.parse(await readFile(inputsFile, "utf8")));
    const same = await Promise.all(stamps.map(async ([path, stamp]) => (await stampOf(path)) === stamp));
    return same.every(Boolean);
  } catch {
    return false;
  }
}

/** In one step: whoever runs the old file meanwhile has all of it. */
async function put(path, contents) {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, contents);
  await rename(temporary, path);
}

/** @returns the files that went into it */
async function bundle({ from, to }) {
  const { name, version } = JSON.parse(await readFile(join(repository, "package.json"), "utf8"));
  const { outputFiles, metafile } = await build({
    absWorkingDir: repository,
    entryPoints: [from],
    outfile: join(folder, to),
    bundle: true,
    platform: "node",
    target: "node22",
    format: "cjs",
    // ECMAScript modules first: of these only what is used goes into the bundle.
    mainFields: ["module", "main"],
    minify: true,
    // Errors are known by their names, in logs and by the SDK.
    keepNames: true,
    define: { BUNDLED_PACKAGE: JSON.stringify({ name, version }) },
    write: false,
    metafile: true,
    logLevel: "warning",
  });
  await put(join(folder, to), outputFiles[0].contents);
  // What is defined above is listed, too.
  return Object.keys(metafile.inputs).filter((path) => !path.startsWith("<"));
}

const hashOf = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/**
 * A page that needs nothing else: style and script are put in where it names them, and their hashes where its policy does, which
 * lets nothing else run.
 * @returns the files that went into it
 */
async function pageBundle({ folder: from, name, to }) {
  const html = join(from, `${name}.html`);
  const { outputFiles, metafile } = await build({
    absWorkingDir: repository,
    entryPoints: [join(from, `${name}.css`), join(from, `${name}.ts`)],
    outdir: "page",
    bundle: true,
    platform: "browser",
    target: ["chrome111", "firefox113", "safari16.4"],
    format: "iife",
    minify: true,
    charset: "utf8",
    write: false,
    metafile: true,
    logLevel: "warning",
  });
  const textOf = (extension) => outputFiles.find(({ path }) => path.endsWith(extension)).text.trim();
  const style = textOf(".css");
  const script = textOf(".js").replaceAll("</script", "<\\/script");
  const text = await readFile(join(repository, html), "utf8");
  const replacements = [
    [`<link rel="stylesheet" href="${name}.css" />`, `<style>${style}</style>`],
    [`<script src="${name}.ts"></script>`, `<script>${script}</script>`],
    ["'sha256-style'", hashOf(style)],
    ["'sha256-script'", hashOf(script)],
  ];
  let page = text;
  for (const [place, content] of replacements) {
    if (!page.includes(place)) throw new Error(`${html} has no ${place}`);
    page = page.replace(place, () => content);
  }
  await put(join(folder, to), page);
  return [html, ...Object.keys(metafile.inputs)];
}

if (!(await isUpToDate())) {
  const startedMs = Date.now();
  const inputs = (await Promise.all([...bundles.map(bundle), ...pages.map(pageBundle)])).flat();
  const paths = [...new Set([...inputs, "build/bundle.mjs", "package.json", "package-lock.json"])];
  const stamps = await Promise.all(paths.map(async (path) => [path, await stampOf(path)]));
  // What was changed meanwhile may be in the bundles or not: then nothing is said of what is.
  const isSteady = stamps.every(([, stamp]) => Number.parseFloat(stamp) < startedMs);
  await put(inputsFile, JSON.stringify(isSteady ? Object.fromEntries(stamps) : { "": "changed" }));
}
