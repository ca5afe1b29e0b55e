// Calls every method of Backstage's catalog client against the server at the
// address given, and prints what each returned as one line of JSON.
import { CatalogClient } from '@backstage/catalog-client';

const [, , base, token] = process.argv;
const client = new CatalogClient({ discoveryApi: { getBaseUrl: async () => `${base}/api/catalog` } });
const options = { token };

const names = entities => entities.map(e => e && e.metadata.name);

async function collect(pages) {
  const sizes = [];
  for await (const page of pages) sizes.push(page.length);
  return sizes;
}

// print says what came of a call: its value, or the error's name and message.
async function print(method, call) {
  let line;
  try {
    line = { method, value: (await call()) ?? null };
  } catch (e) {
    line = { method, error: `${e.name}: ${e.message}` };
  }
  console.log(JSON.stringify(line));
  return line.value;
}

const petstore = 'component:default/petstore';
const target = 'https://github.com/acme/pay/blob/main/catalog-info.yaml';
const sound = {
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'x' },
  spec: { type: 'service', owner: 'team-a', lifecycle: 'production' },
};

await print('getEntities', async () => {
  const all = await client.getEntities({ filter: [{ kind: 'user' }, { kind: 'group', 'spec.type': 'team' }], fields: ['metadata.name'], order: { field: 'metadata.name', order: 'desc' } }, options);
  return names(all.items);
});
await print('getEntities page', async () => names((await client.getEntities({ filter: { kind: 'component' }, limit: 2, offset: 1 }, options)).items));
await print('getEntitiesByRefs', async () => names((await client.getEntitiesByRefs({ entityRefs: [petstore, 'component:default/nope', 'user:default/jane'], filter: { kind: ['component', 'user'] } }, options)).items));
await print('getEntitiesByRefs many', async () => {
  const refs = Array.from({ length: 2500 }, (_, i) => (i % 2 ? petstore : `component:default/nope-${i}`));
  const { items } = await client.getEntitiesByRefs({ entityRefs: refs, fields: ['kind'] }, options);
  return [items.length, items.filter(Boolean).length];
});
await print('queryEntities', async () => {
  const seen = [];
  let page = await client.queryEntities({ filter: { kind: 'component' }, orderFields: { field: 'metadata.name', order: 'asc' }, limit: 5 }, options);
  for (;;) {
    seen.push(...names(page.items));
    if (!page.pageInfo.nextCursor) break;
    page = await client.queryEntities({ cursor: page.pageInfo.nextCursor, limit: 5 }, options);
  }
  const back = await client.queryEntities({ cursor: page.pageInfo.prevCursor, limit: 5 }, options);
  return { seen, total: page.totalItems, back: names(back.items) };
});
await print('queryEntities predicate', async () => {
  const first = await client.queryEntities({ query: { $all: [{ kind: 'component' }, { $not: { 'metadata.tags': 'bulk' } }] }, orderFields: { field: 'metadata.name', order: 'asc' }, limit: 2 }, options);
  const second = await client.queryEntities({ cursor: first.pageInfo.nextCursor, limit: 20, fields: ['metadata.name'] }, options);
  return [names(first.items), names(second.items), second.totalItems];
});
await print('queryEntities text', async () => names((await client.queryEntities({ fullTextFilter: { term: 'pet', fields: ['metadata.name', 'metadata.title'] }, orderFields: { field: 'metadata.name', order: 'asc' } }, options)).items));
await print('streamEntities', async () => (await collect(client.streamEntities({ filter: { kind: 'component' }, pageSize: 4 }, options))).reduce((a, b) => a + b));
await print('getEntityByRef', async () => (await client.getEntityByRef('Component:Petstore', options)).metadata.name);
await print('getEntityByRef nope', () => client.getEntityByRef('component:nope', options));
await print('getEntityByName', async () => (await client.getEntityByName({ kind: 'User', name: 'jane' }, options)).metadata.name);
await print('getEntityAncestors', async () => (await client.getEntityAncestors({ entityRef: petstore }, options)).items.map(i => [i.entity.metadata.name, i.parentEntityRefs.length]));
await print('getEntityFacets', async () => (await client.getEntityFacets({ facets: ['kind'], filter: { kind: ['api', 'user'] } }, options)).facets);
await print('getEntityFacets predicate', async () => (await client.getEntityFacets({ facets: ['kind'], query: { kind: 'api' } }, options)).facets);
await print('refreshEntity', () => client.refreshEntity(petstore, options));
await print('refreshEntity nope', () => client.refreshEntity('component:default/nope', options));
await print('removeEntityByUid', async () => client.removeEntityByUid((await client.getEntityByRef(petstore, options)).metadata.uid, options));
await print('validateEntity', () => client.validateEntity(sound, `url:${target}`, options));
await print('validateEntity wrong', async () => (await client.validateEntity({ ...sound, spec: {} }, `url:${target}`, options)).errors[0].name);
await print('addLocation dry', async () => (await client.addLocation({ type: 'url', target, dryRun: true }, options)).exists);
const added = await print('addLocation', async () => (await client.addLocation({ type: 'url', target }, options)).location);
await print('addLocation again', () => client.addLocation({ type: 'url', target }, options));
await print('getLocations', async () => (await client.getLocations({}, options)).items);
await print('queryLocations', async () => (await client.queryLocations({ query: { type: 'url' } }, options)).items);
await print('streamLocations', () => collect(client.streamLocations({}, options)));
await print('getLocationById', () => client.getLocationById(added.id, options));
await print('getLocationById nope', () => client.getLocationById('nope', options));
await print('getLocationByRef', () => client.getLocationByRef(`url:${target}`, options));
await print('getLocationByEntity nope', () => client.getLocationByEntity(petstore, options));
await print('updateLocation', async () => (await client.updateLocation(added.id, { type: 'url', target: `${target}2` }, options)).target);
await print('removeLocationById', () => client.removeLocationById(added.id, options));
await print('analyzeLocation', async () => (await client.analyzeLocation({ location: { type: 'url', target: 'https://github.com/acme/pay' } }, options)).generateEntities[0].entity.metadata.name);
await print('no token', () => client.getEntities());
