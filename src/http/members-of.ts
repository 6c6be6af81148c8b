import type { Wish } from '../application/commands/command.ts';
import type { Json } from './presenters/wire.ts';

/** A wish as the members of its command's path and body. */
export const membersOf = ({ type: _type, ...wish }: Wish): Json => {
  const { money, original, ...others } = { money: undefined, original: undefined, ...wish };
  return { ...others, ...money, ...(original && { eventId: original.eventId }) };
};
