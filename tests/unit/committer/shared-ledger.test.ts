import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Command } from '../../../src/application/commands/command.ts';
import { CommandRejected, LedgerError } from '../../../src/application/commit/ledger-error.ts';
import type { Ledger } from '../../../src/application/ledger.ts';
import { CommandClient } from '../../../src/committer/command-client.ts';
import { type CommandServer, serveCommands } from '../../../src/committer/command-server.ts';
import { RemoteLedger } from '../../../src/committer/remote-ledger.ts';
import { SharedLedger } from '../../../src/committer/shared-ledger.ts';
import { DomainError } from '../../../src/domain/domain-error.ts';
import { eur } from '../../support/facts.ts';
import { ScriptedDoor, wordsOf } from '../../support/scripted-door.ts';
import { type Relay, relayTo, until } from '../../support/sockets.ts';
import { commandFor } from '../../support/test-ledger.ts';
import { depositMoney } from '../../support/wishes.ts';

const deposit = (): Command => commandFor(depositMoney(eur(1n)));

const withoutKey = (): Command => {
  const { wish, envelope } = deposit();
  const { idempotency: _, ...rest } = envelope;
  return { wish, envelope: rest };
};

const refusal = new CommandRejected(new DomainError('INSUFFICIENT_FUNDS', {}), 0);

describe('with a ledger that another process commits for', () => {
  let there: ScriptedDoor;
  let server: CommandServer;
  let relay: Relay;

  beforeEach(async () => {
    there = new ScriptedDoor();
    server = await serveCommands(there, '127.0.0.1');
    relay = await relayTo(server.address.port);
  });
  afterEach(async () => {
    relay.close();
    await server.close();
  });

  describe('and this one where that is gone', () => {
    let here: ScriptedDoor;
    let ledger: SharedLedger;
    let client: CommandClient | undefined;

    beforeEach(async () => {
      here = new ScriptedDoor();
      ledger = new SharedLedger(here as unknown as Ledger);
      client = await CommandClient.connect({ ...server.address, port: relay.port });
      ledger.follow(client);
    });

    const lostOnItsWay = async (command: Command): Promise<Promise<readonly unknown[]>[]> => {
      const outcomes = ledger.submitTogether([command]);
      outcomes.catch(() => undefined);
      await until(() => there.taken.length === 1);
      relay.close();
      // In a list, so that nobody waits for it here.
      return [outcomes];
    };

    it('commands are carried out there', async () => {
      const outcomes = wordsOf(ledger.submitTogether([deposit()]));
      await until(() => there.taken.length === 1);
      there.at(0).answer('there');
      expect(await outcomes).toBe('there');
      expect(here.taken).toEqual([]);
    });

    it('they are carried out here again when nobody is followed any more', async () => {
      ledger.follow(undefined);
      const outcomes = wordsOf(ledger.submitTogether([deposit()]));
      here.at(0).answer('here');
      expect(await outcomes).toBe('here');
      expect(there.taken).toEqual([]);
    });

    it('they are carried out here at once when the other has hung up', async () => {
      relay.close();
      await until(() => client?.isOpen === false);
      const outcomes = wordsOf(ledger.submitTogether([withoutKey()]));
      here.at(0).answer('here');
      expect(await outcomes).toBe('here');
    });

    it('what the other says is final as long as it says it', async () => {
      const outcomes = ledger.submitTogether([deposit()]);
      await until(() => there.taken.length === 1);
      there.at(0).fail(refusal);
      await expect(outcomes).rejects.toEqual(refusal);
      expect(here.taken).toEqual([]);
    });

    it('one that was sent and not answered is repeated here, the same with its key', async () => {
      const command = deposit();
      const [outcomes] = await lostOnItsWay(command);
      await until(() => here.taken.length === 1);
      expect(here.at(0).submission).toEqual([command]);
      here.at(0).answer('here');
      expect(await outcomes).toMatchObject([{ answer: { body: 'here' } }]);
    });

    it.each([
      ['a rejection', refusal],
      ['being overloaded', new LedgerError('OVERLOADED')],
      ['a store that is away', new LedgerError('UNAVAILABLE')],
    ])('%s of one that is repeated here is no last word: the other may still carry it out', async (_, error) => {
      const [outcomes] = await lostOnItsWay(deposit());
      await until(() => here.taken.length === 1);
      here.at(0).fail(error);
      await expect(outcomes).rejects.toMatchObject({ name: 'LedgerError', code: 'OUTCOME_UNKNOWN' });
    });

    it('one without a key is not repeated: its outcome is unknown', async () => {
      const [outcomes] = await lostOnItsWay(withoutKey());
      await expect(outcomes).rejects.toMatchObject({ name: 'LedgerError', code: 'OUTCOME_UNKNOWN' });
      expect(here.taken).toEqual([]);
    });

    it('what waits is counted wherever it waits', async () => {
      Object.assign(here, { waiting: 2 });
      void ledger.submitTogether([deposit()]).catch(() => undefined);
      expect(ledger.waiting).toBe(3);
      await until(() => there.taken.length === 1);
      there.at(0).answer('there');
      await until(() => ledger.waiting === 2);
    });
  });

  describe('and never this one', () => {
    let ledger: RemoteLedger;

    beforeEach(async () => {
      ledger = new RemoteLedger({ ...server.address, port: relay.port });
      expect(await ledger.call()).toBe(true);
    });
    afterEach(() => ledger.close());

    it('a rejection is that of the command', async () => {
      const outcome = ledger.submit(deposit());
      await until(() => there.taken.length === 1);
      there.at(0).fail(refusal);
      await expect(outcome).rejects.toEqual(refusal.rejection);
    });

    it('the outcome of what was sent is unknown when the other is lost, and later commands hear that it is away', async () => {
      const outcome = ledger.submit(deposit());
      await until(() => there.taken.length === 1);
      relay.close();
      await expect(outcome).rejects.toMatchObject({ name: 'LedgerError', code: 'OUTCOME_UNKNOWN' });
      await expect(ledger.submit(deposit())).rejects.toMatchObject({ name: 'LedgerError', code: 'UNAVAILABLE' });
      expect(ledger.waiting).toBe(0);
    });

    it('one that was silent for a while is called again when it is back', { timeout: 20_000 }, async () => {
      const lost = ledger.submit(deposit());
      await until(() => there.taken.length === 1);
      relay.silence();
      await expect(lost).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
      await expect(ledger.submit(deposit())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      relay.speak();
      const outcomes = [deposit(), deposit()].map((command) => ledger.submit(command));
      await until(() => there.taken.length === 3);
      there.at(1).answer('again');
      there.at(2).answer('again');
      expect(await Promise.all(outcomes)).toMatchObject([{ answer: { body: 'again' } }, { answer: { body: 'again' } }]);
    });
  });
});
