const entityTag = /^"([1-9]\d{0,9})"$/;
const anyEntityTag = /^(?:W\/)?"[\x21\x23-\x7e]*"$/;

export const IF_MATCH_SYNTAX = 'must be a version in quotes, such as "5"';

const tagsIn = (text: string): readonly string[] => text.split(',').map((tag) => tag.trim());

const isAny = (text: string): boolean => text.trim() === '*';

/** Whether it is If-Match as RFC 9110 §13.1.1 has it. */
export const isIfMatch = (text: string): boolean => isAny(text) || tagsIn(text).every((tag) => anyEntityTag.test(tag));

/** The versions that If-Match accepts; undefined where any will do. Weak and foreign tags match nothing. */
export const versionsIn = (text: string): readonly number[] | undefined =>
  isAny(text)
    ? undefined
    : tagsIn(text)
        .flatMap((tag) => entityTag.exec(tag)?.[1] ?? [])
        .map(Number);
