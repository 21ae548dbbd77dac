#!/usr/bin/env node
// Starts the command line on the Node.js that the package brings along, whatever Node.js runs this file.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bundledNode = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
const main = fileURLToPath(new URL('../src/edge/cli/main.ts', import.meta.url));

if (Number(process.versions.node.split('.')[0]) >= 24) {
  const { enableCompileCache } = await import('node:module');
  enableCompileCache?.();
  await import(main);
} else if (existsSync(bundledNode)) {
  const child = spawn(bundledNode, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
} else {
  console.error(
    `wardtwin: needs Node.js 24 or later, this is ${process.versions.node}; run \`npm ci\` in ${root} first`,
  );
  process.exit(2);
}
