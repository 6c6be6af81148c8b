/** The same thing with some of its methods replaced; a spread would lose those of a class, and its private members. */
export const altered = <T extends object>(whole: T, parts: Partial<T>): T =>
  new Proxy(whole, {
    get: (target, name) => {
      const owner: object = name in parts ? parts : target;
      const member: unknown = Reflect.get(owner, name, owner);
      return typeof member === 'function' ? (member.bind(owner) as unknown) : member;
    },
  });
