// Makes ../data from GitHub's own published descriptions: what the stand-in and
// Cairn use of them, without prose. Run it with `make contracts`.
import fs from 'node:fs'
import zlib from 'node:zlib'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const read = (name) => JSON.parse(fs.readFileSync(require.resolve(name), 'utf8'))
const here = (name) => new URL(name, import.meta.url)

// plain turns OpenAPI 3.0's and 3.1's schemas into JSON Schema without prose.
// oneOf becomes anyOf: GitHub's alternatives overlap, and its own examples match
// several of them.
const prose = new Set(['description', 'title', 'example', 'examples', 'externalDocs', 'default', 'deprecated', 'format', 'discriminator', 'readOnly', 'writeOnly', 'xml'])
function plain(s) {
  if (Array.isArray(s)) return s.map(plain)
  if (s === null || typeof s !== 'object') return s
  if (s.$ref) return { $ref: s.$ref.replace('#/components/schemas/', '#/$defs/') }
  const out = {}
  for (const [k, v] of Object.entries(s)) {
    if (prose.has(k) || k.startsWith('x-') || k === 'nullable') continue
    if (k === 'properties' || k === 'patternProperties') out[k] = Object.fromEntries(Object.entries(v).map(([n, p]) => [n, plain(p)]))
    else if (k === 'enum' || k === 'required' || k === 'const' || k === 'pattern') out[k] = v
    else out[k === 'oneOf' || eitherAccount(k, v) ? 'anyOf' : k] = plain(v)
  }
  if (!s.nullable) return out
  if (out.enum && !out.enum.includes(null)) out.enum = [...out.enum, null]
  if (typeof out.type === 'string') return { ...out, type: [out.type, 'null'] }
  return { anyOf: [out, { type: 'null' }] }
}

// GitHub writes an installation's account, a person or an enterprise, as both at
// once in one place; no answer of GitHub's is that.
const eitherAccount = (k, v) => k === 'allOf' && v.length === 2 && v[0].properties?.login && v[1].properties?.slug

// reach keeps the schemas that are referred to, from anywhere.
function reach(roots, all) {
  const kept = {}
  const visit = (v) => {
    if (Array.isArray(v)) return v.forEach(visit)
    if (v === null || typeof v !== 'object') return
    if (typeof v.$ref === 'string') {
      const name = v.$ref.replace('#/$defs/', '')
      if (!(name in kept)) {
        kept[name] = plain(all[name])
        visit(kept[name])
      }
    }
    Object.values(v).forEach(visit)
  }
  visit(roots)
  return Object.fromEntries(Object.keys(kept).sort().map((k) => [k, kept[k]]))
}

const write = (name, value) => fs.writeFileSync(here('../data/' + name), zlib.gzipSync(JSON.stringify(value), { level: 9 }))

function rest() {
  const spec = read('@octokit/openapi/generated/api.github.com.json')
  const deref = (v) => (v && v.$ref ? v.$ref.slice(2).split('/').reduce((o, k) => o[k], spec) : v)
  const permissions = read('@octokit/app-permissions/generated/api.github.com.json').permissions
  const needs = {}
  for (const [name, levels] of Object.entries(permissions))
    for (const level of ['read', 'write'])
      for (const operation of levels[level] || []) (needs[operation] ||= []).push(name + ':' + level)
  const lines = fs.readFileSync(here('operations.txt'), 'utf8').split('\n').filter((l) => l && !l.startsWith('#'))
  const operations = lines.map((line) => {
    const [method, path] = line.split(' ')
    const item = spec.paths[path]
    const op = item?.[method.toLowerCase()]
    if (!op) throw new Error('GitHub has no ' + line)
    const json = (content) => {
      const key = Object.keys(content || {}).find((t) => /json/.test(t))
      return key ? plain(content[key].schema ?? {}) : null
    }
    const body = deref(op.requestBody)
    return {
      method, path,
      needs: needs[line] || [],
      apps: op['x-github']?.enabledForGitHubApps !== false,
      parameters: [...(item.parameters || []), ...(op.parameters || [])].map(deref).filter((p) => p.in === 'query')
        .map((p) => ({ name: p.name, required: !!p.required, schema: plain(p.schema || {}) })),
      body: body ? json(body.content) : null,
      bodyRequired: !!body?.required,
      answers: Object.fromEntries(Object.entries(op.responses).map(([code, r]) => [code, json(deref(r).content)])),
    }
  })
  write('rest.json.gz', { operations, $defs: reach(operations, spec.components.schemas) })
}

function webhooks() {
  const spec = read('@octokit/openapi-webhooks/generated/api.github.com.json')
  const events = fs.readFileSync(here('events.txt'), 'utf8').split('\n').filter((l) => l && !l.startsWith('#'))
  const kept = {}
  for (const [name, item] of Object.entries(spec.webhooks)) {
    const event = events.find((e) => name === e.replaceAll('_', '-') || name.startsWith(e.replaceAll('_', '-') + '-'))
    if (event) kept[name] = plain(item.post.requestBody.content['application/json'].schema)
  }
  write('webhooks.json.gz', { webhooks: kept, $defs: reach(kept, spec.components.schemas) })
  const examples = read('@octokit/webhooks-examples/api.github.com/index.json')
  write('examples.json.gz', examples.filter((e) => events.includes(e.name)).map((e) => ({ event: e.name, payloads: e.examples })))
}

rest()
webhooks()
