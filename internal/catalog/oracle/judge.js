// Judges catalog documents with Backstage's own validators, for the differential
// test next door. It reads lines of {"text": "...", "location": "url:..."} and
// answers each with one line: an array with a verdict per YAML document, or per
// error that ends the file.
//
// A verdict has ok, and then: nullDoc | stage and error | entityRef, entity and
// relations. The order of the steps is that of the catalog backend; reading
// placeholders is left out on both sides.
import { createInterface } from 'node:readline';
import * as model from '@backstage/catalog-model';
import { templateEntityV1beta3Validator } from '@backstage/plugin-scaffolder-common';
import lodash from 'lodash';
import { parseAllDocuments } from 'yaml';

process.removeAllListeners('warning');

const isEnveloped = model.entityEnvelopeSchemaValidator();

const policy = model.EntityPolicies.allOf([
  new model.SchemaValidEntityPolicy(),
  new model.DefaultNamespaceEntityPolicy(),
  new model.NoForeignRootFieldsEntityPolicy(),
  new model.FieldFormatEntityPolicy(),
]);

const kinds = [
  model.apiEntityV1alpha1Validator,
  model.componentEntityV1alpha1Validator,
  model.resourceEntityV1alpha1Validator,
  model.groupEntityV1alpha1Validator,
  model.locationEntityV1alpha1Validator,
  model.userEntityV1alpha1Validator,
  model.systemEntityV1alpha1Validator,
  model.domainEntityV1alpha1Validator,
  templateEntityV1beta3Validator,
];

const referenceLists = ['providesApis', 'consumesApis', 'dependsOn', 'dependencyOf', 'memberOf', 'children', 'members'];

// Which fields of spec make which relations: [field, assumed kind, there, back].
const owner = ['owner', 'Group', model.RELATION_OWNED_BY, model.RELATION_OWNER_OF];
const part = (field, kind) => [field, kind, model.RELATION_PART_OF, model.RELATION_HAS_PART];
const depends = [
  ['dependsOn', undefined, model.RELATION_DEPENDS_ON, model.RELATION_DEPENDENCY_OF],
  ['dependencyOf', undefined, model.RELATION_DEPENDENCY_OF, model.RELATION_DEPENDS_ON],
];
const relationFields = {
  API: [owner, part('system', 'System')],
  Component: [
    owner,
    part('subcomponentOf', 'Component'),
    ['providesApis', 'API', model.RELATION_PROVIDES_API, model.RELATION_API_PROVIDED_BY],
    ['consumesApis', 'API', model.RELATION_CONSUMES_API, model.RELATION_API_CONSUMED_BY],
    ...depends,
    part('system', 'System'),
  ],
  Domain: [owner, part('subdomainOf', 'Domain')],
  Group: [
    ['parent', 'Group', model.RELATION_CHILD_OF, model.RELATION_PARENT_OF],
    ['children', 'Group', model.RELATION_PARENT_OF, model.RELATION_CHILD_OF],
    ['members', 'User', model.RELATION_HAS_MEMBER, model.RELATION_MEMBER_OF],
  ],
  Resource: [owner, ...depends, part('system', 'System')],
  System: [owner, part('domain', 'Domain')],
  Template: [owner],
  User: [['memberOf', 'Group', model.RELATION_MEMBER_OF, model.RELATION_HAS_MEMBER]],
};

class Rejection extends Error {
  constructor(stage, error) {
    super(error.message);
    this.stage = stage;
    this.error = {
      name: error.name,
      message: error.message.replace(/ To learn more about catalog file format, visit: .*$/, ''),
    };
  }
}

async function at(stage, step) {
  try {
    return await step();
  } catch (error) {
    throw new Rejection(stage, error);
  }
}

// Placeholders are not read: $text leaves a marker, $json and $yaml an object.
function withoutPlaceholders(value) {
  if (Array.isArray(value)) return value.map(withoutPlaceholders);
  if (!lodash.isObject(value)) return value;
  const keys = Object.keys(value);
  if (!keys.some(key => key.startsWith('$'))) return lodash.mapValues(value, withoutPlaceholders);
  if (keys.length > 1 || !['$text', '$json', '$yaml'].includes(keys[0])) return value;
  return keys[0] === '$text' ? `<$text:${value.$text}>` : {};
}

function preprocess(written, location) {
  const annotations = written.metadata.annotations || {};
  if (!lodash.isPlainObject(annotations)) throw new Error('metadata.annotations must be a valid object');
  const entity = withoutPlaceholders({
    ...written,
    metadata: {
      ...written.metadata,
      annotations: {
        ...annotations,
        [model.ANNOTATION_ORIGIN_LOCATION]: location,
        [model.ANNOTATION_LOCATION]: location,
      },
    },
  });
  for (const field of referenceLists) {
    const list = entity.spec?.[field];
    if (Array.isArray(list) && list.every(lodash.isString)) list.sort();
  }
  const { target } = model.parseLocationRef(location);
  return lodash.merge({ metadata: { annotations: { [model.ANNOTATION_VIEW_URL]: target } } }, entity);
}

async function isKnown(entity) {
  for (const kind of kinds) if (await kind.check(entity)) return;
  const ref = model.stringifyEntityRef(entity);
  const error = new Error(`No processor recognized the entity ${ref} as valid, possibly caused by a foreign kind or apiVersion`);
  error.name = 'InputError';
  throw error;
}

function relate(entity) {
  const source = model.getCompoundEntityRef(entity);
  const found = new Set();
  for (const [field, defaultKind, there, back] of relationFields[entity.kind] ?? []) {
    const value = entity.spec[field];
    for (const reference of value ? [value].flat() : []) {
      const target = model.parseEntityRef(reference, { defaultKind, defaultNamespace: source.namespace });
      const [from, to] = [source, target].map(model.stringifyEntityRef);
      found.add(`${from} ${there} ${to}`).add(`${to} ${back} ${from}`);
    }
  }
  return [...found].sort();
}

async function judge(document, location) {
  if (document.errors.length) throw new Rejection('yaml', document.errors[0]);
  let written;
  try {
    written = document.toJSON();
  } catch (error) {
    throw Object.assign(new Rejection('yaml', error), { fatal: true });
  }
  if (written === null) return { ok: true, nullDoc: true };
  if (!lodash.isPlainObject(written)) {
    throw new Rejection('root', new Error(`Expected object at root, got ${typeof written}`));
  }
  await at('envelope', () => isEnveloped(written));
  const entityRef = model.stringifyEntityRef(written);
  let entity = await at('annotations', () => preprocess(written, location));
  entity = await at('policy', () => policy.enforce(entity));
  await at('kind', () => isKnown(entity));
  const relations = await at('postprocess', () => relate(entity));
  return { ok: true, entityRef, entity, relations };
}

async function judgeAll({ text, location }) {
  const verdicts = [];
  for (const document of parseAllDocuments(text, { merge: false, logLevel: 'silent' })) {
    try {
      verdicts.push(await judge(document, location));
    } catch (rejection) {
      if (!(rejection instanceof Rejection)) throw rejection;
      verdicts.push({ ok: false, stage: rejection.stage, error: rejection.error });
      if (rejection.fatal) break;
    }
  }
  return verdicts;
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = JSON.stringify(await judgeAll(JSON.parse(line)));
  } catch (error) {
    answer = JSON.stringify([{ ok: false, stage: 'crash', error: { name: error.name, message: error.message } }]);
  }
  process.stdout.write(`${answer}\n`);
}
