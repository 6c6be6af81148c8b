import { describe, expect, it } from 'vitest';
import { staleReference } from '../../tools/reference.ts';

describe('the pages that follow from the code', () => {
  it('are what `npm run reference` would write now', async () => {
    expect(await staleReference('.')).toEqual([]);
  });
});
