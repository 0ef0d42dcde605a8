import { findEngine } from "./find-engine.js";

// `npm run engine`: finds or makes the engine and prints the PATH to use, so that CI and people can do it ahead.
findEngine({ say: (line) => console.error(line) }).then(
  ({ version, source, path }) => {
    console.error(`Pulumi ${version} (${source})`);
    console.log(path);
  },
  (error: Error) => {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  },
);
