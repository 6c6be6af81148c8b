import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../src/http/endpoint.ts';
import { commands } from '../../src/http/commands.ts';
import { endpoints } from '../../src/http/endpoints.ts';
import { problemByCode } from '../../src/http/problem-details.ts';
import { domainErrorCodes } from '../../src/domain/domain-error.ts';

const directory = 'src/http/routes';

const isEndpoint = (value: unknown): value is Endpoint =>
  typeof value === 'object' && value !== null && 'handler' in value && 'path' in value;

describe('the table of contents of the API', () => {
  it('has every endpoint that is declared in src/http/routes', async () => {
    const files = (await readdir(directory)).filter((file) => file.endsWith('.ts'));
    const declared = await Promise.all(
      files.map(async (file) => {
        const exported = (await import(/* @vite-ignore */ `../../${directory}/${file}`)) as Record<string, unknown>;
        return Object.values(exported).filter(isEndpoint);
      }),
    );
    expect(files.length).toBeGreaterThan(0);
    expect(new Set(declared.flat().map(({ id }) => id))).toEqual(new Set(endpoints.map(({ id }) => id)));
  });

  it('names each endpoint once', () => {
    const ids = endpoints.map(({ id }) => id);
    const addresses = endpoints.map(({ method, path }) => `${method} ${path}`);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(addresses).size).toBe(addresses.length);
  });

  it('has every command that a batch takes, and every command can stand in one but the batch itself and an approval', () => {
    const addresses = endpoints
      .filter(({ isCommand, id }) => isCommand && id !== 'submitBatch' && id !== 'approveProposal')
      .map(({ path }) => path);
    expect(new Set(Object.values(commands).map(({ path }) => path))).toEqual(new Set(addresses));
    for (const [name, { type }] of Object.entries(commands)) expect(type).toBe(name);
  });

  it('has every rejection of the domain at some endpoint', () => {
    const rejected = new Set(endpoints.flatMap(({ rejects }) => rejects));
    expect(domainErrorCodes.filter((code) => !rejected.has(code))).toEqual([]);
  });

  it('has a meaning and a next step for every code', () => {
    for (const [code, { status, title, next }] of Object.entries(problemByCode)) {
      expect(status, code).toBeGreaterThanOrEqual(400);
      expect(title, code).not.toBe('');
      expect(next, code).toMatch(/\.$/);
    }
  });
});
