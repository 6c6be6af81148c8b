import { runSeed } from './run-seed.ts';
const from = Number(process.argv[2] ?? 1), count = Number(process.argv[3] ?? 1);
const t0 = process.hrtime.bigint();
let bad = 0;
for (let seed = from; seed < from + count; seed++) {
  const r = await runSeed(seed);
  if (count <= 3) console.log({ ...r, trace: r.trace.length });
  if (r.broken.length) { bad++; console.log('SEED', seed, r.broken.slice(0, 5).join('\n   '));
   if (process.argv[4]) console.log(r.trace.slice(-Number(process.argv[4])).join('\n')); }
}
console.log(bad, 'bad;', Number(process.hrtime.bigint() - t0) / 1e6 / count, 'ms a seed');
