import type { AccessLogRow } from '../../application/access/access-log.ts';
import type { ApiKeyRow } from '../../application/access/api-keys.ts';
import type { IssuedKey } from '../../application/access/key-keeper.ts';
import type { Json } from './wire.ts';

/** Whatever there is to know about a key but what it could be used with. */
export const presentKey = (row: ApiKeyRow): Json => ({
  prefix: row._id,
  name: row.name,
  scopes: row.scopes,
  ownerId: row.ownerId,
  createdAt: row.createdAt.toISOString(),
  createdBy: row.createdBy,
  rotatedAt: row.rotatedAt?.toISOString(),
  oldKeyUntil: row.previousUntil?.toISOString(),
  revokedAt: row.revokedAt?.toISOString(),
});

export const presentIssuedKey = ({ key, row }: IssuedKey): Json => ({ key, ...presentKey(row) });

export const presentAccessEntry = ({ _id, at, ...entry }: AccessLogRow): Json => ({
  entryId: _id,
  at: at.toISOString(),
  ...entry,
});
