type Properties = Readonly<Record<string, object>>;

/** A validator for documents that have these fields, may have those, and no others. */
export const documentsWith = (required: Properties, optional: Properties = {}): object => ({
  $jsonSchema: {
    bsonType: 'object',
    required: Object.keys(required),
    properties: { ...required, ...optional },
    additionalProperties: false,
  },
});

export const text = { bsonType: 'string', minLength: 1 };
