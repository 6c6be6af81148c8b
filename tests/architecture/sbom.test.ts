import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

type Bom = {
  readonly bomFormat: string;
  readonly components: readonly { readonly purl: string }[];
};

it('npm run sbom lists what the image has in it, each with its version, and nothing that only developers need', async () => {
  const { stdout } = await promisify(execFile)('npm', ['run', '--silent', 'sbom'], { maxBuffer: 10_000_000 });
  const { bomFormat, components } = JSON.parse(stdout) as Bom;
  expect(bomFormat).toBe('CycloneDX');
  const { dependencies, devDependencies } = JSON.parse(await readFile('package.json', 'utf8')) as Readonly<
    Record<'dependencies' | 'devDependencies', Readonly<Record<string, string>>>
  >;
  const purlOf = ([name, version]: readonly [string, string]): string =>
    `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const purls = new Set(components.map(({ purl }) => purl));
  expect(
    Object.entries(dependencies)
      .map(purlOf)
      .filter((purl) => !purls.has(purl)),
  ).toEqual([]);
  expect(
    Object.entries(devDependencies)
      .map(purlOf)
      .filter((purl) => purls.has(purl)),
  ).toEqual([]);
});
