import { z } from 'zod';

/** Signatures that are made with a private key and checked with a public one: nobody who can check can forge. */
const algorithms = ['ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512', 'EdDSA'] as const;
const algorithm = `(?:${algorithms.join('|')})`;
/** Some of them, with commas between. */
export const algorithmList = z
  .string()
  .regex(new RegExp(`^${algorithm}(?: *, *${algorithm})*$`), `must be some of ${algorithms.join(', ')}`)
  .transform((text) => text.split(',').map((name) => name.trim()));
