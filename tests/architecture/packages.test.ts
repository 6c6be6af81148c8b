import { readFile } from 'node:fs/promises';
import * as driver from 'mongodb';
import mongoose from 'mongoose';
import { beforeAll, describe, expect, it } from 'vitest';

type Versions = Readonly<Record<string, string>>;
type Manifest = { readonly dependencies: Versions; readonly devDependencies: Versions; readonly version: string };
type Locked = { readonly version?: string; readonly resolved?: string; readonly optionalDependencies?: Versions };
type Lock = { readonly packages: Readonly<Record<string, Locked>> };

const readJson = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'));

const names = (lock: Lock, name: string): readonly string[] =>
  Object.keys(lock.packages).filter((path) => path.endsWith(`node_modules/${name}`));

describe('the packages', () => {
  let manifest: Manifest;
  let lock: Lock;

  beforeAll(async () => {
    manifest = (await readJson('package.json')) as Manifest;
    lock = (await readJson('package-lock.json')) as Lock;
  });

  it('are named with their exact version', () => {
    const all = { ...manifest.dependencies, ...manifest.devDependencies };
    const loose = Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version));
    expect(loose).toEqual([]);
  });

  it('are locked at that version', () => {
    const all = { ...manifest.dependencies, ...manifest.devDependencies };
    const locked = Object.keys(all).map((name) => [name, lock.packages[`node_modules/${name}`]?.version]);
    expect(Object.fromEntries(locked)).toEqual(all);
  });

  it('have one MongoDB driver: sessions of one copy mean nothing to another', () => {
    expect(names(lock, 'mongodb')).toEqual(['node_modules/mongodb']);
    expect(mongoose.mongo.MongoClient).toBe(driver.MongoClient);
  });

  it('are locked for every platform, or `npm ci` refuses', () => {
    const missing = Object.values(lock.packages)
      .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
      .filter((name) => names(lock, name).length === 0);
    expect(missing).toEqual([]);
  });
});
