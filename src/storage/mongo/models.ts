import { type Connection, type Model, type mongo, Schema, type SchemaDefinition } from 'mongoose';

const id = { type: String, required: true } as const;
const text = { type: String, required: true } as const;
const optionalText = { type: String } as const;
const amount = { type: BigInt, required: true } as const;
const integer = { type: Number, required: true } as const;
const time = { type: Date, required: true } as const;
const object = { type: Object, required: true } as const;

// What each collection holds. Schemas serve reads and administration; the write path goes through `Model.collection`, where the
// validators that the migrations put into the store stand guard (hydration costs ten times the driver).
const definitions = {
  events: {
    _id: id,
    streamId: text,
    version: integer,
    type: text,
    schemaVersion: integer,
    data: object,
    metadata: object,
    recordedAt: time,
    effectiveAt: time,
  },
  snapshots: {
    _id: id,
    streamId: text,
    version: integer,
    recordedAt: time,
    foldVersion: integer,
    state: text,
    stateHash: text,
  },
  idempotency_keys: {
    _id: id,
    requestHash: text,
    status: integer,
    body: text,
    etag: optionalText,
    location: optionalText,
    eventIds: { type: [String], required: true },
    expiresAt: time,
  },
  transaction_ids: { _id: id, eventId: text },
  accounts: {
    _id: id,
    ownerId: text,
    currency: text,
    status: text,
    ledgerBalance: amount,
    heldAmount: amount,
    availableBalance: amount,
    overdraftLimit: amount,
    version: integer,
    openedAt: time,
    updatedAt: time,
    metadata: { type: Object },
  },
  statement_entries: {
    _id: id,
    accountId: text,
    version: integer,
    type: { type: String, required: true },
    amount,
    currency: text,
    balanceAfter: amount,
    backDated: { type: Boolean, required: true },
    reference: optionalText,
    counterparty: optionalText,
    transactionId: optionalText,
    transferId: optionalText,
    originalEventId: optionalText,
    recordedAt: time,
    effectiveAt: time,
  },
  transfers: {
    _id: id,
    status: text,
    amount,
    reversedAmount: amount,
    currency: text,
    fromAccountId: text,
    fromEventId: text,
    fromVersion: integer,
    toAccountId: text,
    toEventId: text,
    transactionId: optionalText,
    reference: optionalText,
    recordedAt: time,
    effectiveAt: time,
  },
  checkpoints: { _id: id, position: text, beat: integer, state: object },
  holds: {
    _id: id,
    accountId: text,
    holdId: text,
    status: text,
    amount,
    capturedAmount: amount,
    currency: text,
    reference: optionalText,
    metadata: { type: Object },
    expiresAt: { type: Date },
    placedAt: time,
    placedEventId: text,
    placedVersion: integer,
    endedAt: { type: Date },
    endedVersion: { type: Number },
  },
  api_keys: {
    _id: id,
    name: text,
    secretHash: text,
    scopes: { type: [String], required: true },
    ownerId: optionalText,
    createdAt: time,
    createdBy: text,
    rotatedAt: { type: Date },
    previousHash: optionalText,
    previousUntil: { type: Date },
    revokedAt: { type: Date },
  },
  access_log: {
    _id: id,
    at: time,
    actor: text,
    what: text,
    route: text,
    from: text,
    outcome: text,
    requestId: text,
    about: optionalText,
    count: { type: Number },
  },
  rebuilds: {
    _id: id,
    number: integer,
    status: text,
    accountId: optionalText,
    requestedBy: text,
    requestedAt: time,
    switchedBy: optionalText,
    cancelledBy: optionalText,
    startedAt: { type: Date },
    finishedAt: { type: Date },
    runner: optionalText,
    beat: integer,
    progress: object,
    comparison: { type: Object },
    mended: { type: Number },
    failure: optionalText,
  },
  proposals: {
    _id: id,
    status: text,
    wish: object,
    amount,
    currency: text,
    proposedBy: text,
    ownerId: optionalText,
    transactionId: optionalText,
    expected: { type: Object },
    proposedAt: time,
    expiresAt: time,
    decidedBy: optionalText,
    decidedAt: { type: Date },
    reason: optionalText,
    eventIds: { type: [String], default: undefined },
  },
  leases: { _id: id, holder: text, machine: text, host: text, port: integer, token: text, beat: integer },
} as const satisfies Record<string, SchemaDefinition>;

export type CollectionName = keyof typeof definitions;

export const isCollectionName = (name: string): name is CollectionName => Object.hasOwn(definitions, name);

/** Documents are plain: what they mean is said by the row types of the projections and by the event codec. */
export type AnyDocument = { _id: string } & Record<string, unknown>;

/** The model of one collection, made once per connection; `collection` names another home for it, such as a rebuild's shadow. */
export const modelOf = (
  connection: Connection,
  name: CollectionName,
  collection: string = name,
): Model<AnyDocument> => {
  const existing = connection.models[collection] as Model<AnyDocument> | undefined;
  if (existing) return existing;
  const schema = new Schema(definitions[name], {
    versionKey: false,
    autoCreate: false,
    autoIndex: false,
    minimize: false,
    strictQuery: 'throw',
  });
  return connection.model(collection, schema, collection) as unknown as Model<AnyDocument>;
};

/** The driver's collection under a model: the same client and sessions, without hydration. */
export const collectionOf = (model: Model<AnyDocument>): mongo.Collection<AnyDocument> =>
  model.collection as unknown as mongo.Collection<AnyDocument>;
