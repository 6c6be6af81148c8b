import type { ReadModels } from '../ports/storage.ts';
import { type RebuildRow, rebuildsTable } from './rebuild-row.ts';

/** All but the last one are over. Rejects with StorageUnavailable. */
export const latestRebuild = async (models: ReadModels): Promise<RebuildRow | undefined> => {
  const [row] = await models.table(rebuildsTable).range({ order: ['number'], direction: 'desc', limit: 1 });
  return row;
};
