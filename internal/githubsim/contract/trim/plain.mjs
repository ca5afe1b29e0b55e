// Turns GitHub's OpenAPI schemas, 3.0 and 3.1, into JSON Schema 2020-12 without
// prose, and keeps only those that something refers to.

// Formats that GitHub's own examples keep; the others are too strict or say nothing.
const formats = new Set(['date-time', 'uri'])
const dropped = new Set(['description', 'title', 'example', 'examples', 'externalDocs', 'default', 'deprecated', 'discriminator', 'nullable', 'readOnly', 'writeOnly', 'xml'])
const verbatim = new Set(['enum', 'required', 'const', 'pattern'])

// plain returns s without prose. A reference becomes the name of its schema, which
// is a file of that name beside the one that refers to it. oneOf becomes anyOf:
// GitHub's alternatives overlap, and its own examples fit several of them.
export function plain(s) {
  if (Array.isArray(s)) return s.map(plain)
  if (s === null || typeof s !== 'object') return s
  if (s.$ref) return { $ref: s.$ref.replace('#/components/schemas/', '') }
  const out = {}
  for (const [k, v] of Object.entries(s)) {
    if (dropped.has(k) || k.startsWith('x-') || (k === 'format' && !formats.has(v))) continue
    if (k === 'properties' || k === 'patternProperties') out[k] = Object.fromEntries(Object.entries(v).map(([n, p]) => [n, plain(p)]))
    else if (verbatim.has(k)) out[k] = v
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

// reach returns the schemas of all, by name, that roots refer to from anywhere.
export function reach(roots, all) {
  const kept = {}
  const visit = (v) => {
    if (Array.isArray(v)) return v.forEach(visit)
    if (v === null || typeof v !== 'object') return
    if (typeof v.$ref === 'string' && !(v.$ref in kept)) {
      if (!(v.$ref in all)) throw new Error('no schema ' + v.$ref)
      kept[v.$ref] = plain(all[v.$ref])
      visit(kept[v.$ref])
    }
    Object.values(v).forEach(visit)
  }
  visit(roots)
  return Object.fromEntries(Object.keys(kept).sort().map((k) => [k, kept[k]]))
}
