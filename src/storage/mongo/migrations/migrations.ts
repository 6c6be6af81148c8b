import { initial } from './0001-initial.ts';
import { leases } from './0002-leases.ts';
import { journal } from './0003-journal.ts';
import { holds } from './0004-holds.ts';
import { checkpoints } from './0005-checkpoints.ts';
import { backDatedSums } from './0006-back-dated-sums.ts';
import { access } from './0007-access.ts';
import { proposals } from './0008-proposals.ts';
import { rebuilds } from './0009-rebuilds.ts';
import type { Collections, Shape } from './documents.ts';
import type { Migration } from './migration.ts';

/** All that this release has, in the order in which they run. */
export const migrations: readonly Migration[] = [
  initial,
  leases,
  journal,
  holds,
  checkpoints,
  backDatedSums,
  access,
  proposals,
  rebuilds,
];

const shapes: Collections = Object.assign({}, ...migrations.map(({ collections }) => collections)) as Collections;

/** What a collection looks like once all of them have run; of indexes, at least those that keep doubles out. */
export const shapeOf = (collection: string): Shape => {
  const shape = shapes[collection];
  if (!shape) throw new Error(`no migration makes ${collection}`);
  return shape;
};
