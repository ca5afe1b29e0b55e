// The REST API: the operations of operations.txt, and what each needs.
import { json, lines, write } from './files.mjs'
import { needs, names, events } from './permissions.mjs'
import { plain, reach } from './plain.mjs'

const methods = ['get', 'post', 'put', 'patch', 'delete']

export function rest() {
  const spec = json('@octokit/openapi/generated/api.github.com.json')
  const deref = (v) => (v?.$ref ? v.$ref.slice(2).split('/').reduce((o, k) => o[k], spec) : v)
  const all = Object.entries(spec.paths).flatMap(([path, item]) => methods.filter((m) => item[m]).map((m) => m.toUpperCase() + ' ' + path))
  const need = needs()
  const examples = []

  const operations = lines('operations.txt').map((line) => {
    const [method, path] = line.split(' ')
    const item = spec.paths[path]
    const op = item?.[method.toLowerCase()]
    if (!op) throw new Error('GitHub has no ' + line)
    const body = deref(op.requestBody)
    return {
      method,
      path,
      needs: need(line),
      apps: op['x-github'].enabledForGitHubApps,
      previews: (op['x-github'].previews || []).map((p) => p.name),
      deprecated: !!(op.deprecated || op['x-github'].removalDate),
      parameters: [...(item.parameters || []), ...(op.parameters || [])].map(deref).filter((p) => p.in === 'query' || p.in === 'path')
        .map((p) => ({ name: p.name, in: p.in, required: !!p.required, schema: plain(p.schema || {}) })),
      body: schema(body?.content),
      bodyRequired: !!body?.required,
      answers: Object.fromEntries(Object.entries(op.responses).map(([code, r]) => {
        const content = deref(r).content
        for (const e of Object.values(content?.[media(content)]?.examples || {})) examples.push({ operation: line, status: +code, body: deref(e).value })
        return [code, { types: Object.keys(content || {}), schema: schema(content) }]
      })),
    }
  })
  write('rest.json', JSON.stringify({
    operations,
    schemas: reach(operations, spec.components.schemas),
    paths: all.sort(),
    permissions: names(spec.components.schemas['app-permissions'].properties),
    events: events(),
  }))
  write('rest-examples.json', JSON.stringify(examples.filter((e) => e.body !== undefined)), 'testdata')
}

const media = (content) => Object.keys(content || {}).find((t) => /^application\/json/.test(t)) || Object.keys(content || {}).find((t) => /json/.test(t))

function schema(content) {
  const type = media(content)
  return type ? plain(content[type].schema ?? {}) : undefined
}
