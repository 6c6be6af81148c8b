declare const brand: unique symbol;

/** A primitive that cannot be mistaken for another of the same shape. Cast only in the Zod schemas and the codecs. */
export type Branded<T, Name extends string> = T & { readonly [brand]: Name };
