// The webhooks: the events of events.txt, each action's payload, and the payloads
// that GitHub published as examples.
import { json, lines, write } from './files.mjs'
import { plain, reach } from './plain.mjs'

export function webhooks() {
  const spec = json('@octokit/openapi-webhooks/generated/api.github.com.json')
  const events = lines('events.txt').map((l) => l.split(/\s+/)[0])
  const kept = {}
  for (const item of Object.values(spec.webhooks)) {
    const { post } = item
    const event = post['x-github'].subcategory.replaceAll('-', '_')
    if (!events.includes(event)) continue
    const schema = post.requestBody.content['application/json'].schema
    for (const action of actions(schema, spec)) {
      kept[event + '.' + action] = {
        schema: plain(schema),
        // GitHub's text says so of repository.deleted, its list does not.
        apps: post['x-github']['supported-webhook-types'].includes('app') && !/GitHub Apps .*will not receive this event/.test(post.description || ''),
      }
    }
  }
  const missing = events.filter((e) => !Object.keys(kept).some((k) => k.startsWith(e + '.')))
  if (missing.length) throw new Error('GitHub has no event ' + missing)
  write('webhooks.json', JSON.stringify({ webhooks: kept, schemas: reach(kept, spec.components.schemas) }))

  const examples = json('@octokit/webhooks-examples/api.github.com/index.json')
  write('webhook-examples.json', JSON.stringify(examples.filter((e) => events.includes(e.name)).map((e) => ({ event: e.name, payloads: e.examples }))))
}

// actions returns the actions a payload's schema is for; one "" if it has none.
function actions(schema, spec) {
  const s = schema.$ref ? spec.components.schemas[schema.$ref.replace('#/components/schemas/', '')] : schema
  const found = new Set()
  const collect = (x) => {
    for (const a of x.properties?.action?.enum || []) found.add(a)
    for (const k of ['oneOf', 'anyOf', 'allOf']) (x[k] || []).forEach((y) => collect(y.$ref ? spec.components.schemas[y.$ref.replace('#/components/schemas/', '')] : y))
  }
  collect(s)
  return found.size ? [...found] : ['']
}
