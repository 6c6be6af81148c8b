'use strict';

// What the database needs before Daybook can use it: a primary, the roles of roles.json, and their users. Every step may run
// again, at every start, from wherever an earlier run was cut off.

const { setTimeout: sleep } = require('node:timers/promises');

const UNAUTHORIZED = 13;
const WRONG_PASSWORD = 18;
const ROLE_EXISTS = 51002;
const USER_EXISTS = 51003;

const REPLICA_SET = 'rs0';
const ADMINISTRATOR = 'daybook-admin';

/** Passwords become part of connection strings, where other characters would have another meaning. */
const usable = /^[\w.~-]{8,128}$/;

const checkPasswords = (passwords, users) => {
  for (const name of [ADMINISTRATOR, ...users.map(({ user }) => user)]) {
    if (!usable.test(passwords[name] ?? '')) {
      throw new Error(`The password of ${name} must have 8 to 128 characters: letters, digits, and any of . _ ~ -`);
    }
  }
};

/** Initiates the set where that was not done yet, and waits until its one node is the primary. */
const becomePrimary = async (loopback, { member, patience = 120_000 }) => {
  const deadline = Date.now() + patience;
  const config = { _id: REPLICA_SET, members: [{ _id: 0, host: member }] };
  for (;;) {
    try {
      const hello = await loopback.run('admin', { hello: 1 });
      if (hello.isWritablePrimary && hello.setName === REPLICA_SET) return;
      // Once there are users this needs a password, and is no longer needed.
      if (!hello.setName) await loopback.run('admin', { replSetInitiate: config });
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    if (Date.now() > deadline) throw new Error(`${member} did not become the primary of ${REPLICA_SET} in time.`);
    await sleep(200);
  }
};

/** mongod lets a connection from its own machine create the first user, and nothing else once there is one. */
const createAdministrator = async (loopback, pwd) => {
  try {
    await loopback.run('admin', { createUser: ADMINISTRATOR, pwd, roles: ['root'] });
  } catch (error) {
    if (error.code !== UNAUTHORIZED && error.code !== USER_EXISTS) throw error;
  }
};

const signIn = async (connect, password) => {
  try {
    const connection = await connect({ user: ADMINISTRATOR, password });
    await connection.run('admin', { ping: 1 });
    return connection;
  } catch (error) {
    if (error.code !== WRONG_PASSWORD) throw error;
    throw new Error(
      `The password of ${ADMINISTRATOR} is not the one that this database was set up with. Give that one, or change it in the database first.`,
    );
  }
};

const createOrUpdate = async (connection, database, kind, name, body) => {
  try {
    await connection.run(database, { [`create${kind}`]: name, ...body });
    return 'created';
  } catch (error) {
    if (error.code !== ROLE_EXISTS && error.code !== USER_EXISTS) throw error;
    await connection.run(database, { [`update${kind}`]: name, ...body });
    return 'brought up to date';
  }
};

const privilegesOn = (database, privileges) =>
  privileges.map(({ collection, actions }) => ({ resource: { db: database, collection }, actions }));

/**
 * Sets up the database of `roles` (the content of roles.json). `connect` gives a connection to the one node over its loopback
 * address, signed in where it is given credentials; its `run(database, command)` rejects with the server's error code in `code`.
 */
const setUpDatabase = async ({ connect, member, roles: { database, roles, users }, passwords, report }) => {
  checkPasswords(passwords, users);
  const loopback = await connect();
  await becomePrimary(loopback, { member });
  report(`${member} is the primary of ${REPLICA_SET}.`);
  await createAdministrator(loopback, passwords[ADMINISTRATOR]);
  const administrator = await signIn(connect, passwords[ADMINISTRATOR]);
  for (const { role, inherits, privileges } of roles) {
    const body = { privileges: privilegesOn(database, privileges), roles: inherits };
    report(`Role ${role}: ${await createOrUpdate(administrator, database, 'Role', role, body)}.`);
  }
  for (const { user, roles: given } of users) {
    const rolesOfUser = given.map(({ role, database: db = database }) => ({ role, db }));
    const body = { pwd: passwords[user], roles: rolesOfUser };
    report(`User ${user}: ${await createOrUpdate(administrator, database, 'User', user, body)}.`);
  }
};

module.exports = { setUpDatabase };
