import { defineConfig } from 'vitest/config';

// What `npm run mutation` asks of each mutant of the domain.
export default defineConfig({
  test: { include: ['tests/unit/domain/**/*.test.ts'] },
});
