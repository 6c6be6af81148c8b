import { parseArgs } from 'node:util';
import { staleReference, writeReference } from './reference.ts';

// Writes the pages that follow from the code: .env.example, docs/errors.md, docs/openapi.json and two tables of README.md.
// With --check it writes nothing, and fails where one of them is stale.
const { check } = parseArgs({ options: { check: { type: 'boolean', default: false } } }).values;
const root = process.cwd();

if (check) {
  const stale = await staleReference(root);
  for (const path of stale) console.error(`${path} is stale: run \`npm run reference\`.`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const path of await writeReference(root)) console.log(`wrote ${path}`);
}
