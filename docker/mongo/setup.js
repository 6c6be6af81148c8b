// Run by mongosh in the network of the database's container: sets up the replica set, the roles and the users, then ends.
const path = require('node:path');
const fs = require('node:fs');
const { setUpDatabase } = require(path.join(__dirname, 'database.cjs'));

const port = process.env.MONGO_PORT || '27017';
const loopbackUri = `mongodb://127.0.0.1:${port}/admin?directConnection=true&serverSelectionTimeoutMS=5000`;

const open = (credentials) =>
  credentials ? connect(loopbackUri, credentials.user, credentials.password) : connect(loopbackUri);

// The server may still be starting.
const openInTime = async (credentials) => {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      const admin = await open(credentials);
      return { run: (database, command) => admin.getSiblingDB(database).runCommand(command) };
    } catch (error) {
      const isWrongPassword = error.code === 18;
      if (isWrongPassword || Date.now() > deadline) throw error;
      await sleep(500);
    }
  }
};

setUpDatabase({
  connect: openInTime,
  member: process.env.MONGO_MEMBER || `mongo:${port}`,
  roles: JSON.parse(fs.readFileSync(path.join(__dirname, 'roles.json'), 'utf8')),
  passwords: {
    'daybook-admin': process.env.MONGO_ADMIN_PASSWORD,
    'daybook-api': process.env.MONGO_API_PASSWORD,
    'daybook-rebuild': process.env.MONGO_REBUILD_PASSWORD,
    'daybook-migrate': process.env.MONGO_MIGRATE_PASSWORD,
  },
  report: (line) => print(line),
}).then(
  () => quit(0),
  (error) => {
    print(error.message);
    quit(1);
  },
);
